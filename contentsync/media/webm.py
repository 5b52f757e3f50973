"""Is a WebM whole, how long is it, and where are its blocks?

A browser writes a WebM as it goes: without the length of the file, of its clusters, or of the film. Such a file is
whole when it ends where a block does; its length is the time of its last block.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contentsync.media.boxes import Damaged
from contentsync.media.zeros import Span

MOST: Final = 5_000_000  # elements
_SEGMENT, _CLUSTER, _INFO, _TRACKS = 0x18538067, 0x1F43B675, 0x1549A966, 0x1654AE6B
_TIMECODE, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
_SCALE, _ENTRY, _NUMBER, _KIND = 0x2AD7B1, 0xAE, 0xD7, 0x83
_OPENED: Final = frozenset({_SEGMENT, _CLUSTER, _BLOCK_GROUP, _INFO, _TRACKS, _ENTRY})
_READ: Final = frozenset({_TIMECODE, _SCALE, _NUMBER, _KIND})
_FREE: Final = frozenset({_INFO, _TRACKS})  # what they hold is not judged
# All else that a segment, a cluster or a group of blocks may hold, and the head of the file.
_OTHERS: Final = frozenset(
    {0x1A45DFA3, 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1043A770, 0x1941A469, 0xEC, 0xBF, 0xA7, 0xAB, 0x5854, 0xAF}
    | {0x9B, 0xFB, 0xFD, 0x75A1, 0x75A2, 0xFA, 0xA4, 0x8E}
)
_KNOWN: Final = _OPENED | _OTHERS | {_TIMECODE, _SIMPLE_BLOCK, _BLOCK}
_VIDEO: Final = 1


class Element(NamedTuple):
    """One element: from `start` to `end`, its content from `body`. end: None where its length is not written."""

    kind: int
    start: int
    body: int
    end: int | None


@dataclass(slots=True)
class Film:
    """What the structure of a WebM shows."""

    #: It ends within an element.
    is_cut: bool = False
    #: What does not add up, in words; empty where all does.
    damage: str = ""
    #: Where the frames of its picture lie.
    spans: list[Span] = field(default_factory=list)
    #: Seconds, by its blocks; None where it has none.
    duration: float | None = None
    #: Frames of its picture.
    frames: int = 0


@dataclass(slots=True)
class _State:
    scale: int = 1_000_000
    time: int = 0
    last: int = 0
    video: int = 0
    number: int = 0
    count: int = 0
    #: Up to where what is found is not judged, and where the segment ends.
    free_until: int = 0
    segment_end: int | None = None


def examine(handle: int, size: int) -> Film:
    """The structure of the file."""
    film, state = Film(), _State()
    try:
        _walk(handle, 0, size, film, state)
        if not film.is_cut and not film.frames:
            raise Damaged("it has no frames")
    except Damaged as err:
        film.damage = str(err)
    if film.frames:
        frame = state.last / max(1, film.frames - 1)
        film.duration = (state.last + frame) * state.scale / 1e9
    return film


def _walk(handle: int, start: int, size: int, film: Film, state: _State) -> None:
    for element in _elements(handle, start, size, state):
        state.count += 1
        if state.count > MOST:
            raise Damaged("it has more parts than a film can have")
        end = element.end
        if element.start >= state.free_until and element.kind and element.kind not in _KNOWN:
            raise Damaged("a part of it is of no kind that a film has")
        if end is not None and end > size:
            film.is_cut = True
            if element.kind not in _OPENED:
                return
        _take(handle, element, film, state)


def _elements(handle: int, at: int, size: int, state: _State) -> Iterator[Element]:
    """All elements from `at` on, depth first; those that hold others, and are of interest, are entered.

    What follows the segment is no part of the film.
    """
    while at < size and (state.segment_end is None or at < state.segment_end):
        head = os.pread(handle, 12, at)
        kind, width = _number(head, keeps_mark=True)
        length, size_width = _number(head[width:])
        if not width or not size_width or width + size_width > len(head):
            if len(head) < 12:
                yield Element(0, at, at, size + 1)  # the file ends within the head of an element
                return
            raise Damaged("a part of it does not begin as one must")
        body = at + width + size_width
        is_open = length == (1 << 7 * size_width) - 1
        if is_open and kind not in (_SEGMENT, _CLUSTER):
            raise Damaged("a part of it has no length")
        yield Element(kind, at, body, None if is_open else body + length)
        at = body if kind in _OPENED or is_open else body + length


def _number(data: bytes, keeps_mark: bool = False) -> tuple[int, int]:
    """A number of variable width, and its width; 0 for one that is none."""
    first = data[0] if data else 0
    width = 9 - first.bit_length()
    if not first or width > len(data) or (keeps_mark and width > 4):
        return 0, 0
    value = int.from_bytes(data[:width])
    return (value if keeps_mark else value & ((1 << 7 * width) - 1)), width


def _take(handle: int, element: Element, film: Film, state: _State) -> None:
    kind, body = element.kind, element.body
    end = element.end or body
    if kind == _SEGMENT:
        state.segment_end = element.end
    elif kind in _FREE:
        state.free_until = end
    elif kind in _READ:
        value = int.from_bytes(os.pread(handle, min(8, end - body), body))
        _note(kind, value, state)
    elif kind in (_SIMPLE_BLOCK, _BLOCK):
        head = os.pread(handle, 16, body)
        track, width = _number(head)
        if not width or end - body < width + 3:
            raise Damaged("a block of it has no head")
        if state.video and track != state.video:
            return
        shift = int.from_bytes(head[width : width + 2], signed=True)
        state.last = max(state.last, state.time + shift)
        film.frames += 1
        film.spans.append((body, end))
        if end - body > width + 3 and not any(head[width + 3 : end - body]):
            raise Damaged("some of its frames are empty")


def _note(kind: int, value: int, state: _State) -> None:
    if kind == _TIMECODE:
        state.time = value
    elif kind == _SCALE:
        state.scale = max(1, value)
    elif kind == _NUMBER:
        state.number = value
    elif kind == _KIND and value == _VIDEO and not state.video:
        state.video = state.number
