"""Which files are manifests, and what bytes are in them? Reads folders and files; knows nothing about YAML."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from contentsync.errors import Problem
from contentsync.manifest.decoding import FILE_BYTES
from contentsync.manifest.document import at
from contentsync.manifest.project_rules import DEEP_WILDCARDS
from contentsync.manifest.wording import printable, shown
from contentsync.standard_paths import PROJECT_FILE
from contentsync.tree import is_skipped

_OTHER_NAMES: Final = ("contentsync.yml", "Contentsync.yaml", "contentsync.yaml.txt", ".contentsync.yaml")
_WHOLE_FILE: Final = (1, 1, 1)
_USUAL: Final = 16_384


def misnamed(folders: Iterable[Path]) -> Problem | None:
    """The problem of a project file that has nearly the right name, in the first of `folders` that holds one."""
    for folder in folders:
        near = next((name for name in _OTHER_NAMES if (folder / name).is_file()), None)
        if near:
            what = f"there is no {PROJECT_FILE}; {printable(str(folder / near))} has a similar name"
            return Problem("project-missing", what, f"rename it: mv {near} {PROJECT_FILE}")
    return None


def read_bytes(root: Path, name: str) -> tuple[bytes, Problem | None]:
    """The bytes of `name` below `root`, one more than a manifest may hold at most; or why they can't be read."""
    if printable(name) != name:
        return b"", at(odd_name(name), printable(name), _WHOLE_FILE)
    path = f"{root}/{name}"
    try:
        mode = os.lstat(path).st_mode  # first of all: opening a FIFO would wait for ever
        if stat.S_ISLNK(mode):
            if not _is_within(root, path):
                what = "the file is a link to a place outside the project"
                return b"", at(
                    Problem("path-outside", what, "replace the link with the file itself"), name, _WHOLE_FILE
                )
            mode = Path(path).stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
            return b"", at(Problem("file-unreadable", f"this is {kind}, not a file"), name, _WHOLE_FILE)
        return _read(path), None
    except (OSError, ValueError) as err:
        why = getattr(err, "strerror", None) or "its name can't be used"
        problem = Problem("file-unreadable", f"the file can't be read: {why}", "make the file readable")
        return b"", at(problem, name, _WHOLE_FILE)


def odd_name(name: str) -> Problem:
    """A file can't be named in a message, a receipt or a plan."""
    what = f"the name {shown(name)} contains control characters, or is not UTF-8"
    return Problem("file-name", what, "rename the file")


def _read(path: str) -> bytes:
    """At most one byte more than a manifest may hold. Without a file object: thousands are read in a run."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        data = os.read(handle, _USUAL)  # a large buffer costs four times as much as reading a small file
        while 0 < len(data) <= FILE_BYTES and (more := os.read(handle, FILE_BYTES + 1 - len(data))):
            data += more
        return data
    finally:
        os.close(handle)


def find(root: Path, globs: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files below `root` that some glob fits, sorted, with `/`; and the globs that fit none.

    `**` matches any number of folders; `*`, `?` and `[…]` match within one part of a path; none of them matches
    a name that begins with a dot. Folders that are links are not entered, nor `.git`, `.contentsync`, `receipts`.
    The project file is never among them.
    """
    globs = [glob for glob in globs if not is_tangled(glob)]
    patterns = [re.compile(_as_regex(glob.removeprefix("./"))) for glob in globs]
    found: set[str] = set()
    idle = set(globs)
    for top in folders_of(globs):
        for name in _walk(root, top):
            fitting = [glob for glob, pattern in zip(globs, patterns, strict=True) if pattern.fullmatch(name)]
            if fitting and name != PROJECT_FILE:
                found.add(name)
                idle.difference_update(fitting)
    return sorted(found), [glob for glob in globs if glob in idle]


def is_tangled(glob: str) -> bool:
    """Whether a glob has so many `**` that comparing it with one deep folder would take forever."""
    return glob.split("/").count("**") > DEEP_WILDCARDS


