"""How long is an uploaded video? Read from its MP4 or QuickTime header while it passes, without keeping the bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

MARK = b"mvhd"
KEPT = 40  # a whole mvhd box up to its duration, version 1, may straddle two pieces
BOX_SIZES = (108, 120)  # of version 0 and 1: chance bytes that spell the mark won't have one in front


@dataclass(slots=True)
class DurationSniffer:
    """Looks for the movie header box in bytes that come piece by piece."""

    seconds: float | None = None
    _tail: bytes = b""

    def copy(self) -> DurationSniffer:
        """An independent one that has seen the same bytes."""
        return replace(self)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self.seconds is not None:
            return
        # What came before matters only at the seam, so a large piece is not copied for it.
        self.seconds = _find(self._tail + data[: 2 * KEPT])
        if self.seconds is None:
            self.seconds = _find(data)
        self._tail = (self._tail + data[-KEPT:])[-KEPT:]


def _find(data: bytes) -> float | None:
    at = data.find(MARK)
    while at >= 0:
        seconds = _read(data, at)
        if seconds is not None:
            return seconds
        at = data.find(MARK, at + 1)
    return None


def _read(data: bytes, at: int) -> float | None:
    """The duration in the box whose type stands at `at`; None if it is no such box, or not all there."""
    version = data[at + 4 : at + 5]
    if at < 4 or int.from_bytes(data[at - 4 : at], "big") not in BOX_SIZES or version not in (b"\0", b"\1"):
        return None
    wide = version == b"\1"
    scale_at = at + (24 if wide else 16)
    end = scale_at + 4 + (8 if wide else 4)
    if len(data) < end:
        return None
    scale = int.from_bytes(data[scale_at : scale_at + 4], "big")
    return int.from_bytes(data[scale_at + 4 : end], "big") / scale if scale else None
