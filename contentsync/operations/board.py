"""What does the board show? One look at the manifests and the state, without TikTok."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any, Final

from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.operations.approvals import SENT_LATER
from contentsync.operations.calendar import Calendar, calendar
from contentsync.operations.explain import Case, explain
from contentsync.operations.handover import handovers
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.selection import Wish
from contentsync.pause import Pause, pause_of
from contentsync.plan.action import Action, Kind, Plan, Quota
from contentsync.post_state import Attempt, PostState
from contentsync.project import Project
from contentsync.remote_post import Creator
from contentsync.settings import Account, Approve

RECENT: Final = 40


@frozen
class AccountNow:
    """One account as it is now."""

    account: Account
    #: What TikTok last said; None if TikTok was never asked.
    creator: Creator | None
    seen_at: datetime | None
    quota: Quota
    #: The pause that holds, its own or one of all accounts.
    pause: Pause | None


@frozen
class Snapshot:
    """What the board shows at one moment."""

    made: Made
    calendar: Calendar
    accounts: tuple[AccountNow, ...]
    #: Posts with an open attempt, the newest first.
    open: tuple[PostState, ...]
    unknown: tuple[PostState, ...]
    #: The keys of drafts that wait for their creator in TikTok's app.
    drafts: tuple[str, ...]
    #: The keys of posts that are to be sent and that nobody approved; none where no person approves single posts.
    to_approve: tuple[str, ...]
    #: The newest lines of history, the newest first.
    history: tuple[Mapping[str, Any], ...]
    pauses: tuple[Pause, ...] = ()
    #: What became of the posts, counted by phase.
    counts: Mapping[str, int] = field(default_factory=dict)


def snapshot(project: Project) -> Snapshot:
    """What there is to show now. Raises ManifestError for a faulty project file."""
    made = make_plan(project, Wish(refresh=False))
    shown = calendar(project, made=made)
    rows = [row for facts in made.world.accounts.values() for row in facts.rows if row.last]
    store = project.reading_store
    pauses = store.pauses.all()
    by_hand = project.settings.approve_by.way is Approve.MANUAL
    sent_later = {one.post for one in made.plan.actions if _is_sent_later(one)}
    waiting = [one.post for one in shown.entries if not one.is_past and one.post in sent_later and one.not_approved]
    return Snapshot(
        made=made,
        calendar=shown,
        accounts=tuple(_accounts(project, made, pauses)),
        open=tuple(sorted((row for row in rows if row.last and row.last.is_open), key=_age, reverse=True)),
        unknown=tuple(row for row in rows if row.last and row.last.phase is Phase.UNKNOWN),
        drafts=tuple(one.post for one in handovers(project)),
        to_approve=tuple(dict.fromkeys(waiting)) if by_hand else (),
        history=tuple(store.latest_history(RECENT)),
        pauses=pauses,
        counts=_counts(rows, made),
    )


def _is_sent_later(action: Action) -> bool:
    """Whether a post goes out once it is due, unless something that a person can still settle stops it."""
    has_time = action.due_at is not None or Kind.WAIT not in action.kinds
    return bool(action.kinds & SENT_LATER) and has_time and not action.blockers


def _age(row: PostState) -> datetime:
    last = row.last
    assert last is not None
    return last.updated_at


def _accounts(project: Project, made: Made, pauses: tuple[Pause, ...]) -> Iterator[AccountNow]:
    """Every account of the project, also those without a post: each can be paused and resumed."""
    creators = project.reading_store.creators()
    views = {view.name: view for view in made.plan.accounts}
    for name, account in project.settings.accounts.items():
        open_id, creator, seen_at = creators.get(name, ("", None, None))
        view = views.get(name)
        unused = Quota(account.limits.posts_per_day, account.limits.pending_drafts)
        held = pause_of(pauses, name, view.open_id if view else open_id or account.open_id)
        yield AccountNow(account, creator, seen_at, view.quota if view else unused, held)


def with_creators(project: Project, plan: Plan) -> Plan:
    """A plan that was made without TikTok, with each account's names as TikTok last gave them."""
    creators = project.reading_store.creators()
    views = [
        replace(view, creator=view.creator or creators[view.name][1]) if view.name in creators else view
        for view in plan.accounts
    ]
    return replace(plan, accounts=tuple(views))


def _counts(rows: list[PostState], made: Made) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        assert row.last is not None
        found[str(row.last.phase)] = found.get(str(row.last.phase), 0) + 1
    for kind in (Kind.CREATE, Kind.WAIT, Kind.BLOCKED):
        found[str(kind)] = made.plan.count(kind)
    return found


def one_post(project: Project, key: str) -> Case:
    """The evidence about one post, without asking TikTok. Raises UsageError for an unknown post."""
    return explain(project, key, refresh=False)


def shown_by(case: Case) -> str:
    """Another value once a post has another attempt, outcome or video than the person saw who settles it."""
    attempts = [(one.id, one.phase) for one in case.row.attempts] if case.row else []
    videos = [sorted(one.post_id for one in videos) for videos in (case.bound, case.alike)]
    return hashlib.sha256(repr((attempts, videos)).encode()).hexdigest()


def shown_pauses(pauses: Iterable[Pause]) -> str:
    """Another value once an account, or all of them, is paused otherwise than the person saw who ends a pause."""
    return hashlib.sha256(
        repr(sorted((one.account, one.since, one.who, one.why) for one in pauses)).encode()
    ).hexdigest()


class Pulse:
    """Says whether what the board shows may have changed. Keeps one project open, for one thread."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of_the_state(self) -> str:
        """Another value after each change of the state that the board shows: attempts, bytes, pauses, approvals."""
        store = self._project.reading_store
        told: list[object] = [store.serial, store.pauses.all()]
        told += [(row.uid, _beat(row.last)) for open_id in store.identities() for row in store.posts(open_id)]
        told += [(one.key, one.digest, one.used_by, one.revoked_at) for one in store.approvals.all()]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def of_the_plan(self) -> str:
        """Another value after each edit of manifests or media, and whenever something becomes due."""
        plan = make_plan(self._project, Wish(refresh=False)).plan
        told = [plan.inputs, [(one.post, one.kind, one.reason, one.left) for one in plan.actions]]
        return hashlib.sha256(repr(told).encode()).hexdigest()


def _beat(attempt: Attempt | None) -> object:
    return (attempt.id, attempt.phase, attempt.sent_bytes, attempt.version, attempt.post_id) if attempt else None
