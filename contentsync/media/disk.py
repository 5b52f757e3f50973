"""The reader of the disk: opens a media file, reads it once, and says what is in it.

Nothing here raises: what can't be read is a problem of the look, without a place.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path
from typing import IO, Final

from contentsync.errors import Level, Problem
from contentsync.media import film, photo
from contentsync.media.container import FILMS, container_of, is_misnamed
from contentsync.media.look import MediaLook, Sent, StatKey
from contentsync.media.probe import Tracks, tracks_of
from contentsync.media.zeros import Digest, digest
from contentsync.post import MediaFacts

_READS: Final = 3
_HEAD: Final = 4_096
_LFS: Final = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES: Final = 1_024  # git-lfs takes no longer file for a pointer
_LFS_POINTER: Final = re.compile(rb"^oid sha256:([0-9a-f]{64})\r?\nsize ([0-9]{1,18})\r?$", re.MULTILINE)
_ANNEX: Final = re.compile(rb"/?(?:\.\./)*(?:\.git/)?annex/objects/[^\n]{1,4000}\n?$")


class DiskReader:
    """Reads the file itself: once for the digest, and parts of it again for the facts.

    tracks: what a probe says of each track of a video; None where there is no probe on this machine.
    """

    def __init__(self, tracks: Tracks | None = None) -> None:
        self._tracks = tracks or tracks_of

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        """What is in the file. A file that changes meanwhile is read again, three times at most.

        sent: where the file has this digest and size, nothing but these is found out.
        """
        try:
            for _ in range(_READS):
                found = path.stat()  # first of all: opening a FIFO would wait for ever
                if not stat.S_ISREG(found.st_mode):
                    return _flawed(_not_a_file(path, found.st_mode))
                look = _read_once(path, found, self._tracks, sent)
                if look and StatKey.of(path.stat()) == StatKey.of(found):
                    return look
        except (OSError, ValueError) as err:
            return _flawed(_unreadable(path, err))
        what = f"{path.name} changed while it was read"
        return _flawed(Problem("media-changing", what, "wait until the file is complete, then run the command again"))


def _flawed(problem: Problem, size: int = 0) -> MediaLook:
    return MediaLook(size, problems=(problem,))


def _not_a_file(path: Path, mode: int) -> Problem:
    kind = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
    return Problem("media-not-a-file", f"{path.name} is {kind}", "name a regular file")


def _unreadable(path: Path, err: Exception) -> Problem:
    if isinstance(err, FileNotFoundError | NotADirectoryError):
        return Problem("media-not-found", f"{path.name} does not exist", "fix the path, or add the file")
    if isinstance(err, UnicodeError):
        what = f"{path.name} can't be read: this locale can't represent the file name"
        return Problem("media-unreadable", what, "set PYTHONUTF8=1 in the environment, or rename the file")
    why = getattr(err, "strerror", None) or "its name can't be used"
    return Problem("media-unreadable", f"{path.name} can't be read: {why}", "make the file readable")


def _read_once(path: Path, expected: os.stat_result, tracks: Tracks, sent: Sent | None) -> MediaLook | None:
    """Read the file once; None if the opened file is not the expected one."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
        if not os.path.samestat(os.fstat(file.fileno()), expected):
            return None
        head = file.read(_HEAD)
        if not head:
            return _flawed(Problem("media-empty", f"{path.name} is empty", "replace the empty file"))
        if look := _pointer(path, head, expected.st_size):
            return look
        file.seek(0)
        found = digest(file)
        if sent == (found.sha256, expected.st_size):
            return MediaLook(expected.st_size, found.sha256, is_probed=False)
        facts, problems = _examine(path, file, expected.st_size, head, found, tracks)
    return MediaLook(expected.st_size, found.sha256, facts, tuple(problems))


def _pointer(path: Path, head: bytes, size: int) -> MediaLook | None:
    """The look at a small file that only names another: one of Git LFS holds the digest and the size of its file."""
    if head.startswith(_LFS):
        found = _LFS_POINTER.search(head) if size <= _LFS_BYTES else None
        if found:
            note = Problem("media-lfs-pointer", f"{path.name} is a Git LFS pointer", level=Level.NOTE)
            return MediaLook(int(found[2]), found[1].decode(), problems=(note,))
        what = f"{path.name} is a Git LFS pointer that can't be read"
        return _flawed(Problem("media-lfs-pointer", what, "run: git lfs pull, or add the file again"), size)
    if _ANNEX.match(head):
        what = f"{path.name} is a pointer of git-annex, not the file"
        return _flawed(Problem("media-annex-pointer", what, f"run: git annex get {shlex.quote(path.name)}"), size)
    return None


def _examine(
    path: Path, file: IO[bytes], size: int, head: bytes, found: Digest, tracks: Tracks
) -> tuple[MediaFacts | None, list[Problem]]:
    container = container_of(head)
    if container is None:
        return None, [_unknown(path, size, found)]
    if container in FILMS:
        facts, problems = film.examine(path, file.fileno(), size, container, found, tracks)
    else:
        file.seek(0)
        facts, problems = _photo(path, container, file.read(min(size, photo.READ)), size)
    if not problems and is_misnamed(container, path.suffix):
        what = f"{path.name} is {container.upper()} by its content, whatever its name says"
        problems = [*problems, Problem("wrong-extension", what, "rename it", level=Level.NOTE)]
    return facts, problems


def _unknown(path: Path, size: int, found: Digest) -> Problem:
    if found.zeros_within(0, size) > size // 2:
        return film.hollow(path, found.zeros_within(0, size), size)
    what = f"{path.name} is not a known kind of video or photo, or its beginning is missing"
    return Problem("media-unknown", what, "name another file, or copy or export this one again")


def _photo(path: Path, container: str, data: bytes, size: int) -> tuple[MediaFacts, list[Problem]]:
    seen = photo.KINDS[container](data, size) if container in photo.KINDS else photo.Photo()
    facts = MediaFacts(container, width=seen.width, height=seen.height)
    if not seen.is_whole:
        return facts, [Problem("media-truncated", f"{path.name} is incomplete", "copy or export it again")]
    if seen.damage:
        what = f"{path.name} is damaged: {seen.damage}"
        return facts, [Problem("media-damaged", what, "copy or export it again")]
    return facts, _surprises(path, seen)


def _surprises(path: Path, seen: photo.Photo) -> list[Problem]:
    """What TikTok does with these is not documented."""
    told = []
    if seen.pictures > 1:
        what = f"{path.name} is animated, with {seen.pictures} frames; a photo post shows one of them at most"
        told.append(Problem("photo-animated", what, "export one frame, or post it as a video", level=Level.WARNING))
    if seen.is_cmyk:
        what = f"{path.name} has the colours of print (CMYK); TikTok may refuse it, or show other colours"
        told.append(Problem("photo-cmyk", what, "save it in RGB (sRGB)", level=Level.WARNING))
    if seen.orientation != 1:
        what = f"{path.name} is turned by EXIF orientation {seen.orientation}; TikTok may show it unturned"
        told.append(Problem("photo-turned", what, "save it turned, without the EXIF entry", level=Level.NOTE))
    return told
