"""When may the next call be sent? Enforces TikTok's limits per minute over all processes that share a ledger.

`limits.py` has the limits; the store records the calls of the last minute.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from contentsync import limits
from contentsync.clock import Clock
from contentsync.settings import Limits
from contentsync.tiktok.wire import Endpoint

# TikTok counts arrivals, we count departures; the half second covers how unevenly long the way takes.
# Source: Rate limits, "sliding window" of one minute.
WINDOW: Final = timedelta(seconds=60.5)

TIKTOKS_FIGURES: Final = Limits()


class CallLedger(Protocol):
    """The calls of the last minute, as a seam: rows in the store, or this process's memory."""

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """Record a call at `now` and return 0.0, or return the seconds until there may be room.

        Never more than `limit` recorded calls of one (scope, endpoint) lie within any `window`, whichever thread
        or process records them and in whatever order their `now`s arrive. Entries that lie a whole window or more
        after `now` count as written by a clock that was wrong.
        """
        ...

    def room_in(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """As `take`, but record nothing: the seconds until there may be room, 0.0 for now."""
        ...


class MemoryLedger:
    """A ledger for one process."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._lock = threading.Lock()

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        with self._lock:
            kept = sorted(at for at in self._calls[scope, endpoint] if now - 2 * window < at < now + window)
            self._calls[scope, endpoint] = kept  # a window longer, for a thread that read the time and then slept
            if (seconds := seconds_left(kept, limit, window, now)) == 0.0:
                kept.append(now)
            return seconds

    def room_in(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        with self._lock:
            made = sorted(at for at in self._calls[scope, endpoint] if at < now + window)
        return seconds_left(made, limit, window, now)


def seconds_left(made: Sequence[datetime], limit: int, window: timedelta, now: datetime) -> float:
    """Seconds until one more call fits beside those that were made, oldest first; 0.0 for now."""
    near = [at for at in made if at > now - window]
    return (near[-limit] + window - now).total_seconds() if len(near) >= limit else 0.0


class Throttle:
    """Paces the calls of one access token: says when to come back, and never sleeps itself.

    scope: whose limits they are, the open_id where it is known. allowed: the account's own figures.
    """

    def __init__(self, ledger: CallLedger, clock: Clock, scope: str, allowed: Limits = TIKTOKS_FIGURES) -> None:
        self._ledger = ledger
        self._clock = clock
        self._scope = scope
        self._limits = _per_minute(allowed)

    def count_for(self, scope: str) -> None:
        """From here on the calls count for `scope`: the open_id, once TikTok has told it."""
        self._scope = scope

    def limit_of(self, endpoint: Endpoint) -> int:
        """The most calls to `endpoint` in a minute; 0 for one without a limit."""
        return self._limits.get(endpoint, 0)

    def take(self, endpoint: Endpoint) -> float:
        """Record a call as gone now and return 0.0, or return the seconds after which to ask again."""
        limit = self._limits.get(endpoint)
        if not limit:
            return 0.0
        seconds = self._ledger.take(self._scope, endpoint.value, limit, WINDOW, self._clock.now())
        return max(0.0, min(seconds, WINDOW.total_seconds()))

    def room_in(self, endpoint: Endpoint) -> float:
        """Seconds until a call may go, 0.0 for now; nothing is recorded, so another process may come first."""
        limit = self._limits.get(endpoint)
        if not limit:
            return 0.0
        seconds = self._ledger.room_in(self._scope, endpoint.value, limit, WINDOW, self._clock.now())
        return max(0.0, min(seconds, WINDOW.total_seconds()))


def _per_minute(allowed: Limits) -> dict[Endpoint, int]:
    """Each endpoint counts by itself. Source: Rate limits; cancel has no documented one and is held to status's."""
    return {
        Endpoint.VIDEO_INIT: allowed.inits_per_minute,
        Endpoint.INBOX_INIT: allowed.inits_per_minute,
        Endpoint.CONTENT_INIT: allowed.inits_per_minute,
        Endpoint.STATUS: allowed.status_per_minute,
        Endpoint.CANCEL: allowed.status_per_minute,
        Endpoint.CREATOR_INFO: allowed.creator_info_per_minute,
        Endpoint.USER_INFO: limits.DISPLAY_PER_MINUTE,
        Endpoint.VIDEO_LIST: limits.DISPLAY_PER_MINUTE,
        Endpoint.VIDEO_QUERY: limits.DISPLAY_PER_MINUTE,
    }
