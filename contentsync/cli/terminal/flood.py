"""How many lines may a stranger cause? So many in each span of time; the others are counted. Pure."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Flood:
    """Lines that are let through, and how many were not. Any thread may ask."""

    #: How many lines are let through in each span.
    most: int
    #: The span, in seconds.
    seconds: float
    _began: float | None = None
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self, now: float) -> tuple[bool, int]:
        """Whether a line is let through, and how many were not in the span that is over. now: monotonic seconds."""
        with self._lock:
            left_out = 0
            if self._began is None or now - self._began >= self.seconds:
                left_out = max(0, self._count - self.most)
                self._began, self._count = now, 0
            self._count += 1
            return self._count <= self.most, left_out
