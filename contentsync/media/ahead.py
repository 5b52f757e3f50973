"""How is a file read while its last block is still worked on? By a thread that reads ahead.

Reading and hashing both let other threads run. So a long file takes as long as the slower of the two, and not both.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Final, Protocol

BLOCK: Final = 1 << 20
_BUFFERS: Final = 3  # one is read, one is worked on, one lies ready


class Readable(Protocol):
    """A file, opened without a buffer."""

    def readinto(self, buffer: bytearray, /) -> int | None: ...


def blocks(file: Readable) -> Iterator[tuple[bytearray, int]]:
    """The blocks of a file from its present position: a buffer, and how many of its first bytes count.

    A buffer may be used until the next block is asked for. Raises OSError.
    """
    first = bytearray(BLOCK)
    size = file.readinto(first) or 0
    if size:
        yield first, size
    if size == BLOCK:  # a shorter one is all of nearly every file that is no film
        yield from _Ahead(file).blocks()


class _Ahead:
    """A file that a thread reads in advance."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._free: SimpleQueue[bytearray | None] = SimpleQueue()
        self._full: SimpleQueue[tuple[bytearray, int] | OSError] = SimpleQueue()

    def blocks(self) -> Iterator[tuple[bytearray, int]]:
        reader = threading.Thread(target=self._read, name="reads ahead", daemon=True)
        reader.start()
        for _ in range(_BUFFERS):
            self._free.put(bytearray(BLOCK))
        try:
            while True:
                found = self._full.get()
                if isinstance(found, OSError):
                    raise found
                buffer, size = found
                if not size:
                    return
                yield buffer, size
                self._free.put(buffer)
        finally:
            self._free.put(None)
            reader.join()

    def _read(self) -> None:
        while (buffer := self._free.get()) is not None:
            try:
                size = self._file.readinto(buffer) or 0
            except OSError as err:
                self._full.put(err)
                return
            self._full.put((buffer, size))
            if not size:
                return
