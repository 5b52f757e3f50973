"""How much may be sent, and when? TikTok's caps in their sliding windows, and our own guards on creating.

Works on the creates that the planner wants, in their order; each is left as it is, put off, or held back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from contentsync import limits
from contentsync.errors import Problem
from contentsync.lifecycle import OPEN, SUCCESS, Phase
from contentsync.plan.action import AccountFacts, Action, Kind, Quota, World
from contentsync.plan.blocks import CAPS
from contentsync.post import Attempt, DesiredPost, Mode, PostState

DAY: Final = timedelta(hours=24)
_COUNTS: Final = OPEN | SUCCESS | {Phase.UNKNOWN, Phase.ABANDONED}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A create, or a wait for its time, that caps and guards may still put off.

    earliest: when its window opens, or now. due: its place in the order, which may lie in the past.
    """

    action: Action
    post: DesiredPost
    row: PostState | None
    facts: AccountFacts
    earliest: datetime
    due: datetime


@dataclass(slots=True)
class _Ledger:
    """What was and will be sent: times by what they count for."""

    posts: list[datetime] = field(default_factory=list)
    drafts: list[datetime] = field(default_factory=list)
    creates: list[datetime] = field(default_factory=list)

    def of(self, mode: Mode) -> list[datetime]:
        return self.posts if mode is Mode.DIRECT else self.drafts


def counts_for_cap(attempt: Attempt) -> bool:
    """Whether an attempt uses up a day's cap: it did, or may have. A lost draft init does too.

    Source: Upload, "pending shares"; that an unfinished init counts is not documented, so it is taken to.
    """
    if attempt.init_sent_at is None:
        return False
    return attempt.phase in _COUNTS or (attempt.phase is Phase.ORPHANED and attempt.mode is Mode.DRAFT)


def quota_of(facts: AccountFacts, attempts: Iterable[Attempt], now: datetime) -> Quota:
    """What the account may still send today, by its own limits and our rows."""
    ledger = _ledger_of(facts.open_id, attempts, now)
    allowed = facts.account.limits
    return Quota(
        posts_left=max(0, allowed.posts_per_day - len(ledger.posts)),
        drafts_left=max(0, allowed.pending_drafts - len(ledger.drafts)),
    )


def _ledger_of(open_id: str | None, attempts: Iterable[Attempt], now: datetime) -> _Ledger:
    ledger = _Ledger()
    for attempt in attempts:
        if attempt.open_id == open_id and counts_for_cap(attempt) and attempt.created_at > now - DAY:
            ledger.of(attempt.mode).append(attempt.created_at)
            ledger.creates.append(attempt.created_at)
    return ledger


def room_at(times: list[datetime], cap: int, at: datetime) -> datetime:
    """The first moment from `at` on at which fewer than `cap` of `times` lie in the day before it."""
    moment = at
    while len(inside := sorted(t for t in times if moment - DAY < t <= moment)) >= cap:
        moment = inside[len(inside) - cap] + DAY
    return moment


def ration(wanted: list[Wanted], world: World) -> list[Action]:
    """The creates as the caps and guards leave them, in the order given (oldest due first)."""
    ledgers: dict[str, _Ledger] = {}
    now_in_run: Counter[str] = Counter()
    users = _posting_users(world)
    done = []
    for want in wanted:
        name = want.facts.open_id or want.facts.account.name
        ledger = ledgers.setdefault(name, _ledger_of(want.facts.open_id, world.attempts, world.now))
        action = _put_off(want, world, ledger, users)
        if action.kind is Kind.CREATE:
            action = _held_by_guard(want, world.allow, wanted, world.now) or action
        if action.kind is Kind.CREATE:
            action = _too_many(want, world, ledger, now_in_run[name])
        if action.kind in {Kind.CREATE, Kind.WAIT}:
            at = action.due_at or world.now
            ledger.of(want.post.mode).append(at)
            ledger.creates.append(at)
            if want.post.mode is Mode.DIRECT:
                users.setdefault(name, []).append(at)
        now_in_run[name] += action.kind is Kind.CREATE
        done.append(action)
    return done


def _posting_users(world: World) -> dict[str, list[datetime]]:
    users: dict[str, list[datetime]] = {}
    for attempt in world.attempts:
        if attempt.mode is Mode.DIRECT and counts_for_cap(attempt) and attempt.created_at > world.now - DAY:
            users.setdefault(attempt.open_id, []).append(attempt.created_at)
    return users


