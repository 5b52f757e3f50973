"""When may a post be sent? Its time window, and the weekly slots of its account."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.settings import Account, Slot
from contentsync.times import in_words, zone_of

CLOCKS_APART: Final = timedelta(minutes=5)  # from here on this machine's clock counts as wrong
_TICK: Final = timedelta(milliseconds=1)


def due_clock(now: datetime, tiktok_now: datetime | None) -> datetime:
    """The time by which a post is due: the earlier of both clocks, so that no post is early by either of them."""
    return now if tiktok_now is None else min(now, tiktok_now)


def late_clock(now: datetime, tiktok_now: datetime | None) -> datetime:
    """The time by which a window is over: this machine's, or TikTok's where this machine's is wrong."""
    return tiktok_now if tiktok_now is not None and abs(now - tiktok_now) >= CLOCKS_APART else now


@frozen
class Window:
    """From when until when a post may be sent; None: from now on, and without an end.

    new_slot: the slot that would be given to it; None where it has one, or asks for none.
    """

    opens_at: datetime | None = None
    ends_at: datetime | None = None
    new_slot: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and now >= self.ends_at

    def is_ahead(self, now: datetime) -> bool:
        return self.opens_at is not None and now < self.opens_at

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it opens, so that nothing can be sent in it."""
        return self.opens_at is not None and self.ends_at is not None and self.opens_at >= self.ends_at


def missed(window: Window, now: datetime, late: datetime, zone: str) -> Problem:
    """The problem of a window that is over. late: the time by which it is; another one than `now` is TikTok's."""
    ended = in_words(window.ends_at, zone, now) if window.ends_at else "never"
    what, hint = f"its window ended {ended}; a post is not sent late", "give it a new publish_at, or a longer grace"
    if not window.is_over(now):
        what = f"its window ended {ended} by TikTok's clock, where it is {in_words(late, zone, now)}"
        hint = f"check this machine's clock, which says {in_words(now, zone, now)}; or {hint}"
    return Problem("missed", what, hint)


def needs_slot(post: DesiredPost, row: PostState | None) -> bool:
    """Whether the post asks for a slot and was given none yet."""
    return post.next_slot and (row is None or row.slot_at is None)


def window_of(post: DesiredPost, row: PostState | None, slot: datetime | None) -> Window:
    """The window of a post. slot: the one that would be given to it where none was given out yet."""
    pinned = row.slot_at if row else None
    opens = (pinned or slot) if post.next_slot else post.publish_at
    if post.expires_at:
        ends: datetime | None = post.expires_at
    else:
        ends = opens + post.grace if opens else None
    return Window(opens, ends, slot if needs_slot(post, row) else None)


def rule_of(account: Account) -> str:
    """One value for the slots and the zone of an account. When it changes, all slots are given out again."""
    return _rule(account.timezone, account.slots)


@lru_cache(maxsize=256)
def _rule(timezone: str, slots: tuple[Slot, ...]) -> str:
    times = sorted({(slot.weekday, slot.hour, slot.minute) for slot in slots})
    return hashlib.sha256(repr((timezone, times)).encode()).hexdigest()[:16]


def holds_slot(post: DesiredPost | None, row: PostState, account: Account, now: datetime) -> bool:
    """Whether a row keeps the slot that it was given.

    Not once it was missed, nor after the account's slots changed, nor where the post names a time of its own.
    post: what is declared under its name; None where that is unknown.
    """
    if row.slot_at is None or not _is_by_rule(row.slot_at, row.slot_rule, account):
        return False
    return post is None or (post.next_slot and not window_of(post, row, None).is_over(now))


def _is_by_rule(slot_at: datetime, rule: str, account: Account) -> bool:
    return rule == rule_of(account) if rule else slot_at == next(slots_after(account, slot_at - _TICK), None)


class FreeSlots:
    """The slots of an account that no post has; each is given out once. An account without slots has none."""

    def __init__(self, account: Account, taken: Collection[datetime], now: datetime) -> None:
        self._slots = (slot for slot in slots_after(account, now) if slot not in taken)
        self._next: datetime | None = None

    def look(self) -> datetime | None:
        """The next free slot, which stays free."""
        if self._next is None:
            self._next = next(self._slots, None)
        return self._next

    def take(self) -> None:
        """Give out the slot that `look` showed."""
        self._next = None


def slots_after(account: Account, now: datetime) -> Iterator[datetime]:
    """The account's weekly slots after `now`, in their order, without end; none where it has no slots.

    A slot is a wall-clock time in the account's zone: one that a change to summer time leaves out is skipped, one
    that the change back repeats counts once, the first time.
    """
    zone = zone_of(account.timezone)
    day = now.astimezone(zone).date()
    while account.slots:
        times = sorted({(s.hour, s.minute) for s in account.slots if s.weekday == day.weekday()})
        for hour, minute in times:
            local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            moment = local.astimezone(UTC)
            exists = moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
            if exists and moment > now:
                yield moment
        day += timedelta(days=1)
