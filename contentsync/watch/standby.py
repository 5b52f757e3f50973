"""Which of two watches works on a state? The first one; the other waits until the place is free."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from contentsync.attempt.waiting import Stop
from contentsync.clock import Clock
from contentsync.errors import Problem, StoreLocked
from contentsync.project import Project

ASK_EVERY: Final = 1.0  # seconds


@contextlib.contextmanager
def only_watcher(project: Project, clock: Clock, stop: Stop, wait: Callable[[Problem], None]) -> Iterator[bool]:
    """Hold the place of the only watcher while the block runs; False where a stop was asked for meanwhile.

    wait: called once with who has the place, if another process does.
    """
    is_told = False
    with contextlib.ExitStack() as held:
        while not stop.is_set():
            try:
                held.enter_context(project.watching())
                break
            except StoreLocked as err:
                if not is_told:
                    wait(err.problems[0])
                is_told = True
                clock.sleep(ASK_EVERY)
        yield not stop.is_set()
