"""How does a long wait end when a person asks to stop? It sleeps in short slices and raises an exception."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, Problem
from contentsync.frozen import frozen

SLICE: Final = 0.25


class Stop(Protocol):
    """Whether a person asked to stop: then the chunk under way is finished, and nothing new begins."""

    def is_set(self) -> bool: ...


class Stopped(ContentsyncError):
    """A person asked to stop while something was waited for: no request was under way, and none followed."""

    def __init__(self) -> None:
        super().__init__(Problem("stopped", "stopped while waiting", "run the same command again; it continues"))


@frozen
class StoppableClock:
    """A clock whose sleep ends soon after a person asks to stop.

    Passed to all code that waits (for a rate limit, before a retry). Its sleep raises Stopped.
    """

    clock: Clock
    stop: Stop

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        left = seconds
        while left > 0:
            if self.stop.is_set():
                raise Stopped
            self.clock.sleep(min(left, SLICE))
            left -= SLICE
