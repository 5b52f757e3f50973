"""Which files are below these folders, and under which stat? One scan; no byte of a file is read.

Where nothing of this changed, no file was written, replaced, renamed, added or removed: a write changes the times of
a file, and no program can put back the time of its last change (ctime). A file that was written just before the scan
is the exception: a second write within one tick of the file system's clock leaves no trace. `is_settled` tells.
"""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

SKIPPED: Final = frozenset({".git", ".contentsync"})
SKIPPED_AT_ROOT: Final = frozenset({"receipts"})
#: Nanoseconds; coarser than the clock of any file system in use.
RACY: Final = 2_000_000_000
_LINK, _FOLDER, _KIND = stat.S_IFLNK, stat.S_IFDIR, 0o170000
_NOTHING: Final = (-1, -1, -1, -1)

#: The size, the times of the last write and of the last change (nanoseconds), and the inode.
Stat = tuple[int, int, int, int]


class _LinkedFolder(Exception):
    """A folder is a link."""


class Folder:
    """The files directly in one folder."""

    __slots__ = ("names", "values")

    def __init__(self) -> None:
        self.names: list[str] = []
        #: Four values a name, as in Stat.
        self.values = array("q")

    def files(self) -> Iterator[tuple[str, Stat]]:
        """Each name with its stat."""
        numbers = iter(self.values)
        return zip(self.names, zip(numbers, numbers, numbers, numbers, strict=True), strict=True)


class Tree:
    """One look at the folders below `root`."""

    def __init__(self, root: str, tops: Iterable[str]) -> None:
        """tops: the folders to look into, from the root; empty for the root itself."""
        self.tops = list(tops)
        self.folders: dict[str, Folder] = {}
        #: False where a file has numbers that can't be kept, or a folder is a link, so that it is not looked into.
        self.is_whole = True
        for top in self.tops:
            if not is_skipped(*os.path.split(top)) and not _is_linked(root, top):
                self._walk(root, top)

    def _walk(self, root: str, top: str) -> None:
        pending = [top]
        while pending:
            folder = pending.pop()
            self.folders[folder] = found = Folder()
            try:
                inner = _read(f"{root}/{folder}" if folder else root, found)
            except OSError:
                continue  # as for the reader of manifests: there is nothing in it
            except (OverflowError, _LinkedFolder):
                self.is_whole = False
                continue
            begin = f"{folder}/" if folder else ""
            pending += [begin + name for name in inner if not is_skipped(folder, name)]

    def digest(self) -> str:
        """One value over all names and stats."""
        made = blake2b(digest_size=32)
        for name in sorted(self.folders):
            found = self.folders[name]
            names = "\0".join([name, *found.names]).encode("utf-8", "surrogateescape")
            made.update(b"%d " % len(names))
            made.update(names)
            made.update(found.values.tobytes())
        return made.hexdigest()

    def is_settled(self, now: int) -> bool:
        """Whether every file was last changed so long before the scan that a later change shows. now: nanoseconds."""
        return all(_newest(found.values) + RACY < now for found in self.folders.values())

    def holds(self, path: str) -> bool:
        """Whether the scan covers `path`, from the root: its stat, or that it does not exist."""
        return path.rpartition("/")[0] in self.folders


def stat_of(path: str) -> Stat | None:
    """The stat of the file at `path`, with links followed; None if there is none."""
    try:
        return _told(os.stat(path))  # noqa: PTH116
    except (OSError, ValueError):
        return None


def _read(path: str, found: Folder) -> list[str]:
    """Take in the files of one folder; returns the folders in it.

    Not `os.scandir`: a stat by a name in an open folder costs a fifth less than one by a path, which its entries use.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        return _read_open(path, handle, found)
    finally:
        os.close(handle)


def _read_open(path: str, handle: int, found: Folder) -> list[str]:
    folders = []
    look, take, add = os.stat, found.names.append, found.values.extend
    for name in os.listdir(handle):
        seen = look(name, dir_fd=handle, follow_symlinks=False)
        kind = seen.st_mode & _KIND
        if kind == _FOLDER:
            folders.append(name)
            continue
        take(name)
        add((seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino))
        if kind == _LINK:
            if os.path.isdir(f"{path}/{name}"):  # noqa: PTH112
                raise _LinkedFolder
            take(f"{name}\0")  # what it leads to
            add(stat_of(f"{path}/{name}") or _NOTHING)
    return folders


def _told(seen: os.stat_result) -> Stat:
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino


def _newest(values: array[int]) -> int:
    return max(max(values[1::4], default=0), max(values[2::4], default=0))


def is_skipped(folder: str, name: str) -> bool:
    """Whether a folder of this name holds nothing of an author's. folder: the one it is in, from the root."""
    return name in SKIPPED or (not folder and name in SKIPPED_AT_ROOT)


def _is_linked(root: str, top: str) -> bool:
    parts = top.split("/") if top else []
    return any(os.path.islink(f"{root}/{'/'.join(parts[: end + 1])}") for end in range(len(parts)))  # noqa: PTH114