def would_find(globs: Sequence[str], name: str) -> bool:
    """Whether `find` gives a file of this name, from the root with `/`, once there is one."""
    folder, _, _ = name.rpartition("/")
    parts = folder.split("/")
    if name == PROJECT_FILE or any(is_skipped("/".join(parts[:end]), part) for end, part in enumerate(parts)):
        return False
    return any(not is_tangled(glob) and re.fullmatch(_as_regex(glob.removeprefix("./")), name) for glob in globs)


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether `find` gives a file of this name that it meets in its search."""
    patterns = [re.compile(_as_regex(glob.removeprefix("./"))) for glob in globs if not is_tangled(glob)]
    return lambda name: name != PROJECT_FILE and any(pattern.fullmatch(name) for pattern in patterns)


def folders_of(globs: Sequence[str]) -> list[str]:
    """The folders that `find` searches for these globs."""
    return _tops([glob.removeprefix("./") for glob in globs if not is_tangled(glob)])


def linked_folders(root: Path, globs: Sequence[str]) -> list[tuple[str, bool]]:
    """The folders that `find` does not search because they are links; each with whether it leads out of the root."""
    tops = [top for top in folders_of(globs) if top and _is_linked(root, top) and (root / top).is_dir()]
    return [(top, not _is_within(root, root / top)) for top in tops]


def _is_within(root: Path, path: str | Path) -> bool:
    """Whether a path is below the root once links are followed; one that leads back to itself stays where it is."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _tops(globs: Sequence[str]) -> list[str]:
    """The folders to search: the part before the first wildcard of each glob, none inside another."""
    tops = sorted({_fixed_part(glob) for glob in globs})
    return [top for top in tops if not any(top != other and _is_below(top, other) for other in tops)]


def _fixed_part(glob: str) -> str:
    parts = glob.split("/")[:-1]
    wild = next((number for number, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    return "/".join(parts[:wild])


def _is_below(top: str, other: str) -> bool:
    return not other or top.startswith(f"{other}/")


def every_file(root: Path) -> Iterator[str]:
    """Every file below `root` that a glob could fit, but for hidden ones and those in hidden folders."""
    for name in _walk(root, ""):
        if not any(part.startswith(".") for part in name.split("/")):
            yield name


def _walk(root: Path, top: str) -> Iterator[str]:
    if top and (is_skipped(*os.path.split(top)) or _is_linked(root, top)):
        return
    pending = [top]
    while pending:
        folder = pending.pop()
        for entry in _entries(root / folder):
            name = f"{folder}/{entry.name}" if folder else entry.name
            if not _is_folder(entry):
                yield name
            elif not entry.is_symlink() and not is_skipped(folder, entry.name):
                pending.append(name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one. A link that leads back to itself is neither."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _is_linked(root: Path, top: str) -> bool:
    parts = top.split("/")
    return any((root / "/".join(parts[: end + 1])).is_symlink() for end in range(len(parts)))


@cache
def _as_regex(glob: str) -> str:
    parts = [_part(part) for part in glob.split("/")]
    return "/".join(parts).replace("(?:[^/.][^/]*/)*/", "(?:[^/.][^/]*/)*")


def _part(part: str) -> str:
    """One part of a glob. Each `*` takes as little as it can, once for all: many of them cost no more than one."""
    if part == "**":
        return "(?:[^/.][^/]*/)*"
    hidden = "(?!\\.)" if part[:1] in ("*", "?", "[") else ""
    first, *others = [_literal(piece) for piece in re.split(r"\*+", part)]
    if not others:
        return hidden + first
    middle = "".join(f"(?>[^/]*?{piece})" for piece in others[:-1])
    return f"{hidden}{first}{middle}[^/]*{others[-1]}"


def _literal(rest: str) -> str:
    made = ""
    while rest:
        size, piece = _piece(rest)
        made, rest = made + piece, rest[size:]
    return made


def _piece(rest: str) -> tuple[int, str]:
    if rest[0] == "?":
        return 1, "[^/]"
    match = re.match(r"\[(!?)([^]]+)\]", rest)
    if match:
        inner = match[2].replace("\\", "\\\\").replace("^", "\\^").replace("[", "\\[")
        return match.end(), f"(?!/)[{'^' if match[1] else ''}{inner}]"
    return 1, re.escape(rest[0])
