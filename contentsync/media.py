"""What is in this file? Size, digest, container, codec, duration, picture size; and whether it is whole.

Whether TikTok takes it is for the manifest's rules to say. Nothing here raises: what can't be read is a problem of
the look, told without a place.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from contentsync.clock import Clock, SystemClock
from contentsync.errors import Level, Problem
from contentsync.post import MediaFacts

LOOK_VERSION: Final = 1  # raised when a look of today would differ from one that was kept
_READS: Final = 3
_HEAD: Final = 4_096
_RACY: Final = timedelta(seconds=2)  # coarser than the clock of any file system in use
_LFS: Final = b"version https://git-lfs.github.com/spec/"
_MP4_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_BRANDS: Final = {b"qt  ": "mov", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "avif", b"avis": "avif"}
_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"%PDF", "pdf"),
)
_CODECS: Final = {"AVC": "h264", "HEVC": "h265", "VP8": "vp8", "VP9": "vp9", "AV1": "av1", "MPEG-4 Visual": "mpeg4"}
_FILMS: Final = frozenset({"mp4", "mov", "webm", "mkv", "avi", "flv", "ogg", "mpeg", "3gp"})


class StatKey(NamedTuple):
    """What tells a file that was not touched since from one that may have been."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> StatKey:
        """The key of a stat."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class MediaLook:
    """What was seen in one file.

    sha256: hex of the whole file; empty where it could not be read. facts: None where no probe was possible.
    problems: without a place; those that are errors forbid posting it.
    """

    size: int = 0
    sha256: str = ""
    facts: MediaFacts | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_checked(self) -> bool:
        """Whether all was seen that can be; only then is a look worth keeping."""
        return bool(self.sha256) and all(problem.code != "media-not-checked" for problem in self.problems)


class MediaReader(Protocol):
    """Looks into a file. A seam: tests and caches stand in for the disk."""

    def read(self, path: Path) -> MediaLook:
        """What is in the file; never raises for what may be wrong with it."""
        ...


class MediaCache(Protocol):
    """Where looks are kept, by the file's path and stat; a miss only means: look again."""

    def get(self, path: Path, key: StatKey) -> MediaLook | None:
        """The look that was kept for exactly this key."""
        ...

    def put(self, path: Path, key: StatKey, look: MediaLook) -> None:
        """Keep a look."""
        ...


