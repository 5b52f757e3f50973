"""Which notices follow from rows, plan and accounts? Pure.

They follow from what is on disk, not from what a command saw. So the next process reports what a killed one did,
and a sender that remembers each notice's key sends each notice once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final

from contentsync import links
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.notices import Facts, Notice, NoticeKind
from contentsync.plan.action import Action, Kind
from contentsync.plan.differs import Difference
from contentsync.plan.handover import handover_of
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import Attempt, PostState
from contentsync.times import in_words, rfc3339, span

#: How far back changes are reported, if nothing was sent for a while.
LOOK_BACK: Final = timedelta(days=3)
#: How old a draft is when the creator is reminded of it.
REMINDERS: Final = (timedelta(days=1), timedelta(days=3))
#: How long before it is due a post without approval is reported.
APPROVE_AHEAD: Final = timedelta(days=1)
_UNAPPROVED: Final = frozenset({"not-approved", "approval-lapsed"})
_ENDED: Final = {
    Phase.PUBLISHED: NoticeKind.PUBLISHED,
    Phase.DELIVERED: NoticeKind.DELIVERED,
    Phase.FAILED: NoticeKind.FAILED,
    Phase.UNKNOWN: NoticeKind.UNKNOWN,
}


@frozen
class Known:
    """All that notices are made of."""

    now: datetime
    #: The posts whose attempts changed lately, and every draft that may still wait.
    rows: tuple[PostState, ...] = ()
    #: By post: what the newest plan says, as far as one was made.
    actions: Mapping[str, Action] = field(default_factory=dict)
    #: By key: what the manifests declare, as far as they were read.
    posts: Mapping[str, DesiredPost] = field(default_factory=dict)
    #: By post: how the public video of a draft that its creator posted differs from what was declared.
    differs: Mapping[str, Sequence[Difference]] = field(default_factory=dict)
    #: By open_id: TikTok's handle of the account.
    usernames: Mapping[str, str] = field(default_factory=dict)
    #: By the account's name: the IANA name of its zone.
    zones: Mapping[str, str] = field(default_factory=dict)
    #: By the account's name: when its sign-in ends.
    sign_ins: Mapping[str, datetime] = field(default_factory=dict)
    #: How long before that it is reported.
    sign_in_within: timedelta = timedelta(days=7)

    def when(self, moment: datetime, account: str) -> str:
        return in_words(moment, self.zones.get(account, "UTC"), self.now)


def notices_of(known: Known) -> list[Notice]:
    """All that is worth telling, the earliest first."""
    found = [*_changes(known), *_waiting_drafts(known), *_from_plan(known), *_sign_ins(known)]
    return sorted(found, key=lambda notice: notice.at)


# What became of attempts.


def _changes(known: Known) -> Iterator[Notice]:
    for row in known.rows:
        last = row.last
        if last is None or known.now - last.updated_at > LOOK_BACK:
            continue
        kind = _ENDED.get(last.phase)
        waits = last.phase is Phase.FAILED and last.retry  # it is tried again by itself
        if kind is not None and not waits:
            yield _ended(known, row, last, kind)
        yield from _different(known, row, last)


def _ended(known: Known, row: PostState, last: Attempt, kind: NoticeKind) -> Notice:
    url = links.url_of(row, known.usernames.get(row.open_id, ""))
    facts: Facts = {
        "generation": last.generation,
        "mode": str(last.mode),
        "post_id": row.post_id or None,
        "url": url,
        "code": last.problem_code or None,
    }
    words = {
        NoticeKind.PUBLISHED: _published(row, last, url),
        NoticeKind.DELIVERED: _delivered(known, row),
        NoticeKind.FAILED: f"{row.key} failed: {last.problem_what or last.problem_code}.",
        NoticeKind.UNKNOWN: _unknown(row),
    }[kind]
    messages = _to_finish(known, row) if kind is NoticeKind.DELIVERED else ()
    at = last.updated_at if kind is NoticeKind.UNKNOWN else last.finished_at or last.updated_at
    return Notice(kind, row.account, row.key, at, words, facts, f"{row.uid} {last.id}", messages)


def _published(row: PostState, last: Attempt, url: str | None) -> str:
    how = "the creator posted the draft" if last.mode is Mode.DRAFT else "published"
    return f"{row.key}: {how}." + (f" {url}" if url else "")


def _unknown(row: PostState) -> str:
    return (
        f"{row.key} may be published or not, and nothing more is begun for {row.account}. Look for it in TikTok's "
        f"app, then run: contentsync resolve {row.key} --published (or --not-published)"
    )


# Drafts.


def _delivered(known: Known, row: PostState) -> str:
    post = known.posts.get(row.key)
    if post is None:
        return f"The draft of {row.key} is in TikTok's inbox. Open it there, finish it and post it."
    paste = "paste the next message as the caption, and choose what the last message says" if post.caption else ""
    if handover_of(post).has_texts or not post.caption:
        paste = "and choose what the next message says"
    return f"The draft of {row.key} is in TikTok's inbox. Open it there, {paste}."


def _to_finish(known: Known, row: PostState) -> tuple[str, ...]:
    """The messages to copy from: each text of its own, then the settings."""
    post = known.posts.get(row.key)
    if post is None:
        return ()
    handed = handover_of(post)
    return (*handed.to_paste, "\n".join(map(str, handed.choices)))


def _waiting_drafts(known: Known) -> Iterator[Notice]:
    """A reminder of each draft that is old enough; and of the one that holds another post up, however young."""
    waiting = [(row, row.last) for row in known.rows if row.last and row.last.phase is Phase.DELIVERED]
    for row, last in waiting:
        age = known.now - (last.finished_at or last.updated_at)
        due = [after for after in REMINDERS if after <= age]
        if due and age <= REMINDERS[-1] + LOOK_BACK:
            yield _reminder(known, row, last, f"{due[-1].days}d")
    for held in _held_drafts(known):
        mine = [(row, last) for row, last in waiting if row.account == held.account and _counts(known, last)]
        if mine:
            row, last = min(mine, key=lambda pair: pair[1].finished_at or pair[1].updated_at)
            until = f" until {known.when(held.due_at, held.account)}" if held.due_at else ""
            yield _reminder(
                known, row, last, "holds", f" {held.post} waits for it{until}: TikTok takes few drafts in 24 h."
            )


def _reminder(known: Known, row: PostState, last: Attempt, mark: str, more: str = "") -> Notice:
    age = known.now - (last.finished_at or last.updated_at)
    words = f"The draft of {row.key} came {span(age)} ago and is not posted yet. Finish or delete it.{more}"
    facts: Facts = {"delivered_at": rfc3339(last.finished_at or last.updated_at)}
    about = f"{row.uid} {last.id} {mark}"
    messages = _to_finish(known, row)
    return Notice(NoticeKind.DRAFT_WAITING, row.account, row.key, known.now, words, facts, about, messages)


def _held_drafts(known: Known) -> list[Action]:
    """The first draft of each account that waits for room among the pending drafts."""
    held = [a for a in known.actions.values() if a.kind is Kind.WAIT and a.left and a.mode is Mode.DRAFT]
    first: dict[str, Action] = {}
    for action in sorted(held, key=lambda a: (a.due_at is None, a.due_at or known.now, a.post)):
        first.setdefault(action.account, action)
    return list(first.values())


def _counts(known: Known, last: Attempt) -> bool:
    """Whether a delivered draft counts among those that TikTok takes in a sliding day."""
    return known.now - last.created_at < timedelta(days=1)


def _different(known: Known, row: PostState, last: Attempt) -> Iterator[Notice]:
    """What is public and not as declared, of a draft that the creator posted."""
    found = known.differs.get(row.key, ())
    if found:
        words = f"{row.key} is public, but not as declared: {'; '.join(map(str, found))}."
        facts: Facts = {"post_id": row.post_id, **{one.what: one.public for one in found}}
        yield Notice(NoticeKind.DIFFERS, row.account, row.key, known.now, words, facts, f"{row.uid} {last.id}")


# What the plan holds back.


def _from_plan(known: Known) -> Iterator[Notice]:
    for action in known.actions.values():
        post = known.posts.get(action.post)
        about = f"{post.generation} {post.publish_at}" if post else ""
        missed = next((problem for problem in action.blockers if problem.code == "missed"), None)
        if missed:
            words = f"{action.post} was not posted: {missed.what}. Give it a new publish_at."
            yield Notice(NoticeKind.MISSED, action.account, action.post, known.now, words, about=about)
        lacks = next((problem for problem in action.problems if problem.code in _UNAPPROVED), None)
        if lacks and _is_near(known, action, post):
            due = f", due {known.when(post.publish_at, action.account)}," if post and post.publish_at else ""
            words = f"{action.post}{due} is {lacks.what}. Look at it, then run: contentsync approve {action.post}"
            yield Notice(NoticeKind.NEEDS_APPROVAL, action.account, action.post, known.now, words, about=about)


def _is_near(known: Known, action: Action, post: DesiredPost | None) -> bool:
    at = action.due_at or (post.publish_at if post else None)
    return at is None or at - known.now <= APPROVE_AHEAD


# Sign-ins.


def _sign_ins(known: Known) -> Iterator[Notice]:
    for account, ends in known.sign_ins.items():
        if ends - known.now > known.sign_in_within:
            continue
        there = known.when(ends, account)
        state = f"ends {there}, in {span(ends - known.now)}" if ends > known.now else f"ended {there}"
        words = f"The sign-in of {account} {state}. Run: contentsync login {account}"
        facts: Facts = {"ends_at": ends.isoformat()}
        about = f"{ends:%Y-%m-%d}{' over' if ends <= known.now else ''}"
        yield Notice(NoticeKind.SIGN_IN_EXPIRING, account, "", known.now, words, facts, about)


def kept_rows(rows: Iterable[PostState], now: datetime) -> tuple[PostState, ...]:
    """Those of the rows that may be worth telling."""
    oldest = max(LOOK_BACK, REMINDERS[-1] + LOOK_BACK)
    return tuple(row for row in rows if row.last and now - row.last.updated_at <= oldest)
