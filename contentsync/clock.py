"""What time is it? The one place that reads the machine's clock and waits.

Everything else takes `now` as a value, or a `Clock` as an argument.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as a seam: real in production, moved by hand in tests."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back. For measuring, not for dates."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; returns at once when `seconds` is not positive."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)
