"""Where do accounts and posts stand? TikTok is asked, or what is known is told; nothing is planned to be sent.

Beside `sync`, whose pieces it uses: what status, refresh, accounts and explain show.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contentsync import refresh, sync
from contentsync.errors import ContentsyncError, Problem, SignInNeeded
from contentsync.plan.action import Action
from contentsync.plan.match import candidates
from contentsync.post import Account, Creator, DesiredPost, PostState, RemotePost
from contentsync.project import Project

if TYPE_CHECKING:
    from contentsync.tiktok.tokens import Pair
    from contentsync.tiktok.wire import UserInfo


@dataclass(frozen=True, slots=True)
class Seen:
    """What a refresh found of one account: how many public videos, and attempts that are still open."""

    videos: int
    open: int
    notes: tuple[Problem, ...] = ()


def refresh_all(
    project: Project, names: tuple[str, ...], *, full_list: bool
) -> tuple[dict[str, Seen], dict[str, ContentsyncError]]:
    """Read TikTok into the state for these accounts, or for all; and those that could not be asked.

    Raises StoreError where there is no state to read into.
    """
    project.store.check()  # never into a copy of it; and before TikTok is asked
    accounts = [project.account(name) for name in names] or list(project.settings.accounts.values())
    failures: dict[str, ContentsyncError] = {}

    def read(account: Account) -> Seen:
        notes: list[Problem] = []
        creator = sync.ask(project, account, False, full_list, notes)
        facts = sync.facts_of(project, account, creator)
        still_open = sum(bool(row.last and row.last.is_open) for row in facts.rows)
        return Seen(len(facts.remote.videos), still_open, tuple(notes))

    return dict(sync.side_by_side(accounts, read, failures)), failures


@dataclass(frozen=True, slots=True)
class Met:
    """One account from fresh calls, with its tokens. stats: None where not asked for, or not to be had."""

    creator: Creator
    pair: Pair
    sandbox: bool = False
    stats: UserInfo | None = None

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """What was granted; None where it is not known."""
        return self.pair.scope


def meet_all(project: Project, *, stats: bool = False) -> tuple[dict[str, Met], dict[str, ContentsyncError]]:
    """Who each account is and what it may post, from fresh calls; and those that failed.

    stats: also its figures, where the scope for them was granted.
    """
    failures: dict[str, ContentsyncError] = {}

    def meet(account: Account) -> Met:
        session, now = project.session(account), project.clock.now()
        creator = refresh.identify(session.client, project.reading_store, account, now)
        with contextlib.suppress(SignInNeeded):  # without video.publish there is nothing to tell of posting
            creator = refresh.ask_creator(session.client, creator)
        figures = refresh.ask_stats(session.client, session.credentials.scopes()) if stats else None
        return Met(creator, session.credentials.pair(), session.credentials.is_sandbox, figures)

    return dict(sync.side_by_side(list(project.settings.accounts.values()), meet, failures)), failures


LASTING = timedelta(hours=12)  # half of what TikTok gives: handing on every hour renews twice a day


def tokens_to_hand_on(project: Project, account: Account) -> Pair:
    """The account's tokens, renewed first where they would not last. Errors: as Credentials.refresh."""
    return project.session(account).credentials.lasting(LASTING)


def look(
    project: Project, wish: sync.Wish, wait: float
) -> tuple[dict[str, PostState | None], dict[str, ContentsyncError]]:
    """Where the chosen posts stand, once TikTok was asked about what may have changed.

    wait: seconds to go on asking while any is not final. Posts without a row are None.
    """
    posts = {post.key: post for post in project.load().posts}
    keys = sync.known_keys(project, posts)
    chosen = sync.select(project, posts, wish)
    failures: dict[str, ContentsyncError] = {}
    until = project.clock.monotonic() + wait
    pause = project.settings.poll_initial.total_seconds()
    failures |= _removed(project, {key.partition("/")[0] for key in keys if chosen is None or key in chosen})
    while True:
        rows = {row.key: row for rows in sync.rows_by_account(project).values() for row in rows}
        found = {key: rows.get(key) for key in sorted(keys) if chosen is None or key in chosen}
        if not _look_at(project, [row for row in found.values() if row], failures) or failures:
            break
        if project.clock.monotonic() + pause > until:
            break
        project.clock.sleep(pause)
        pause = min(pause * 1.5, project.settings.poll_max.total_seconds())
    rows = {row.key: row for rows in sync.rows_by_account(project).values() for row in rows}
    return {key: rows.get(key) for key in found}, failures


def _removed(project: Project, names: set[str]) -> dict[str, ContentsyncError]:
    """Of these accounts those that took the access away."""
    told: dict[str, ContentsyncError] = {}
    for name in sorted(names & set(project.settings.accounts)):
        try:
            if err := project.access_removed(project.settings.accounts[name]):
                told[name] = err
        except SignInNeeded as err:
            told[name] = err
    return told


def _look_at(project: Project, rows: list[PostState], failures: dict[str, ContentsyncError]) -> bool:
    """Ask about the attempts of these rows; whether any is still open."""
    asked = [row for row in rows if refresh.worth_asking(row, project.clock.now())]
    names = {row.account for row in asked}
    accounts = [a for name, a in project.settings.accounts.items() if name in names and name not in failures]

    def work(account: Account) -> bool:
        steps = sync.steps_of(project, project.session(account), lambda _: None, sync.NeverStop())
        mine = [row for row in asked if row.account == account.name]
        for row in refresh.look_at_attempts(steps, mine, project.clock):
            project.offer_receipt(row)
        fresh = [project.reading_store.post(row.uid) for row in mine]
        return any(row and row.last and row.last.is_open for row in fresh)

    return any(still_open for _, still_open in sync.side_by_side(accounts, work, failures))


def usernames(project: Project) -> dict[str, str]:
    """The handle of each identity, as TikTok last told it."""
    return {open_id: creator.username for open_id, creator, _ in project.reading_store.creators().values()}


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one post. alike: public videos that fit its last attempt and belong to no post."""

    key: str
    desired: DesiredPost | None
    row: PostState | None
    action: Action | None
    history: list[dict[str, object]]
    problems: tuple[Problem, ...] = ()
    list_read_at: datetime | None = None
    bound: tuple[RemotePost, ...] = ()
    alike: tuple[RemotePost, ...] = ()


def explain(project: Project, name: str, *, refresh: bool) -> Case:
    """The evidence about one post, and what a plan says of it. Raises UsageError for a post that is not there."""
    loaded = project.load()
    posts = {post.key: post for post in loaded.posts}
    key = sync.one_key(sync.known_keys(project, posts), name)
    made = None if loaded.has_errors else sync.make_plan(project, sync.Wish(only=(key,), refresh=refresh))
    account = project.settings.accounts.get(key.partition("/")[0])
    facts = sync.facts_of(project, account, None) if account else None
    row = next((row for row in facts.rows if row.key == key), None) if facts else None
    action = next((a for a in made.plan.actions if a.post == key), None) if made else None
    failed = [p for err in (made.failures if made else {}).values() for p in err.problems]
    videos = facts.remote.videos if facts else ()
    free = [video for video in videos if facts and video.post_id not in facts.bindings]
    return Case(
        key=key,
        desired=posts.get(key),
        row=row,
        action=action,
        history=project.reading_store.history(row.uid) if row else [],
        problems=(*(loaded.problems if loaded.has_errors else ()), *failed),
        list_read_at=facts.remote.read_at if facts else None,
        bound=tuple(video for video in videos if row and video.post_id == row.post_id),
        alike=tuple(candidates(row.last, free)) if row and row.last else (),
    )
