"""What wakes watch up? Hints from other threads. It sleeps until one comes, or until a given moment."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final, Protocol

from contentsync.frozen import frozen

MOST: Final = 500  # names of changed files that are kept; of more of them a look finds out by itself


@frozen
class Hint:
    """What came since the last time."""

    #: Whether any file may have changed.
    files: bool = False
    #: The paths that changed, as far as they are known.
    paths: frozenset[str] = frozenset()
    #: Whether file events were lost.
    lost: bool = False


class Wakeups(Protocol):
    """A seam: real threads in production, a script on a virtual clock in tests."""

    def wait(self, seconds: float) -> Hint:
        """Sleep until something comes, at most that long. Returns what came."""
        ...


class ThreadWakeups:
    """Hints across threads."""

    def __init__(self) -> None:
        self._woken = threading.Condition()
        self._is_woken = False
        self._paths: set[str] = set()
        self._files = self._lost = False

    def wake(self) -> None:
        """End the sleep, because work is done or a stop is asked for."""
        with self._woken:
            self._is_woken = True
            self._woken.notify_all()

    def files_changed(self, paths: Iterable[str] = (), *, lost: bool = False) -> None:
        """Files may have changed. lost: events were lost, so that it may be any file."""
        with self._woken:
            self._files, self._lost = True, self._lost or lost
            self._paths.update(list(paths)[: max(0, MOST - len(self._paths))])
            self._is_woken = True
            self._woken.notify_all()

    def wait(self, seconds: float) -> Hint:
        with self._woken:
            self._woken.wait_for(lambda: self._is_woken, max(0.0, seconds))
            hint = Hint(self._files, frozenset(self._paths), self._lost)
            self._is_woken = self._files = self._lost = False
            self._paths = set()
        return hint