class CachedReader:
    """A reader that asks a cache first.

    A file that was written less than two seconds ago is never kept: it may change again within one tick of the file
    system's clock, and its stat would not tell.
    """

    def __init__(self, reader: MediaReader, cache: MediaCache, clock: Clock | None = None) -> None:
        self._reader = reader
        self._cache = cache
        self._clock = clock or SystemClock()

    def read(self, path: Path) -> MediaLook:
        """The kept look at an untouched file, else a fresh one."""
        before = _stat_key(path)
        kept = self._cache.get(path, before) if before else None
        if kept:
            return kept
        look = self._reader.read(path)
        if before and look.is_checked and before == _stat_key(path) and not self._is_racy(before):
            self._cache.put(path, before, look)
        return look

    def _is_racy(self, key: StatKey) -> bool:
        touched = datetime.fromtimestamp(max(key.mtime_ns, key.ctime_ns) // 1_000_000_000, UTC)
        return touched + _RACY >= self._clock.now()


def _stat_key(path: Path) -> StatKey | None:
    try:
        return StatKey.of(path.stat())
    except (OSError, ValueError):
        return None


def look_as_json(look: MediaLook) -> str:
    """A look as text, for a cache that keeps text."""
    return json.dumps({"version": LOOK_VERSION} | asdict(look), separators=(",", ":"))


def look_of_json(text: str) -> MediaLook | None:
    """A look back from text; None where it is none, or one of another version."""
    try:
        data = json.loads(text)
        if data.pop("version") != LOOK_VERSION:
            return None
        facts = data["facts"] and MediaFacts(**data["facts"])
        problems = tuple(Problem(**{**item, "level": Level(item["level"])}) for item in data["problems"])
        return MediaLook(data["size"], data["sha256"], facts, problems)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


Tracks = Callable[[Path], list[dict[str, Any]] | None]


class DiskReader:
    """Reads the file itself: once for the digest, and a little more for what is in it.

    tracks: what a probe says of each track of a video; None where there is no probe on this machine.
    """

    def __init__(self, tracks: Tracks | None = None) -> None:
        self._tracks = tracks or tracks_of

    def read(self, path: Path) -> MediaLook:
        """What is in the file. A file that changes meanwhile is read again, three times at most."""
        try:
            for _ in range(_READS):
                found = path.stat()  # first of all: opening a FIFO would wait for ever
                if not stat.S_ISREG(found.st_mode):
                    return _flawed(_not_a_file(path, found.st_mode))
                look = _read_once(path, found, self._tracks)
                if look and StatKey.of(path.stat()) == StatKey.of(found):
                    return look
        except (OSError, ValueError) as err:
            return _flawed(_unreadable(path, err))
        what = f"{path.name} changes while it is read"
        return _flawed(Problem("media-changing", what, "wait until it is written, and run again"))


def _flawed(problem: Problem, size: int = 0) -> MediaLook:
    return MediaLook(size, problems=(problem,))


def _not_a_file(path: Path, mode: int) -> Problem:
    kind = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
    return Problem("media-not-a-file", f"{path.name} is {kind}", "name a file")


def _unreadable(path: Path, err: Exception) -> Problem:
    if isinstance(err, FileNotFoundError | NotADirectoryError):
        return Problem("media-not-found", f"{path.name} is not there", "fix the path, or add the file")
    if isinstance(err, UnicodeError):
        what = f"{path.name} can't be read: this locale has no such file name"
        return Problem("media-unreadable", what, "set PYTHONUTF8=1 in the environment, or rename the file")
    why = getattr(err, "strerror", None) or "its name can't be used"
    return Problem("media-unreadable", f"{path.name} can't be read: {why}", "make the file readable for this user")


def _read_once(path: Path, expected: os.stat_result, tracks: Tracks) -> MediaLook | None:
    """One look at the file; None where another file was opened than the one expected."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not os.path.samestat(os.fstat(file.fileno()), expected):
            return None
        head = file.read(_HEAD)
        problem = _no_media(path, head)
        if problem:
            return _flawed(problem, expected.st_size)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        facts, problems = _examine(path, file, expected.st_size, tracks)
    return MediaLook(expected.st_size, digest, facts, tuple(problems))


def _no_media(path: Path, head: bytes) -> Problem | None:
    if not head:
        return Problem("media-empty", f"{path.name} is empty", "add the file's content")
    if head.startswith(_LFS):
        return Problem("media-lfs-pointer", f"{path.name} is a Git LFS pointer, not the file", "run: git lfs pull")
    return None


def container_of(head: bytes) -> str | None:
    """The container by the first bytes of the file; None for one that is not known."""
    if head[4:8] in _MP4_BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
        return "3gp" if brand[:2] == b"3g" else _BRANDS.get(brand, "mp4")
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"AVI ": "avi"}.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm" if b"webm" in head[:64] else "mkv"
    return next((name for start, name in _STARTS if head.startswith(start)), None)


def _examine(path: Path, file: IO[bytes], size: int, tracks: Tracks) -> tuple[MediaFacts | None, Iterable[Problem]]:
    file.seek(0)
    container = container_of(file.read(_HEAD))
    if container in _FILMS:
        cut = container in ("mp4", "mov") and _mp4_is_cut(file, size)
        return _film(path, container, cut, tracks(path))
    if container is None:
        problem = Problem("media-unknown", f"{path.name} is no video or photo that is known", "name another file")
        return None, [problem]
    file.seek(0)
    width, height, whole = _SIZES.get(container, _no_size)(file, size)
    return MediaFacts(container, width=width, height=height), [] if whole else [_cut_short(path)]


def _cut_short(path: Path) -> Problem:
    return Problem("media-truncated", f"{path.name} is cut short", "copy or export it again")


def _mp4_is_cut(file: IO[bytes], size: int) -> bool:
    """Whether the index (moov) is missing, or a box goes on past the end of the file."""
    at = 0
    seen: set[bytes] = set()
    while at + 8 <= size:
        file.seek(at)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4]), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16])
        end = size if length == 0 else at + length
        if length and length < 8:
            break
        if end > size and (kind in _MP4_BOXES or not seen):
            return True
        seen.add(kind)
        at = end
    return b"moov" not in seen


def _film(
    path: Path, container: str, cut: bool, tracks: list[dict[str, Any]] | None
) -> tuple[MediaFacts | None, Iterable[Problem]]:
    if tracks is None:
        what = f"{path.name} is not checked: libmediainfo is missing"
        note = Problem("media-not-checked", what, "install pymediainfo's wheel or libmediainfo", level=Level.NOTE)
        return None, [_cut_short(path)] if cut else [note]
    video = next((track for track in tracks if track.get("track_type") == "Video"), None)
    if cut or any(track.get("istruncated") == "Yes" for track in tracks):
        return MediaFacts(container), [_cut_short(path)]
    if video is None:
        return MediaFacts(container), [Problem("no-video-track", f"{path.name} has no picture", "name a video")]
    return _facts(container, video), _varying(path, video)


def tracks_of(path: Path) -> list[dict[str, Any]] | None:
    """What libmediainfo says of each track; None where it is not there."""
    from xml.etree.ElementTree import ParseError

    from pymediainfo import MediaInfo

    if not MediaInfo.can_parse():
        return None
    try:
        with path.open("rb") as file:  # by handle: a name that the locale can't spell would not be found
            return [track.to_data() for track in MediaInfo.parse(file).tracks]
    except (RuntimeError, ParseError, UnicodeError):
        return []


def _facts(container: str, video: dict[str, Any]) -> MediaFacts:
    width, height = _whole(video.get("width")), _whole(video.get("height"))
    if (_decimal(video.get("rotation")) or 0) % 180 == 90:
        width, height = height, width
    length = _decimal(video.get("duration"))
    name = str(video.get("format", ""))
    return MediaFacts(
        container,
        codec=_CODECS.get(name) or name.lower() or None,
        width=width,
        height=height,
        duration=length / 1_000 if length else None,
        frame_rate=_decimal(video.get("frame_rate")),
    )


def _decimal(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    number = _decimal(value)
    return int(number) if number else None


def _varying(path: Path, video: dict[str, Any]) -> list[Problem]:
    least, most = _decimal(video.get("minimum_frame_rate")), _decimal(video.get("maximum_frame_rate"))
    if video.get("frame_rate_mode") != "VFR" or least is None or most is None:
        return []
    what = f"{path.name} has a varying frame rate, {least:g} to {most:g}"
    return [Problem("varying-frame-rate", what, "TikTok may judge either; encode it at 30", level=Level.NOTE)]


Size = tuple[int | None, int | None, bool]  # width, height, and whether the file is whole


def _no_size(_file: IO[bytes], _size: int) -> Size:
    return None, None, True


def _jpeg(file: IO[bytes], size: int) -> Size:
    """Sides from the frame header; whole when an end mark follows the first scan."""
    data = file.read(min(size, 1 << 25))
    at = 2
    sides: tuple[int | None, int | None] = (None, None)
    while at + 9 < len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xDA:
            whole = b"\xff\xd9" in data[at:] or size > len(data)
            return *sides, whole
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            sides = (int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7]))
        at += 1 if kind == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4])
    return *sides, False


def _webp(file: IO[bytes], size: int) -> Size:
    head = file.read(30)
    whole = int.from_bytes(head[4:8], "little") + 8 <= size
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1, whole
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, whole
    if kind == b"VP8 ":
        return (
            int.from_bytes(head[26:28], "little") & 0x3FFF,
            int.from_bytes(head[28:30], "little") & 0x3FFF,
            whole,
        )
    return None, None, whole


def _png(file: IO[bytes], size: int) -> Size:
    head = file.read(24)
    file.seek(max(0, size - 12))
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24]), b"IEND" in file.read(12)


_SIZES: Final = {"jpeg": _jpeg, "webp": _webp, "png": _png}
