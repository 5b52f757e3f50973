"""What time is it for the emulator, and how often was something done lately?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class MovableClock:
    """A clock that follows another one and can be pushed ahead of it."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._ahead = 0.0

    def __call__(self) -> float:
        """Unix seconds."""
        return self._base() + self._ahead

    def advance(self, seconds: float) -> None:
        """Push the clock on; raises ValueError when `seconds` is negative."""
        if seconds < 0:
            raise ValueError(f"the clock only goes forward, not by {seconds} s")
        self._ahead += seconds

    def reset(self) -> None:
        """Back to the clock that it follows."""
        self._ahead = 0.0


class SlidingWindow:
    """How many of something happened in the last `length` seconds."""

    def __init__(self, length: float) -> None:
        self._length = length
        self._times: deque[float] = deque()

    def take(self, now: float, limit: int) -> bool:
        """Count one more, unless that passes `limit`; a refused one is not counted."""
        while self._times and self._times[0] <= now - self._length:
            self._times.popleft()
        if len(self._times) >= limit:
            return False
        self._times.append(now)
        return True
