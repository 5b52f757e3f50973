"""What happens when a thread of watch dies of a defect? It is reported, and watch ends instead of working half.

The danger: the thread that sends notices, serves the board or looks for messages dies, the loop goes on, and nobody
learns for weeks that a part is missing. The rule: a thread of our own that dies stops the watch, as a signal would:
the chunk under way is finished. Then the error that killed the thread ends the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

#: How the names of threads begin without which watch is not whole. Others, as those of one request or of watchdog
#: (which the loop starts again), only end what they were doing.
VITAL: Final = ("watch-", "board")


@contextmanager
def ending_with_its_threads(stop: threading.Event, tell: Callable[[str, BaseException], None]) -> Iterator[None]:
    """Set `stop` when a vital thread dies while the block runs, and raise its error once the block is left.

    tell: called, in the dying thread, with the name of each thread that dies and its error.
    """
    died: list[BaseException] = []

    def hook(args: threading.ExceptHookArgs) -> None:
        error = args.exc_value or args.exc_type()
        name = args.thread.name if args.thread else "a thread"
        tell(name, error)
        if name.startswith(VITAL):
            died.append(error)
            stop.set()

    before, threading.excepthook = threading.excepthook, hook
    try:
        yield
    finally:
        threading.excepthook = before
    if died:
        raise died[0]
