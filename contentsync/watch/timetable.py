"""When does watch look next, and why? Pure: both clocks come in as a value.

The danger: a computer sleeps, its clock is set, an event is lost, and a post goes out late or never. The rule: every
moment is kept by the clock that it is about. What is due is due by the wall clock; a pause lasts by the monotonic
one. Nothing is a timer that was started earlier: each tick compares both clocks with the table anew, and a full look
comes from time to time whatever happened. So one tick after any jump the table is right again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync.frozen import frozen

TICK: Final = 1.0  # seconds, at most, between two readings of the clocks
FULL_EVERY: Final = 60.0  # seconds between two looks at everything
FULL_AT_MOST: Final = 600.0  # seconds between two, however long a look takes
SHARE: Final = 0.005  # of one processor, at most, for full looks
STORM: Final = 5  # debounces, at most, for which a stream of events puts a look off
REST: Final = 10  # times what a look took, until another one because of the state
REST_WHILE_SENDING: Final = 10.0  # seconds from the start of a batch, in which the state is no reason for a look
JUMP: Final = 5.0  # seconds by which the wall clock may differ from the monotonic one before it counts as set


class Why(StrEnum):
    """What a look is for."""

    START = "start"
    FILES = "files"  # a file changed, or may have
    DUE = "due"  # a post is due now
    SOON = "soon"  # a post is due in a moment: its files are watched from now on
    STATE = "state"  # another process wrote into the state: an approval, a pause, a webhook
    DONE = "done"  # something was sent
    RETRY = "retry"  # a pause after a failure is over
    CLOCK = "clock"  # the clock was set, or the machine slept
    FULL = "full"  # nothing is known to have changed


@frozen
class Instant:
    """One moment by both clocks."""

    #: Aware, in UTC. May be set, also backwards.
    wall: datetime
    #: Seconds; never goes back.
    mono: float

    def has_jumped_since(self, before: Instant) -> bool:
        """Whether the wall clock was set between the two, or the machine slept."""
        apart = (self.wall - before.wall).total_seconds() - (self.mono - before.mono)
        return abs(apart) > JUMP

    def at(self, due: datetime) -> float:
        """The monotonic moment of a time by the wall clock, as that clock is set now."""
        return self.mono + (due - self.wall).total_seconds()


@dataclass(slots=True)
class Timetable:
    """The moments at which to look, by reason."""

    #: Seconds for which file events are gathered.
    debounce: float
    #: Seconds before a post is due at which its files are first watched.
    lead: float
    #: Seconds between two full looks, at least.
    full_every: float = FULL_EVERY
    _at: dict[Why, float] = field(default_factory=dict)
    _due: tuple[datetime, ...] = ()
    _first_event: float | None = None
    _rests_until: float = 0.0
    #: The files of posts that are due until then are watched since the last look.
    _watched_until: datetime | None = None

    def state_changed(self, now: float) -> None:
        """The state was written to: look, but not after each chunk of an upload."""
        self.plan(Why.STATE, max(now, self._rests_until))

    def sending_began(self, now: float) -> None:
        """A post is being sent: its start is not slowed down by looks at what its own sending writes."""
        self._rests_until = max(self._rests_until, now + REST_WHILE_SENDING)

    def plan(self, why: Why, at: float) -> None:
        """Look at that monotonic moment, or earlier."""
        self._at[why] = min(at, self._at.get(why, at))

    def files_changed(self, now: float) -> None:
        """File events came: look once they have ended, and at intervals while they go on."""
        first = self._first_event = now if self._first_event is None else self._first_event
        at = min(now + self.debounce, first + STORM * self.debounce)
        self._at[Why.FILES] = at

    def due(self, moments: Iterable[datetime]) -> None:
        """The times at which posts are due; they replace those of before."""
        self._due = tuple(sorted(set(moments)))

    def looked(self, began: Instant, took: float, jitter: float) -> None:
        """A look is over: what it was for is done. took: the processor's seconds for it. jitter: about 1."""
        self._at = {why: at for why, at in self._at.items() if at > began.mono}
        self._first_event = None if Why.FILES not in self._at else self._first_event
        self._rests_until = began.mono + REST * took
        self._watched_until = began.wall + timedelta(seconds=self.lead + TICK)
        self._at[Why.FULL] = began.mono + max(self.full_every, min(took / SHARE, FULL_AT_MOST)) * jitter

    def next(self, now: Instant) -> tuple[float, Why]:
        """The monotonic moment of the next look, and why. In the past: look now."""
        moments = [(at, why) for why, at in self._at.items()]
        for due in self._due:
            is_watched = self._watched_until is not None and due <= self._watched_until
            moments.append((now.at(due), Why.DUE) if is_watched else (now.at(due) - self.lead, Why.SOON))
        return min(moments, default=(now.mono, Why.START))

    @property
    def next_due(self) -> datetime | None:
        """When the next post is due."""
        return self._due[0] if self._due else None


def lead_of(settle: timedelta) -> float:
    """How many seconds before a due time the files must be seen first, to be known as unchanged by then."""
    return settle.total_seconds() + 2 * TICK
