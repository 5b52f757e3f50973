"""How do the bytes of a file get to TikTok? In chunks, each proven before it is complete.

The danger: TikTok joins chunks that several processes sent at different times, and the file may be altered and
restored in between.

The rule: before the first byte of a chunk is sent, the digest of the file up to the chunk's end is announced, and the
caller puts it on disk. The chunk's last block is sent only if the bytes before it have that digest. One end of a
chunk has one digest for the whole life of the attempt.

Why that is enough: all bytes that TikTok can have are covered by a digest on disk. The next process compares that
digest with the file in one read.

TikTok's acknowledgements decide which chunk comes next; `steps` decides what follows from a failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from contentsync.errors import Problem
from contentsync.post_state import Attempt
from contentsync.tiktok import chunks, wire
from contentsync.tiktok.chunks import Chunk

BLOCK: Final = 1 << 20

Progress = Callable[[int], None]


class MediaChanged(Exception):
    """The file is not readable as the approved one; no wrong byte was sent, so the upload may continue later."""


class OtherBytes(MediaChanged):
    """Bytes differ from those of the plan, or from those that were sent: this attempt must never be completed."""


@dataclass
class MediaReader:
    """Reads one file for one upload in one process, and knows the digest of each beginning that it announced."""

    #: The file.
    path: Path
    #: Its path from the project's root, for messages.
    name: str
    #: The length of the approved file, in bytes.
    size: int
    #: The digest of the approved file, in hex.
    sha256: str

    def __post_init__(self) -> None:
        self._until = {0: hashlib.sha256()}  # by offset: the digest of all bytes before it, as they were sent
        self._file: IO[bytes] | None = None

    def open(self) -> None:
        """Open the file before anything of it is sent. Raises MediaChanged where its size differs."""
        self._read(0, 1)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def take_in(self, count: int, sha256: str, chunk_size: int) -> None:
        """Compare the first `count` bytes with the digest of what earlier processes sent.

        One read serves both the comparison and the digests that later chunks build on.
        Raises OtherBytes where the file does not begin with what was sent.
        """
        digest, at = hashlib.sha256(), 0
        while at < count:
            end = min(at + chunk_size, count)
            self._hash(digest, at, end)
            self._until[end] = digest.copy()
            at = end
        if count and digest.hexdigest() != sha256:
            raise OtherBytes(f"{self.name} does not begin with the {count} bytes that were sent")

    def knows(self, offset: int) -> bool:
        """Whether the digest of all bytes before `offset` is known."""
        return offset in self._until

    def announce(self, chunk: Chunk) -> str:
        """The digest of the file up to the end of `chunk`, for the caller to put on disk before the chunk is sent.

        Raises OtherBytes where it differs from an earlier announcement, or at the end from the plan.
        """
        end = chunk.last + 1
        digest = self._until[chunk.first].copy()
        self._hash(digest, chunk.first, end)
        found = digest.hexdigest()
        if end == self.size and found != self.sha256:
            raise OtherBytes(f"{self.name} is not the planned file: its digest differs")
        if end in self._until and found != self._until[end].hexdigest():
            raise OtherBytes(f"{self.name} was changed during the upload")
        self._until[end] = digest
        return found

    def chunk(self, chunk: Chunk, progress: Progress) -> Iterator[bytes]:
        """The bytes of an announced chunk, in blocks; the last block only if all bytes are the announced ones.

        progress is called with the number of bytes given out. Raises OtherBytes, with the chunk incomplete.
        """
        digest, announced = self._until[chunk.first].copy(), self._until[chunk.last + 1].hexdigest()
        given = 0
        for block in self._blocks(chunk.first, chunk.last + 1):
            digest.update(block)
            given += len(block)
            if given == chunk.size and digest.hexdigest() != announced:
                raise OtherBytes(f"{self.name} was changed during the upload")
            yield block
            progress(len(block))

    def is_planned(self) -> bool:
        """Whether the file is the approved one now. Reads all of it."""
        digest = hashlib.sha256()
        try:
            self._hash(digest, 0, self.size)
        except MediaChanged:
            return False
        return digest.hexdigest() == self.sha256

    def _hash(self, digest: Any, first: int, end: int) -> None:
        for block in self._blocks(first, end):
            digest.update(block)

    def _blocks(self, first: int, end: int) -> Iterator[bytes]:
        at = first
        while at < end:
            block = self._read(at, min(BLOCK, end - at))
            at += len(block)
            yield block

    def _read(self, offset: int, size: int) -> bytes:
        try:
            file = self._opened()
            file.seek(offset)
            block = file.read(size)
        except OSError as err:
            raise MediaChanged(f"{self.name} can no longer be read: {err.strerror or err}") from err
        if not block:
            raise MediaChanged(f"{self.name} is shorter than the planned file")
        return block

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = self.path.open("rb", buffering=0)  # a buffer would hide what the file has become
            if self._file.seek(0, 2) != self.size:
                raise MediaChanged(f"{self.name} does not have the size of the planned file")
        return self._file


def incomplete(attempt: Attempt, has: int) -> Problem:
    what = f"TikTok has {has} of {attempt.size} bytes, and the upload's hour is over"
    return Problem("upload-expired", what, "run apply again")


def offset_of(attempt: Attempt, status: wire.Status) -> int | None:
    """Where the upload continues by TikTok's count; `size` if all bytes are there; None if it does not say.

    None too for a post that TikTok fetches: a count of uploaded bytes, which is 0 at most, says nothing about it.
    """
    if status.uploaded_bytes is None or attempt.pulls:
        return None
    plan = chunks.ChunkPlan(attempt.chunk_size or attempt.size, attempt.chunk_count or 1)
    return chunks.snap(plan, attempt.size, status.uploaded_bytes)
