"""What does a plan mean for watch? What could be sent now, what is due next, and what a person must know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.faulty import Faulty
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.plan.action import DOES_SOMETHING, AccountFacts, Action, Kind, Plan
from contentsync.post import DesiredPost
from contentsync.post_state import PostState

APPROVAL: Final = frozenset({"not-approved", "approval-lapsed"})
MOST_SOON: Final = 500


@frozen
class Candidate:
    """A post for which something would be sent."""

    #: Its key.
    post: str
    #: Of its content: a changed post is another candidate.
    digest: str
    #: Its manifest and its media, from the project's root.
    files: tuple[str, ...]

    @property
    def account(self) -> str:
        return self.post.partition("/")[0]


@frozen
class Concern:
    """Something that a person must know. It is reported once for each content."""

    problem: Problem
    post: str = ""
    account: str = ""
    #: What it is about: with another mark it is reported again.
    mark: str = ""
    #: The files that it may be about, from the project's root: while one is being written, the problem may pass.
    files: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        where = self.problem.where
        place = f"{where.file}:{where.line}:{where.column}" if where and not self.post else ""
        return (self.problem.code, self.post or self.account or place or self.problem.what, self.mark)


@frozen
class Outlook:
    """What one look saw."""

    #: What could be sent now, in the plan's order; nothing of an account that TikTok has not named yet.
    ready: tuple[Candidate, ...] = ()
    #: What is due within the lead, or once it is approved: its files are to be watched.
    soon: tuple[Candidate, ...] = ()
    #: The keys of posts that TikTok is processing: it can only be asked about them.
    followed: frozenset[str] = frozenset()
    #: When posts are due that are not due yet.
    due: tuple[datetime, ...] = ()
    concerns: tuple[Concern, ...] = ()
    counts: Mapping[Kind, int] = field(default_factory=dict)


def see(
    plan: Plan,
    posts: Mapping[str, DesiredPost],
    accounts: Mapping[str, AccountFacts],
    faults: Iterable[Problem],
    now: datetime,
    lead: timedelta,
    faulty: Mapping[str, tuple[Faulty, ...]] | None = None,
) -> Outlook:
    """What a plan means at this moment. lead: how long before it is due a post's files are watched.

    faulty: the posts with errors, by account.
    """
    with_media = (one for several in (faulty or {}).values() for one in several if one.post and one.post.media)
    of_media = {one.key: files_of(one.post) for one in with_media if one.post}
    followed = frozenset(action.post for action in plan.actions if _is_processed(action, accounts))
    named = {name for name, facts in accounts.items() if facts.open_id}
    does = (a for a in plan.actions if a.account in named and a.kinds & DOES_SOMETHING and a.post not in followed)
    soon = (a for a in plan.actions if _lacks_only_approval(a) or (a.due_at and now < a.due_at <= now + lead))
    return Outlook(
        ready=tuple(_candidate(action, posts) for action in does),
        soon=tuple(_candidate(action, posts) for action in islice(soon, MOST_SOON)),
        followed=followed,
        due=tuple(a.due_at for a in plan.actions if a.due_at and a.due_at > now),
        concerns=tuple(_concerns(plan.actions, named, faults, of_media)),
        counts={kind: plan.count(kind) for kind in Kind},
    )


def _candidate(action: Action, posts: Mapping[str, DesiredPost]) -> Candidate:
    post = posts.get(action.post)
    if post is None:
        return Candidate(action.post, action.digest, ())
    return Candidate(action.post, action.digest, files_of(post))


def files_of(post: DesiredPost) -> tuple[str, ...]:
    """The manifest of a post and its media, from the project's root."""
    return tuple(dict.fromkeys([post.where.file, *(item.path for item in post.media if item.path)]))


def _lacks_only_approval(action: Action) -> bool:
    """Whether it would be sent at once if a person approved it."""
    return Kind.BLOCKED in action.kinds and all(problem.code in APPROVAL for problem in action.blockers)


def _is_processed(action: Action, accounts: Mapping[str, AccountFacts]) -> bool:
    """Whether TikTok is processing the post, so that it can only be asked.

    An upload whose last byte may be missing is not: `apply` asks first, and may have to send it again.
    """
    if action.kind is not Kind.RESUME or action.account not in accounts:
        return False
    row = _row(accounts[action.account].rows, action.post)
    return row is not None and row.last is not None and row.last.phase is Phase.PROCESSING


def _row(rows: Iterable[PostState], key: str) -> PostState | None:
    name = key.partition("/")[2]
    return next((row for row in rows if row.name == name), None)


def _concerns(
    actions: Iterable[Action], named: set[str], faults: Iterable[Problem], of_media: Mapping[str, tuple[str, ...]]
) -> Iterator[Concern]:
    """What a person must know of these. of_media: the files of the posts with errors, by their keys."""
    blocked: set[Problem] = set()
    for action in actions:
        if not action.kinds & {Kind.BLOCKED, Kind.UNKNOWN}:
            continue
        problems = action.blockers or (Problem(str(action.then or action.kind), action.reason),)
        blocked |= set(action.problems)
        for problem in problems:
            if action.account in named or problem.code not in APPROVAL:
                files = of_media.get(action.post, ()) if problem.code.startswith("media-") else ()
                yield Concern(problem, action.post, action.account, action.digest or problem.what, files)
    for problem in faults:
        if problem not in blocked and problem.level is Level.ERROR:
            yield Concern(problem)
