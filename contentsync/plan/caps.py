"""When is there room under a cap? Counts what was sent, what is open, and what this plan will send in sliding days.

Every time that this module gives out keeps all sliding days, before and after that time, within the cap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from contentsync.lifecycle import OPEN, SUCCESS, Phase
from contentsync.plan.action import AccountFacts, Quota, World
from contentsync.post import Mode
from contentsync.post_state import BY_HAND, Attempt

DAY: Final = timedelta(hours=24)
MAY_SHOW: Final = OPEN | SUCCESS | {Phase.UNKNOWN, Phase.ABANDONED}
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Times:
    """Sorted moments, of which a sliding day may contain only a limited number."""

    def __init__(self, times: Iterable[datetime] = ()) -> None:
        self._times = sorted(times)
        self._full = (_LONG_AGO, _LONG_AGO)  # from the first to before the second there is no room: a search's end

    def add(self, moment: datetime) -> None:
        insort(self._times, moment)

    def remove(self, moment: datetime) -> None:
        """Take one out again. Raises ValueError if there is none at that moment."""
        self._times.remove(moment)
        self._full = (_LONG_AGO, _LONG_AGO)

    def day_before(self, end: datetime) -> list[datetime]:
        """Those of the sliding day that ends with `end`."""
        return self._times[bisect_right(self._times, end - DAY) : bisect_right(self._times, end)]

    def day_after(self, start: datetime) -> list[datetime]:
        """Those of the sliding day that begins with `start`."""
        return self._times[bisect_left(self._times, start) : bisect_left(self._times, start + DAY)]

    def count(self, end: datetime) -> int:
        """How many there are in the sliding day that ends with `end`."""
        return bisect_right(self._times, end) - bisect_right(self._times, end - DAY)

    def leaves_next(self, end: datetime) -> datetime | None:
        """When the next one leaves the sliding day that ends with `end`."""
        first = bisect_right(self._times, end - DAY)
        return self._times[first] + DAY if first < len(self._times) else None

    def room(self, cap: int, earliest: datetime) -> datetime:
        """The first moment from `earliest` on that takes one more. cap: at least 1, the same at each call."""
        since, until = self._full
        inside = since <= earliest < until
        moment = until if inside else earliest
        while not self._takes(cap, moment):
            within = self.day_before(moment)
            moment = within[len(within) - cap] + DAY if len(within) >= cap else self.leaves_next(moment) or moment
        self._full = (since if inside else earliest, moment)
        return moment

    def _takes(self, cap: int, moment: datetime) -> bool:
        return all(self.count(end) < cap for end in [moment, *self.day_after(moment)])


class PostingUsers:
    """The app-wide cap: how many accounts one app may post for in a sliding day. cap: None for none."""

    def __init__(self, cap: int | None) -> None:
        self._cap = cap
        self._times: dict[str, Times] = {}

    def add(self, user: str, moment: datetime) -> None:
        self._times.setdefault(user, Times()).add(moment)

    def remove(self, user: str, moment: datetime) -> None:
        """Take one out again. Raises KeyError or ValueError if there is none."""
        self._times[user].remove(moment)

    def room(self, user: str, earliest: datetime) -> datetime:
        """The first moment from `earliest` on at which the app may post for `user`."""
        moment = earliest
        while self._cap is not None and not self._takes(user, moment, self._cap):
            moment = self._next_change(moment, self._cap)
        return moment

    def leaves_next(self, user: str, now: datetime) -> datetime | None:
        """When the next account other than `user` leaves the sliding day; None if there is none."""
        others = [times for name, times in self._times.items() if name != user and times.count(now)]
        return min((times.day_before(now)[-1] + DAY for times in others), default=None)

    def _takes(self, user: str, moment: datetime, cap: int) -> bool:
        ends = [moment, *(t for times in self._times.values() for t in times.day_after(moment))]
        return all(len(self._users(end) | {user}) <= cap for end in ends)

    def _users(self, end: datetime) -> set[str]:
        return {user for user, times in self._times.items() if times.count(end)}

    def _next_change(self, moment: datetime, cap: int) -> datetime:
        """No room before this: until one of the present users leaves the window, where they are too many."""
        present = [times.day_before(moment)[-1] + DAY for times in self._times.values() if times.count(moment)]
        leaving = [at for times in self._times.values() if (at := times.leaves_next(moment))]
        return min(present) if len(present) >= cap else min(leaving)


@dataclass(slots=True)
class Ledger:
    """What one account sent in the last day and will send by this plan. creates: all posts, for our guards."""

    posts: Times = field(default_factory=Times)
    drafts: Times = field(default_factory=Times)
    creates: Times = field(default_factory=Times)

    def of(self, mode: Mode) -> Times:
        return self.posts if mode is Mode.DIRECT else self.drafts


def ledger_of(facts: AccountFacts, world: World) -> Ledger:
    """The account's ledger before this plan, by its rows."""
    ledger = Ledger()
    mine = [a for a in world.attempts if a.open_id == facts.open_id]
    known = {a.id: a for a in [*mine, *(a for row in facts.rows for a in row.attempts)] if counts(a, world.now)}
    for attempt in known.values():
        moment = spent_at(attempt, world.now)
        ledger.creates.add(moment)
        if not (attempt.mode is Mode.DRAFT and attempt.phase is Phase.PUBLISHED):  # posted: no longer pending
            ledger.of(attempt.mode).add(moment)
    return ledger


def posting_users(world: World) -> PostingUsers:
    """For which accounts the app posted within the last day, by the rows of all of them."""
    users = PostingUsers(world.app.posting_users_per_day)
    rows = [a for facts in world.accounts.values() for row in facts.rows for a in row.attempts]
    for attempt in [*world.attempts, *rows]:
        if attempt.mode is Mode.DIRECT and counts(attempt, world.now):
            users.add(attempt.open_id, spent_at(attempt, world.now))
    return users


def counts(attempt: Attempt, now: datetime) -> bool:
    """Whether an attempt counts against a cap: it did, it may have, or it will when it continues.

    Source: Upload, "pending shares"; that an unfinished init of a draft counts is not documented, so it is taken to.
    """
    if attempt.run_id == BY_HAND:
        return False
    lost_draft = attempt.phase is Phase.ORPHANED and attempt.mode is Mode.DRAFT and attempt.init_sent_at is not None
    return (attempt.phase in MAY_SHOW or lost_draft) and spent_at(attempt, now) > now - DAY


def spent_at(attempt: Attempt, now: datetime) -> datetime:
    """When an attempt counted against a cap: when init was sent, or now if init is still to be sent."""
    if attempt.phase is Phase.INTENT and attempt.init_sent_at is None:
        return now
    return min(attempt.init_sent_at or attempt.created_at, now)


def quota_of(facts: AccountFacts, world: World) -> Quota:
    """What the account may still send today, by its own limits and our rows."""
    ledger, allowed = ledger_of(facts, world), facts.account.limits
    return Quota(
        posts_left=max(0, allowed.posts_per_day - ledger.posts.count(world.now)),
        drafts_left=max(0, allowed.pending_drafts - ledger.drafts.count(world.now)),
    )
