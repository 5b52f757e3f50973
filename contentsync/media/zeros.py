"""Where in a file are long runs of zeros? A copy that first reserves the whole size and then stops leaves such a run.

Found while the file is hashed, since it is read then anyway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from contentsync.media.ahead import BLOCK, Readable, blocks

RUN: Final = 1 << 12  # a run of twice as many is found wherever it lies
_ZEROS: Final = bytes(RUN)
_ALL_ZEROS: Final = bytes(BLOCK)

Span = tuple[int, int]  # first byte, and the one behind the last


@dataclass(slots=True)
class Digest:
    """The sha256 of a file, and its long runs of zeros in their order; neighbouring ones are joined."""

    sha256: str = ""
    zeros: list[Span] = field(default_factory=list)

    def zeros_within(self, start: int, end: int) -> int:
        """How many bytes of the runs lie between two places."""
        return sum(max(0, min(end, stop) - max(start, first)) for first, stop in self.zeros)

    def zeros_in(self, spans: Iterable[Span]) -> int:
        """How many bytes of the runs lie within these spans, which are in order."""
        return sum(self.zeros_within(start, end) for start, end in spans) if self.zeros else 0


def digest(file: Readable) -> Digest:
    """Hash a file from its present position, a block at a time."""
    made, sha256, at = Digest(), hashlib.sha256(), 0
    for buffer, size in blocks(file):
        sha256.update(memoryview(buffer)[:size])
        if _ZEROS in buffer:
            _note(made.zeros, bytes(buffer[:size]), at)
        at += size
    made.sha256 = sha256.hexdigest()
    return made


def _note(zeros: list[Span], block: bytes, at: int) -> None:
    if block == _ALL_ZEROS:
        _add(zeros, at, at + len(block))
        return
    start = block.find(_ZEROS)
    while start >= 0:
        stop = start + RUN
        while block[stop : stop + RUN] == _ZEROS:
            stop += RUN
        rest = block[stop : stop + RUN]
        stop += len(rest) - len(rest.lstrip(b"\0"))
        _add(zeros, at + start, at + stop)
        start = block.find(_ZEROS, stop)


def _add(zeros: list[Span], start: int, stop: int) -> None:
    """Add a run; one that follows the last one at once makes it longer."""
    if zeros and zeros[-1][1] == start:
        zeros[-1] = (zeros[-1][0], stop)
    else:
        zeros.append((start, stop))
