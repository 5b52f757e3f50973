"""How many creates may be sent, and when? TikTok's caps, and our own guards.

The danger: a project that was copied, restored or misconfigured publishes many posts that nobody wants, or posts that
TikTok already has. The rule: creates pass one by one, oldest due first. Each one counts against the caps of TikTok
and of the account; if there is no room, it waits. Guards block a create that may already exist at TikTok
(existing-posts, lookalike, same-media), or too many creates (max-creates-per-run, max-creates-per-day).
A person lifts a guard by name.

Whether one post alone may be sent is decided in `sending`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from contentsync import limits
from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.plan.action import AccountFacts, Action, Kind, World
from contentsync.plan.blocks import APP_CAP, cap_of
from contentsync.plan.caps import DAY, MAY_SHOW, Ledger, ledger_of, posting_users
from contentsync.plan.existing_posts import EXISTING, ExistingPosts
from contentsync.plan.policy import TimeRules, errors, placed
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import PostState
from contentsync.times import in_words

_MONTH = timedelta(days=limits.SAME_MEDIA_DAYS)


@frozen
class Wanted:
    """A create, or a wait for its time, that caps and guards may still delay or block."""

    action: Action
    post: DesiredPost
    row: PostState | None
    facts: AccountFacts
    #: When its window opens, or now.
    earliest: datetime
    #: Its place in the order; may be in the past.
    due: datetime
    #: When its window ends.
    ends: datetime | None = None
    #: Public videos that belong to no post and look like this one.
    alike: tuple[str, ...] = ()


def ration(wanted: Iterable[Wanted], world: World) -> list[Action]:
    """Apply caps and guards to the creates, in the given order (oldest due first).

    Room under the caps goes first to the posts that have a time. A post without one is due at every moment anew: if
    it took the room of a post that is due this evening, that one would miss its window, and until then each plan
    would promise the room to another of the two.
    """
    rationing, wants = _Rationing(world), list(wanted)
    for want in wants:
        if _has_time(want):
            rationing.reserve(want)
    decided: dict[str, Action] = {}
    for want in wants:
        for one in (*rationing.before(want), want):
            if one.post.key not in decided:
                decided[one.post.key] = rationing.next(one)
    return [decided[want.post.key] for want in wants]


def _has_time(want: Wanted) -> bool:
    return want.post.publish_at is not None or want.post.next_slot


class _Desk:
    """The counts of one account. sent: the key and time of each post that sent a media digest."""

    def __init__(self, facts: AccountFacts, world: World) -> None:
        self.ledger: Ledger = ledger_of(facts, world)
        self.existing = ExistingPosts(facts)
        #: How many posts are created by the run of each time.
        self.in_run: Counter[datetime] = Counter()
        self.sent: dict[str, list[tuple[str, datetime]]] = {}
        for row in sorted(facts.rows, key=lambda row: row.name):
            for attempt in row.attempts:
                if attempt.phase in MAY_SHOW and attempt.media_digest:
                    self.sent.setdefault(attempt.media_digest, []).append((row.key, attempt.created_at))


class _Rationing:
    """Takes creates in order, and counts what remains for the next ones."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._users = posting_users(world)
        self._times = TimeRules(world)
        self._desks: dict[str, _Desk] = {}
        #: By post: the moment at which it has room under the caps, and why not earlier.
        self._reserved: dict[str, tuple[datetime, str]] = {}
        #: Of the post without a time that is decided next: the same, if nothing is decided before it.
        self._found: dict[str, tuple[datetime, str]] = {}
        #: By account: the posts that have a time and room for it, the earliest last.
        self._ahead: dict[str, list[tuple[datetime, Wanted]]] | None = None
        self._with_room: list[tuple[datetime, Wanted]] = []

    def reserve(self, want: Wanted) -> None:
        """Keep room under the caps for a post, unless it is blocked as things are, or its window ends before that."""
        name, desk = self._desk(want)
        if want.action.blocked_then or self._guarded(want, desk):
            return
        at, reason = self._room(want, desk, name)
        if want.ends is None or at < want.ends:
            self._reserved[want.post.key] = (at, reason)
            self._with_room.append((at, want))
            self._count(want, desk, name, at)

    def before(self, want: Wanted) -> Iterator[Wanted]:
        """The posts of the same account that have a time, and go out before this one, which has none.

        Guards are about what was sent before. So these are decided first, each once.
        """
        if _has_time(want):
            return
        name, desk = self._desk(want)
        found = self._room(want, desk, name)
        ahead = self._ahead_of(name) if found[0] > self._world.now else []
        if not (ahead and ahead[-1][0] <= found[0]):
            self._found = {want.post.key: found}
        while ahead and ahead[-1][0] <= found[0]:
            yield ahead.pop()[1]

    def _ahead_of(self, name: str) -> list[tuple[datetime, Wanted]]:
        if self._ahead is None:
            self._ahead = {}
            for at, one in sorted(self._with_room, key=lambda pair: pair[0], reverse=True):
                self._ahead.setdefault(self._desk(one)[0], []).append((at, one))
        return self._ahead.get(name, [])

    def next(self, want: Wanted) -> Action:
        name, desk = self._desk(want)
        action = self._decide(want, desk, name)
        self._take_in(want, action, desk, name)
        return action

    def _desk(self, want: Wanted) -> tuple[str, _Desk]:
        name = want.facts.open_id or want.facts.account.name
        if name not in self._desks:
            self._desks[name] = _Desk(want.facts, self._world)
        return name, self._desks[name]

    def _decide(self, want: Wanted, desk: _Desk, name: str) -> Action:
        ahead = want.earliest > self._world.now
        if problem := self._guarded(want, desk):
            if not ahead:
                return _blocked(want, problem)
            want = replace(want, action=warned(want.action, replace(problem, where=want.post.where)))
        key = want.post.key
        action = _waiting(want, *(self._reserved.get(key) or self._found.get(key) or self._room(want, desk, name)))
        if action.kind is Kind.CREATE and (problem := self._too_many(want, desk, self._world.now)):
            return _blocked(want, problem)
        if action.kind is Kind.WAIT and action.due_at and (problem := self._too_many(want, desk, action.due_at)):
            action = warned(action, replace(problem, where=want.post.where))
        return self._by_policy(want, action)

    def _by_policy(self, want: Wanted, action: Action) -> Action:
        """The action, blocked or with warnings where its time breaks a rule of the project's policy."""
        at = action.due_at or self._world.now
        problems = [placed(problem, want.post) for problem in self._times.problems(want.post, want.facts, at)]
        told = replace(action, problems=(*action.problems, *(p for p in problems if p.level is not Level.ERROR)))
        broken = errors(problems)
        if not broken:
            return told
        if action.kind is Kind.CREATE:
            return _blocked(replace(want, action=told), broken[0])
        return warned(told, *broken)

    def _take_in(self, want: Wanted, action: Action, desk: _Desk, name: str) -> None:
        """Count an action that has a time against caps and guards; free the room of one that has none."""
        at = self._world.now if action.kind is Kind.CREATE else action.due_at
        reserved = self._reserved.pop(want.post.key, None)
        if action.kind not in {Kind.CREATE, Kind.WAIT} or at is None or action.blocked_then:
            if reserved is not None:
                self._free(want, desk, name, reserved[0])
            return
        if reserved is None:
            self._count(want, desk, name, at)
        desk.ledger.creates.add(at)
        self._times.add(want.post, want.facts, at)
        desk.in_run[at] += 1
        desk.sent.setdefault(want.post.media_digest, []).append((want.post.key, at))

    def _count(self, want: Wanted, desk: _Desk, name: str, at: datetime) -> None:
        """Count a post against the caps."""
        desk.ledger.of(want.post.mode).add(at)
        if want.post.mode is Mode.DIRECT:
            self._users.add(name, at)

    def _free(self, want: Wanted, desk: _Desk, name: str, at: datetime) -> None:
        """Take back what `_count` counted."""
        desk.ledger.of(want.post.mode).remove(at)
        if want.post.mode is Mode.DIRECT:
            self._users.remove(name, at)

    def _guarded(self, want: Wanted, desk: _Desk) -> Problem | None:
        if EXISTING not in self._world.allow and (problem := desk.existing.problem(want.post)):
            return problem
        if "lookalike" not in self._world.allow and (problem := lookalike(want)):
            return problem
        return None if "same-media" in self._world.allow else _same_media(want, desk)

    def _room(self, want: Wanted, desk: _Desk, name: str) -> tuple[datetime, str]:
        """The first moment at which all caps have room, and why it is not earlier."""
        allowed, mode = want.facts.account.limits, want.post.mode
        cap = allowed.posts_per_day if mode is Mode.DIRECT else allowed.pending_drafts
        at, reason = self._told_by_tiktok(want, desk, name)
        settled = False
        while not settled:
            by_cap = desk.ledger.of(mode).room(cap, at)
            by_app = self._users.room(name, by_cap) if mode is Mode.DIRECT else by_cap
            if by_cap > at:
                reason = f"this account's limit is {_many(cap, 'post' if mode is Mode.DIRECT else 'draft')} in 24 h"
            if by_app > by_cap:
                reason = f"the app may post for {_many(self._world.app.posting_users_per_day, 'account')} in 24 h"
            at, settled = by_app, by_app == by_cap
        return at, reason

    def _told_by_tiktok(self, want: Wanted, desk: _Desk, name: str) -> tuple[datetime, str]:
        """When the post may go out, by TikTok's word on caps, and why not earlier.

        TikTok says that a cap is reached, not until when: until the oldest post that this state knows leaves the
        sliding day; where it knows none, for a whole day.
        """
        now = self._world.now
        cap = cap_of(want.post, want.facts)
        if not cap:
            return want.earliest, ""
        of_app = want.facts.creator is not None and want.facts.creator.stop == APP_CAP
        leaves = self._users.leaves_next(name, now) if of_app else desk.ledger.posts.leaves_next(now)
        room = leaves or now + DAY
        return (room, cap) if room > want.earliest else (want.earliest, "")

    def _too_many(self, want: Wanted, desk: _Desk, at: datetime) -> Problem | None:
        """The guard that stops a create at a time, with those that this plan creates before it."""
        allowed, lifted = want.facts.account.limits, self._world.allow
        today = desk.ledger.creates.count(at)
        if "max-creates-per-run" not in lifted and desk.in_run[at] >= allowed.max_creates_per_run:
            what = f"this account's guard is {_many(allowed.max_creates_per_run, 'create')} in one run"
            return Problem("max-creates-per-run", what, "run it again, or pass --allow max-creates-per-run")
        if "max-creates-per-day" not in lifted and today >= allowed.max_creates_per_day:
            what = f"this account's guard is {_many(allowed.max_creates_per_day, 'create')} in 24 h"
            return Problem("max-creates-per-day", what, "wait, or pass --allow max-creates-per-day")
        return None


