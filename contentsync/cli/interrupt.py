"""What does Ctrl-C do to an apply? Once: the chunk under way is finished. Twice: out at once, still safe."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from contentsync.cli import exits, text


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that is set by SIGINT, SIGTERM or a terminal that hangs up."""
    stop = threading.Event()

    def asked(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            os._exit(exits.INTERRUPTED)  # everything is on disk before and after each request
        stop.set()
        if number == signal.SIGINT:
            text.tell("stopping after the chunk under way; what is open goes on at the next apply. Again: leave now")

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), asked) for name in names}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
