"""How do the bytes of a file get to TikTok? Chunk by chunk, hashed while they are read.

Which chunk comes next is decided by what TikTok acknowledged; what follows from a failure is `steps`' matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from contentsync.tiktok.chunks import Chunk

BLOCK: Final = 1 << 20

Progress = Callable[[int], None]


class MediaChanged(Exception):
    """The file is no longer the one that was approved."""


@dataclass
class MediaReader:
    """Reads one file once, in order, and knows the digest of all that it has read.

    Used for one upload in one process; another process starts again by hashing what was sent before.
    """

    path: Path
    size: int
    sha256: str

    def __post_init__(self) -> None:
        self._before = {0: hashlib.sha256()}  # by offset: the digest of what was read, and sent, before it
        self._file: IO[bytes] | None = None

    def open(self) -> None:
        """Take hold of the file, before anything of it is sent. Raises MediaChanged where it has another size."""
        self._read(0, 1)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def check_before_last(self, chunk: Chunk) -> None:
        """Prove that the whole file is the approved one, before its last chunk is sent. Raises MediaChanged."""
        digest = self._digest_before(chunk.first)
        for block in self._blocks(chunk.first, chunk.last):
            digest.update(block)
        self._compare(digest)

    def chunk(self, chunk: Chunk, progress: Progress) -> Iterator[bytes]:
        """The chunk's bytes in blocks; its last block is given out only when all that went before is approved.

        progress is called with the number of bytes given out. Raises MediaChanged, with the chunk incomplete.
        """
        digest = self._digest_before(chunk.first)
        given = 0
        for block in self._blocks(chunk.first, chunk.last):
            digest.update(block)
            given += len(block)
            if chunk.first + given == self.size:
                self._compare(digest)
            yield block
            progress(len(block))
        self._before[chunk.last + 1] = digest

    def _compare(self, digest: Any) -> None:
        if digest.hexdigest() != self.sha256:
            raise MediaChanged(f"{self.path} is not the file that was planned: its bytes have another digest")

    def _digest_before(self, offset: int) -> Any:
        """The digest up to `offset`; what was not sent from here is taken in now: another process sent it."""
        start = max(known for known in self._before if known <= offset)
        digest = self._before[start].copy()
        for block in self._blocks(start, offset - 1):
            digest.update(block)
        self._before[offset] = digest.copy()
        return digest

    def _blocks(self, first: int, last: int) -> Iterator[bytes]:
        left = last - first + 1
        while left > 0:
            block = self._read(last + 1 - left, min(BLOCK, left))
            left -= len(block)
            yield block

    def _read(self, offset: int, size: int) -> bytes:
        try:
            file = self._opened()
            file.seek(offset)
            block = file.read(size)
        except OSError as err:
            raise MediaChanged(f"{self.path} can't be read any more: {err.strerror or err}") from err
        if not block:
            raise MediaChanged(f"{self.path} is shorter than the file that was planned")
        return block

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = self.path.open("rb")
            if self._file.seek(0, 2) != self.size:
                raise MediaChanged(f"{self.path} has another size than the file that was planned")
        return self._file