def _many(count: int | None, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _waiting(want: Wanted, at: datetime, reason: str) -> Action:
    """The wanted action, delayed until `at`, with a warning if its window ends before that."""
    action = want.action
    if at > want.earliest:
        left = action.left or action.kind is Kind.CREATE
        # A slot is pinned by the time of its wait: one that the caps put off is not given out yet.
        left = left or (want.post.next_slot and (want.row is None or want.row.slot_at is None))
        action = replace(action, kind=Kind.WAIT, reason=reason, due_at=at, left=left)
    if action.kind is Kind.CREATE or want.ends is None or at < want.ends:
        return action
    what = f"its window ends {in_words(want.ends, want.facts.account.timezone)}, before the post can be sent"
    missing = Problem("will-miss-window", what, "give it a later publish_at or a longer grace", level=Level.WARNING)
    return replace(warned(action, replace(missing, where=want.post.where)), due_at=None)


def warned(action: Action, *problems: Problem) -> Action:
    """A wait with a warning about problems that would block it later; its own reason keeps it a line of its own."""
    reason = f"{action.reason}; then blocked, as things are: {problems[0].what}" if problems else action.reason
    told = tuple(replace(problem, level=Level.WARNING) for problem in problems)
    blocked = action.blocked_then or bool(problems)
    return replace(action, reason=reason, problems=(*action.problems, *told), blocked_then=blocked)


def _blocked(want: Wanted, problem: Problem) -> Action:
    placed = replace(problem, where=want.post.where)
    return replace(want.action, kind=Kind.BLOCKED, reason=problem.what, problems=(placed, *want.action.problems))


def lookalike(want: Wanted) -> Problem | None:
    """The problem of a public video that may be this post: another state or a person may have posted it."""
    if not want.alike:
        return None
    key, first = want.post.key, want.alike[0]
    what = f"a public video already has this caption and length, and belongs to no post: {', '.join(want.alike[:3])}"
    hint = (
        f"if it is this post, run: contentsync resolve {key} --published --post-id {first}; if both are meant, pass"
    )
    return Problem("lookalike", what, f"{hint} --allow lookalike")


def _same_media(want: Wanted, desk: _Desk) -> Problem | None:
    """The problem of the same media on one account within 30 days, unless a higher generation asks for it."""
    own = want.row.key if want.row else want.post.key
    if want.post.generation > 1 or not want.post.media_digest:
        return None
    for key, at in desk.sent.get(want.post.media_digest, ()):
        if key not in {own, want.post.key} and abs(want.earliest - at) < _MONTH:
            what = f"{key} has the same media, within {limits.SAME_MEDIA_DAYS} days"
            hint = "if both are meant, raise this one's `generation`, or pass --allow same-media"
            return Problem("same-media", what, hint)
    return None
