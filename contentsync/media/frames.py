"""Where are the frames of a film? Reads an MP4's index and fragments into places and sizes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contentsync.media.boxes import Damaged, inner, within
from contentsync.media.zeros import Span

MOST: Final = 5_000_000  # frames: more than a day of film has
_AVC: Final = frozenset({b"avc1", b"avc3", b"hvc1", b"hev1"})
# flags of a track fragment's header, and of its runs
_BASE, _DESCRIPTION, _DURATION, _SIZE = 0x01, 0x02, 0x08, 0x10
_OFFSET, _FIRST_FLAGS, _RUN_DURATION, _RUN_SIZE, _RUN_FLAGS, _RUN_SHIFT = 0x001, 0x004, 0x100, 0x200, 0x400, 0x800


class Frame(NamedTuple):
    """One frame in the file."""

    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(slots=True)
class Track:
    """One track of a film. unit_bytes: how long the lengths of its units are; 0 for a codec without units."""

    number: int
    #: What it is played with: `vide` or `soun`; empty where the index does not say.
    handler: bytes
    unit_bytes: int = 0
    sizes: tuple[int, ...] = ()
    chunks: tuple[int, ...] = ()
    #: From which chunk on (counted from 1) a chunk has so many frames.
    per_chunk: tuple[tuple[int, int], ...] = ()
    usual_size: int = 0
    fragments: list[Frame] = field(default_factory=list)

    @property
    def is_film(self) -> bool:
        return self.handler == b"vide"

    def frames(self) -> list[Frame]:
        """All frames, in the order of the index."""
        return [*self._of_index(), *self.fragments]

    def _of_index(self) -> Iterator[Frame]:
        done, total = 0, len(self.sizes)
        rules = list(self.per_chunk)
        count = 0
        for number, start in enumerate(self.chunks, 1):
            while rules and rules[0][0] <= number:
                count = rules.pop(0)[1]
            for size in self.sizes[done : done + count]:
                yield Frame(start, size)
                start += size
            done = min(total, done + count)
        if done < total:
            raise Damaged("its index has no place for some of its frames")

    def spans(self, frames: list[Frame]) -> list[Span]:
        """The frames as spans of the file, neighbours joined."""
        found: list[Span] = []
        for frame in sorted(frames):
            if found and found[-1][1] == frame.start:
                found[-1] = (found[-1][0], frame.end)
            else:
                found.append((frame.start, frame.end))
        return found

    def add_fragment(self, moof: bytes, moof_at: int) -> None:
        """The frames of one fragment."""
        for kind, traf in inner(moof):
            if kind == b"traf":
                self._add_runs(traf, moof_at)

    def _add_runs(self, traf: bytes, moof_at: int) -> None:
        head = within(traf, b"tfhd") or b""
        reader = _Fields(head)
        flags, number = reader.number(4) & 0xFFFFFF, reader.number(4)
        if number != self.number:
            return
        base = reader.number(8) if flags & _BASE else moof_at
        reader.skip(4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION))
        usual = reader.number(4) if flags & _SIZE else self.usual_size
        at = base
        for kind, trun in inner(traf):
            if kind == b"trun":
                at = self._add_run(trun, base, at, usual)

    def _add_run(self, trun: bytes, base: int, at: int, usual: int) -> int:
        reader = _Fields(trun)
        flags, count = reader.number(4) & 0xFFFFFF, reader.number(4)
        if flags & _OFFSET:
            at = base + reader.signed(4)
        reader.skip(4 * bool(flags & _FIRST_FLAGS))
        each = [bool(flags & flag) for flag in (_RUN_DURATION, _RUN_SIZE, _RUN_FLAGS, _RUN_SHIFT)]
        width, before = 4 * sum(each), 4 * each[0]
        if count > MOST or width * count > reader.left:
            raise Damaged("a fragment of its index is cut short")
        for _ in range(count):
            reader.skip(before)
            size = reader.number(4) if each[1] else usual
            reader.skip(width - before - 4 * each[1])
            self.fragments.append(Frame(at, size))
            at += size
        return at


class _Fields:
    """Big-endian numbers, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def skip(self, size: int) -> None:
        self._at += size

    def number(self, size: int) -> int:
        if self.left < size:
            raise Damaged("a table of its index is cut short")
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at])

    def signed(self, size: int) -> int:
        value = self.number(size)
        return value - (1 << 8 * size) if value >> (8 * size - 1) else value


