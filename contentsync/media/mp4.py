"""Is an MP4 or MOV whole? Its boxes end where the file does, and its index leads to frames that are really there.

The index (moov, or one moof a fragment) says where each frame is and how long it is. In H.264 and H.265 a frame is
made of units that each begin with their length, so that a frame which was cut, moved or zeroed does not add up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contentsync.media.boxes import Box, Damaged, boxes, payload
from contentsync.media.frames import Frame, Track, tracks_of
from contentsync.media.zeros import Span

CHECKED: Final = 400  # frames of a film that are looked at, the first and the last among them
INDEX_BYTES: Final = 64 << 20
_KINDS: Final = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"emsg", b"prft", b"meta", b"pdin"}
    | {b"free", b"skip", b"wide", b"pnot", b"udta", b"uuid"}
)


@dataclass(slots=True)
class Film:
    """What the structure of a film shows."""

    #: Why it is not whole: it ends too early.
    is_cut: bool = False
    #: What does not add up, in words; empty where all does.
    damage: str = ""
    #: Where its frames lie, in the order of the file.
    spans: list[Span] = field(default_factory=list)
    is_fragmented: bool = False


def examine(handle: int, size: int) -> Film:
    """The structure of the file."""
    film = Film()
    try:
        tops = list(_tops(handle, size, film))
        if film.is_cut:
            return film
        moov = next((box for box in tops if box.kind == b"moov"), None)
        if moov is None:
            film.is_cut = True
            return film
        film.is_fragmented = any(box.kind == b"moof" for box in tops)
        _look_at_frames(handle, size, film, _index(handle, moov), tops)
    except Damaged as err:
        film.damage = str(err)
    return film


def _tops(handle: int, size: int, film: Film) -> Iterator[Box]:
    """The boxes of the file itself. What follows the last one, and is none, is no part of the film."""
    seen: set[bytes] = set()
    for box in boxes(handle, 0, size):
        is_known = box.kind in _KINDS
        if box.end > size:
            film.is_cut = is_known or b"moov" not in seen or b"mdat" not in seen
            return
        seen.add(box.kind)
        yield box


def _index(handle: int, box: Box) -> bytes:
    if box.end - box.start > INDEX_BYTES:
        raise Damaged("its index is larger than an index can be")
    return payload(handle, box)


def _look_at_frames(handle: int, size: int, film: Film, moov: bytes, tops: list[Box]) -> None:
    tracks = tracks_of(moov)
    track = next((track for track in tracks if track.is_film), None)
    if track is None:
        if not any(track.handler == b"soun" for track in tracks):
            raise Damaged("its index names neither picture nor sound")
        return  # sound alone: the probe says so
    if film.is_fragmented:
        for box in tops:
            if box.kind == b"moof":
                track.add_fragment(_index(handle, box), box.start)
    frames = track.frames()
    if not frames:
        raise Damaged("its index has no frames")
    film.spans = track.spans(frames)
    if max(frame.end for frame in frames) > size:
        film.is_cut = True
        return
    step = max(1, len(frames) // CHECKED)
    chosen = [*frames[::step], frames[-1]]
    bad = sum(not _adds_up(handle, frame, track) for frame in chosen)
    if bad:
        share = max(1, round(100 * bad / len(chosen)))
        raise Damaged(f"about {share} % of its frames are not where its index says, or are empty")


def _adds_up(handle: int, frame: Frame, track: Track) -> bool:
    """Whether a frame holds what a frame holds."""
    if not frame.size:
        return True  # a frame that repeats the one before it
    if not track.unit_bytes:
        return any(os.pread(handle, min(frame.size, 64), frame.start))
    at, end, width = frame.start, frame.end, track.unit_bytes
    while at < end:
        head = os.pread(handle, width + 1, at)
        length = int.from_bytes(head[:width])
        at += width + length
        if len(head) <= width or not length or at > end or head[width] & 0x80:
            return False
    return os.pread(handle, 1, end - 1) != b"\0"
