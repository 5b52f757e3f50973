"""Runs contentsync in a process of its own whose wall clock a file shifts, while its monotonic clock goes on.

So a machine looks that slept, or whose clock was set. The file, named by SHIFT_FILE, has the seconds. Production
reads no such file: this program puts its clock in the place of the machine's before contentsync is loaded.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from contentsync import clock

SHIFT = Path(os.environ["SHIFT_FILE"])


class ShiftedClock(clock.SystemClock):
    """The machine's clock, shifted."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=float(SHIFT.read_text()))


if __name__ == "__main__":
    clock.SystemClock = ShiftedClock  # type: ignore[misc]
    from contentsync.cli.main import main

    sys.exit(main())