def tracks_of(moov: bytes) -> list[Track]:
    """The tracks of an index."""
    usual = {}
    for kind, trex in inner(within(moov, b"mvex") or b""):
        if kind == b"trex" and len(trex) >= 20:
            usual[int.from_bytes(trex[4:8])] = int.from_bytes(trex[16:20])
    tracks = [_track(content) for kind, content in inner(moov) if kind == b"trak"]
    for track in tracks:
        track.usual_size = usual.get(track.number, 0)
    return tracks


def _track(trak: bytes) -> Track:
    head, handler = within(trak, b"tkhd") or b"", within(trak, b"mdia", b"hdlr") or b""
    at = 20 if head[:1] == b"\x01" else 12
    made = Track(int.from_bytes(head[at : at + 4]), handler[8:12])
    table = within(trak, b"mdia", b"minf", b"stbl")
    if made.is_film and table is not None:
        _read_tables(made, dict(inner(table)))
    return made


def _read_tables(track: Track, table: dict[bytes, bytes]) -> None:
    track.unit_bytes = _unit_bytes(table.get(b"stsd", b""))
    track.sizes = _sizes(table)
    if b"co64" in table:
        track.chunks = _entries(table[b"co64"], 4, "Q")
    else:
        track.chunks = _entries(table.get(b"stco", bytes(8)), 4, "I")
    triples = _entries(table.get(b"stsc", bytes(8)), 4, "III")
    track.per_chunk = tuple(zip(triples[::3], triples[1::3], strict=True))


def _sizes(table: dict[bytes, bytes]) -> tuple[int, ...]:
    if b"stz2" in table:
        return _small_sizes(table[b"stz2"])
    stsz = table.get(b"stsz", bytes(12))
    usual, count = int.from_bytes(stsz[4:8]), int.from_bytes(stsz[8:12])
    if usual:
        return (usual,) * _checked(count)
    return _entries(stsz, 8, "I")


def _small_sizes(stz2: bytes) -> tuple[int, ...]:
    bits, count = stz2[7] if len(stz2) > 7 else 0, _checked(int.from_bytes(stz2[8:12]))
    body = stz2[12:]
    if bits == 4:
        sizes = [half for byte in body for half in (byte >> 4, byte & 15)]
    elif bits in (8, 16):
        sizes = [int.from_bytes(body[n : n + bits // 8]) for n in range(0, len(body), bits // 8)]
    else:
        sizes = []
    if len(sizes) < count:
        raise Damaged("a table of its index is cut short")
    return tuple(sizes[:count])


def _entries(data: bytes, at: int, form: str) -> tuple[int, ...]:
    """The numbers of a table: their count is at `at`, and they follow it."""
    count = _checked(int.from_bytes(data[at : at + 4]))
    width = struct.calcsize(f">{form}")
    if len(data) < at + 4 + count * width:
        raise Damaged("a table of its index is cut short")
    return struct.unpack_from(f">{form * count}" if len(form) > 1 else f">{count}{form}", data, at + 4)


def _checked(count: int) -> int:
    if count > MOST:
        raise Damaged("its index has more frames than a film can have")
    return count


def _unit_bytes(stsd: bytes) -> int:
    """From the description of an H.264 or H.265 track: the bytes of a unit's length."""
    for kind, entry in inner(stsd[8:]):
        if kind not in _AVC:
            continue
        for name, config in inner(entry[78:]):
            if name == b"avcC" and len(config) > 4:
                return (config[4] & 3) + 1
            if name == b"hvcC" and len(config) > 21:
                return (config[21] & 3) + 1
    return 0
