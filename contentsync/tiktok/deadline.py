"""When does a request end whose answer never ends? At one deadline for all of it, from the first byte to the last.

httpx limits each single read and write, so a server that sends a byte now and then could block a thread for hours. At
the deadline the connection is closed from outside, and the waiting thread gets a connection error.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Self
from weakref import WeakSet

Sockets = WeakSet[socket.socket]


class Deadline:
    """Watches one request and ends with it. Counts real seconds, as sockets do.

    sockets: the open connections of the thread's client, of which this request uses one; it adds what it opens.
    """

    def __init__(self, seconds: float, sockets: Sockets) -> None:
        self.passed = False
        self._sockets, self._lock = sockets, threading.Lock()
        self._timer = self._timed(seconds)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def restart(self, seconds: float) -> None:
        """Give the request `seconds` from now on."""
        self._timer.cancel()
        self._timer = self._timed(seconds)
        self._timer.start()

    def then(self, blocks: Iterable[bytes], seconds: float) -> Iterator[bytes]:
        """The blocks of a body; once the last one was taken, the answer has so many seconds."""
        yield from blocks
        self.restart(seconds)

    def trace(self, _event: str, info: Mapping[str, Any]) -> None:
        """Record a newly opened connection. Called by httpcore, with the result of each of its steps."""
        opened = getattr(info.get("return_value"), "get_extra_info", None)
        found = opened("socket") if opened else None
        if isinstance(found, socket.socket):
            with self._lock:
                self._sockets.add(found)
                if self.passed:
                    _shut(found)

    def _timed(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        return timer

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            for found in list(self._sockets):
                _shut(found)


def _shut(found: socket.socket) -> None:
    """End a connection under the thread that reads from it; TLS is passed by, as it must not say goodbye first."""
    with suppress(OSError):
        socket.socket.shutdown(found, socket.SHUT_RDWR)
