"""What is in a photo? Its sides as they are shown, whether it is whole, and what TikTok may show differently.

A photo is at most 20 MB where TikTok takes it; of a larger one only the beginning is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

READ: Final = 32 << 20
_TURNED: Final = frozenset({5, 6, 7, 8})  # EXIF orientations that swap the sides
_SEGMENTS_MOST: Final = 10_000
_HOLLOW: Final = 1_024


@dataclass(slots=True)
class Photo:
    """What was found in a photo."""

    width: int | None = None
    height: int | None = None
    is_whole: bool = True
    #: What does not add up, in words; empty where all does.
    damage: str = ""
    #: EXIF's orientation, from 1; it says how a viewer has to turn the picture.
    orientation: int = 1
    #: Whether its colours are those of print (CMYK).
    is_cmyk: bool = False
    #: How many pictures it has; more than one moves.
    pictures: int = 1

    def turned(self) -> Photo:
        """With the sides as a viewer shows them."""
        if self.orientation in _TURNED:
            self.width, self.height = self.height, self.width
        return self


def jpeg(data: bytes, size: int) -> Photo:
    """Whole when an end mark follows the first scan."""
    photo, at = Photo(is_whole=False), 2
    tables: list[int] = []
    for kind, start, body in _segments(data):
        if kind == 0xDA:
            at = start
            photo.is_whole = b"\xff\xd9" in data[at:] or size > len(data)
            break
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC) and len(body) > 5:
            photo.height, photo.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
            photo.is_cmyk = body[5] == 4
        elif kind == 0xC4:
            tables += _first_symbols(body)
        elif kind == 0xE1 and body.startswith(b"Exif\0\0"):
            photo.orientation = _orientation(body[6:])
    if photo.is_whole and not (photo.width and photo.height):
        photo.damage = "the size of its picture can't be read"
    elif photo.is_whole and any(symbol & 15 for symbol in tables):  # else zeros are a plain colour
        end = data.find(b"\xff\xd9", at)
        if 0 <= data.find(bytes(_HOLLOW), at) < (end if end >= 0 else len(data)):
            photo.damage = "a part of its picture is zeros"
    return photo.turned()


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The segments before the first scan, and that one: kind, place, content."""
    at = 2
    for _ in range(_SEGMENTS_MOST):
        if at + 4 > len(data) or data[at] != 0xFF:
            return
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        yield kind, at, data[at + 4 : end]
        if kind == 0xDA or kind == 0xD9:
            return
        at = end


def _first_symbols(body: bytes) -> list[int]:
    """Of each Huffman table, the symbol that zeros stand for; 0 for "nothing more in this block"."""
    found, at = [], 0
    while at + 17 <= len(body):
        count = sum(body[at + 1 : at + 17])
        if count:
            found.append(body[at + 17] if at + 17 < len(body) else 0)
        at += 17 + count
    return found


def _orientation(tiff: bytes) -> int:
    if tiff[:2] not in (b"II", b"MM"):
        return 1

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if tiff[:2] == b"II" else "big")

    first = number(4, 4)
    for index in range(min(number(first, 2), 500)):
        entry = first + 2 + 12 * index
        if number(entry, 2) == 0x0112:
            value = number(entry + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1


def webp(data: bytes, size: int) -> Photo:
    """Whole when its parts fill it."""
    photo = Photo(is_whole=int.from_bytes(data[4:8], "little") + 8 <= size)
    pictures = images = 0
    for kind, body in _chunks(data):
        if kind == b"VP8X" and len(body) >= 10:
            photo.width = int.from_bytes(body[4:7], "little") + 1
            photo.height = int.from_bytes(body[7:10], "little") + 1
        elif kind == b"ANMF":
            pictures += 1
        elif kind == b"EXIF":
            photo.orientation = _orientation(body.removeprefix(b"Exif\0\0"))
        elif kind in (b"VP8 ", b"VP8L"):
            images += 1
            _picture(photo, kind, body)
    photo.pictures = max(1, pictures)
    if photo.is_whole and not photo.damage and not (images or pictures) and size <= len(data):
        photo.damage = "it has no picture"
    return photo.turned()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, min(len(data), int.from_bytes(data[4:8], "little") + 8)
    for _ in range(_SEGMENTS_MOST):
        if at + 8 > end:
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _picture(photo: Photo, kind: bytes, body: bytes) -> None:
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        sides = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        is_right = body[:1] == b"\x2f"
    else:
        sides = int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
        is_right = body[3:6] == b"\x9d\x01\x2a"
    if not is_right or not all(sides):
        photo.damage = "its picture does not begin as one must"
    elif bytes(max(128, min(_HOLLOW, sides[0] * sides[1] // 20_000)) if kind == b"VP8 " else _HOLLOW) in body:
        photo.damage = "a part of its picture is zeros"
    if photo.width is None:
        photo.width, photo.height = sides


def png(data: bytes, size: int) -> Photo:
    """Whole when its end mark is at its end."""
    is_whole = b"IEND" in data[-12:] or size > len(data)
    return Photo(int.from_bytes(data[16:20]), int.from_bytes(data[20:24]), is_whole)


KINDS: Final = {"jpeg": jpeg, "webp": webp, "png": png}
