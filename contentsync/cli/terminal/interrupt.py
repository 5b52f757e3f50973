"""How does an apply survive an interruption? Ctrl-C, SIGTERM, a closed terminal, a reader of a pipe that exits.

Once: the current chunk is finished. Twice: apply leaves at once, which is safe too. Output that can't be written does
not stop the work.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO, cast

from contentsync.cli import exits
from contentsync.cli.terminal import log
from contentsync.visible import as_json

STOPPING = "stopping after the current chunk; the next apply resumes what is open. Press again to leave now\n"


class Stop(threading.Event):
    """Whether a stop was asked for. asking: nothing is under way but a question, so that a signal ends it at once."""

    asking = False
    #: The signal that asked; 0 for none.
    by = 0


@contextmanager
def stoppable(leaving: Callable[[], None] = lambda: None, said: str = STOPPING) -> Iterator[Stop]:
    """A stop that is set by SIGINT, SIGTERM or a terminal that hangs up, save those that are ignored, as by nohup.

    leaving: the last that is done before a second SIGINT ends the process; it must not wait for long.
    said: the line that the first SIGINT prints; empty where the command says by itself what it does.
    """
    stop = Stop()

    def asked(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            leaving()
            os._exit(exits.INTERRUPTED)  # everything is on disk before and after each request
        stop.by = stop.by or number
        stop.set()
        if stop.asking:
            raise KeyboardInterrupt
        if number == signal.SIGINT and said:
            _tell_at_once(said)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heeded = [name for name in names if signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN]
    before = {name: signal.signal(getattr(signal, name), asked) for name in heeded}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def ended_at_once(stop: Stop) -> Iterator[None]:
    """Raise KeyboardInterrupt at a signal while the block runs, instead of only noting it."""
    stop.asking = True
    try:
        if stop.is_set():
            raise KeyboardInterrupt
        yield
    finally:
        stop.asking = False


def _tell_at_once(line: str) -> None:
    """Past the stream's buffer, which the code that a signal interrupts may be filling."""
    if log.is_json():
        line = as_json(log.entry(line.rstrip("\n"), event="stopping")) + "\n"
    with contextlib.suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), line.encode("utf-8", "backslashreplace"))


def write_at_once(descriptor: int, line: str, patience: float) -> None:
    """The same for another stream. patience: seconds for a reader that is slow; after them the line is lost."""
    with contextlib.suppress(OSError, ValueError):
        if os.name == "nt" or select.select([], [descriptor], [], patience)[1]:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))


@contextmanager
def outliving_output() -> Iterator[None]:
    """Discard output once it can't be written, instead of ending the work."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Lasting(out)), cast(TextIO, _Lasting(err))
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout, sys.stderr = out, err


class _Lasting:
    """A stream whose reader may go away: a pipe closes, a terminal hangs up, a disk is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as err:
            self._let_go(err)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as err:
            self._let_go(err)

    def _let_go(self, err: OSError) -> None:
        """Discard the output from here on, also what Python has buffered; say why on the other stream."""
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)
        if self._stream.fileno() == 1:
            _tell_at_once(f"stdout can't be written any more ({err.strerror}); apply continues\n")
