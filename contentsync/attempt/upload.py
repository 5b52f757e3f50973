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
        self._hash = hashlib.sha256()
        self._hashed = 0
        self._file: IO[bytes] | None = None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def check_before_last(self, chunk: Chunk) -> None:
        """Prove that the whole file is the approved one, before its last chunk is sent. Raises MediaChanged."""
        self._hash_up_to(chunk.first)
        digest = self._hash.copy()
        for block in self._blocks(chunk.first, chunk.last):
            digest.update(block)
        self._compare(digest)

    def chunk(self, chunk: Chunk, progress: Progress) -> Iterator[bytes]:
        """The chunk's bytes in blocks; its last block is given out only when all that went before is approved.

        progress is called with the number of bytes given out. Raises MediaChanged, with the chunk incomplete.
        """
        self._hash_up_to(chunk.first)
        digest = self._hash.copy()
        given = 0
        for block in self._blocks(chunk.first, chunk.last):
            digest.update(block)
            given += len(block)
            if chunk.first + given == self.size:
                self._compare(digest)
            yield block
            progress(len(block))
        self._hash, self._hashed = digest, chunk.last + 1

    def _compare(self, digest: Any) -> None:
        if digest.hexdigest() != self.sha256:
            raise MediaChanged(f"{self.path} is not the file that was planned: its bytes have another digest")

    def _hash_up_to(self, offset: int) -> None:
        """Take in what lies before `offset` and was not hashed here: another process sent it."""
        if self._hashed > offset:
            self._hash, self._hashed = hashlib.sha256(), 0
        for block in self._blocks(self._hashed, offset - 1):
            self._hash.update(block)
        self._hashed = offset

    def _blocks(self, first: int, last: int) -> Iterator[bytes]:
        file = self._opened()
        file.seek(first)
        left = last - first + 1
        while left > 0:
            block = file.read(min(BLOCK, left))
            if not block:
                raise MediaChanged(f"{self.path} is shorter than the file that was planned")
            left -= len(block)
            yield block

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            try:
                self._file = self.path.open("rb")
            except OSError as err:
                raise MediaChanged(f"{self.path} can't be read any more: {err.strerror or err}") from err
            if self._file.seek(0, 2) != self.size:
                raise MediaChanged(f"{self.path} has another size than the file that was planned")
        return self._file