def _put_off(want: Wanted, world: World, ledger: _Ledger, users: dict[str, list[datetime]]) -> Action:
    allowed = want.facts.account.limits
    direct = want.post.mode is Mode.DIRECT
    cap = allowed.posts_per_day if direct else allowed.pending_drafts
    at = room_at(ledger.of(want.post.mode), cap, want.earliest)
    reason = f"{cap} {'posts' if direct else 'drafts'} in 24 h is this account's limit"
    user_at = _user_room(want, world, users, at) if direct else at
    if user_at > at:
        at, reason = user_at, f"the app may post for {world.app.posting_users_per_day} accounts in 24 h"
    if stop := _stopped(want):
        return stop
    if at <= want.earliest:
        return want.action
    action = replace(want.action, kind=Kind.WAIT, reason=reason, due_at=at, left=True)
    ends = want.post.expires_at or (want.post.publish_at + want.post.grace if want.post.publish_at else None)
    if ends and at >= ends:
        missed = Problem(
            "will-miss-window", f"its window ends at {ends:%Y-%m-%d %H:%M} UTC, before that", "post less"
        )
        return replace(action, problems=(*action.problems, missed))
    return action


def _stopped(want: Wanted) -> Action | None:
    """TikTok itself says that a cap is reached, for how long it does not say."""
    creator = want.facts.creator
    if want.post.mode is not Mode.DIRECT or creator is None or creator.stop not in CAPS:
        return None
    return replace(want.action, kind=Kind.WAIT, reason=f"{creator.stop_what} ({creator.stop})", left=True)


def _user_room(want: Wanted, world: World, users: dict[str, list[datetime]], at: datetime) -> datetime:
    """When the app may post for this account too: at once where it does so already in the window."""
    cap, me = world.app.posting_users_per_day, want.facts.open_id or want.facts.account.name
    moment = at
    while cap is not None:
        others = {name: max(t) for name, times in users.items() if (t := _in_day(times, moment))}
        if me in others or len(others) < cap:
            break
        moment = min(others.values()) + DAY
    return moment


def _in_day(times: list[datetime], moment: datetime) -> list[datetime]:
    return [t for t in times if moment - DAY < t <= moment]


def _held_by_guard(want: Wanted, allow: frozenset[str], wanted: list[Wanted], now: datetime) -> Action | None:
    problem = None
    if "existing-posts" not in allow:
        problem = _existing_posts(want.facts)
    if problem is None and "same-media" not in allow:
        problem = _same_media(want, wanted, now)
    return None if problem is None else _blocked(want.action, problem)


def _blocked(action: Action, problem: Problem) -> Action:
    return replace(action, kind=Kind.BLOCKED, reason=problem.what, problems=(*action.problems, problem))


def _existing_posts(facts: AccountFacts) -> Problem | None:
    if any(row.attempts or row.bound_post_id or row.removed_at for row in facts.rows):
        return None
    if facts.receipts:
        what = f"this state knows no post of {facts.account.name}, but {len(facts.receipts)} receipts tell of some"
    elif facts.remote.videos:
        what = f"this state knows no post of {facts.account.name}, but {len(facts.remote.videos)} videos are public"
    elif facts.noted_elsewhere:
        what = f"this state knows no post of {facts.account.name}, but another state on this machine did post for it"
    else:
        return None
    hint = "bring the old state back, or pass --allow existing-posts if none of them is one of these manifests"
    return Problem("existing-posts", what, hint)


def _same_media(want: Wanted, wanted: list[Wanted], now: datetime) -> Problem | None:
    """The same bytes on one identity within 30 days; a higher generation of the same post is meant."""
    post, since = want.post, now - timedelta(days=limits.SAME_MEDIA_DAYS)
    if post.generation > 1:
        return None
    for row in want.facts.rows:
        if want.row is not None and row.uid == want.row.uid:
            continue
        if any(a.media_digest == post.media_digest and a.created_at > since and _may_show(a) for a in row.attempts):
            return _doubled(f"{row.key} sent the same media")
    for other in wanted:
        if other is want:
            break
        if other.facts is want.facts and other.post.media_digest == post.media_digest:
            return _doubled(f"{other.post.key} has the same media")
    return None


def _may_show(attempt: Attempt) -> bool:
    return attempt.phase in _COUNTS


def _doubled(what: str) -> Problem:
    hint = "if both are meant, raise this one's `generation`, or pass --allow same-media"
    return Problem("same-media", f"{what} within {limits.SAME_MEDIA_DAYS} days", hint)


def _too_many(want: Wanted, world: World, ledger: _Ledger, in_run: int) -> Action:
    allowed = want.facts.account.limits
    today = len(_in_day(ledger.creates, world.now))
    if "max-creates-per-run" not in world.allow and in_run >= allowed.max_creates_per_run:
        what = f"{in_run} creates in one run is this account's guard"
        return _blocked(
            want.action, Problem("max-creates-per-run", what, "run it again, or --allow max-creates-per-run")
        )
    if "max-creates-per-day" not in world.allow and today >= allowed.max_creates_per_day:
        what = f"{today} creates in 24 h is this account's guard"
        return _blocked(want.action, Problem("max-creates-per-day", what, "wait, or --allow max-creates-per-day"))
    return want.action
