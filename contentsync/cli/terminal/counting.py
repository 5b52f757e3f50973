"""How far is work that takes long before there is anything to show, such as reading thousands of files?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import monotonic
from typing import Final

from contentsync.cli.terminal import log, text

SILENT: Final = 1.0  # seconds of work of which nothing is said on a terminal
REDRAWN: Final = 0.1
EVERY: Final = 10.0  # where there is no terminal
_CLEAR: Final = "\r\x1b[K"


class Counting:
    """On a terminal one line that changes and goes away at the end; elsewhere a line every ten seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic, is_terminal: bool | None = None) -> None:
        """is_terminal: None to look at stderr."""
        self._clock = clock
        self._is_terminal = _is_terminal() if is_terminal is None else is_terminal
        self._what = ""
        self._began = self._said = 0.0
        self._is_drawn = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """what: the work and its things, such as `Reading files`. done: how many of `total` are done."""
        now = self._clock()
        if what != self._what:
            self._what, self._began, self._said = what, now, now
        if self._is_terminal:
            self._draw(now, done, total)
        elif now - self._said >= EVERY and done < total:
            self._said = now
            text.tell(f"{what}: {done:,} of {total:,}", event="progress")
        if done >= total:
            self._what = ""

    def _draw(self, now: float, done: int, total: int) -> None:
        if done >= total:
            if self._is_drawn:
                self._write(_CLEAR)
            self._is_drawn = False
        elif now - self._began >= SILENT and now - self._said >= REDRAWN:
            self._said, self._is_drawn = now, True
            self._write(f"{_CLEAR}{self._what}: {done:,} of {total:,}"[: len(_CLEAR) + text.width() - 1])

    def _write(self, line: str) -> None:
        sys.stderr.write(line)
        sys.stderr.flush()


def _is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not log.is_json()
