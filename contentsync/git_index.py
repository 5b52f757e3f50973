"""Does git track a file? Reads the repository's index file itself, so that no command has to run git.

Source: git's Documentation/gitformat-index.txt. A split index, which stores names elsewhere, gives no answer.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_FIXED: Final = 62  # bytes of an entry before its name: times, ids, mode, owner, size, object name, flags
_LONG: Final = 0xFFF  # the length of a name in its flags, where it is that long or longer


def is_tracked(path: Path) -> bool:
    """Whether the repository round `path` has a file of this name in its index."""
    found = _index_of(path)
    if found is None:
        return False
    top, index = found
    try:
        data = index.read_bytes()
    except OSError:
        return False
    name = os.fsencode(Path(os.path.abspath(path)).relative_to(top).as_posix())  # noqa: PTH100 - links stay
    if data[:4] != b"DIRC":
        return False
    return _has_packed(data, name) if int.from_bytes(data[4:8], "big") == 4 else _has(data, name)


def may_come_into_git(path: Path) -> bool:
    """Whether `path` lies in a repository that does not ignore it. False where git itself can't be asked."""
    if _index_of(path) is None:
        return False
    import subprocess

    from contentsync.trust import without_secrets

    ask = ["git", "-C", str(path.parent), "-c", "core.fsmonitor=false", "check-ignore", "-q", "--", path.name]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own git
            ask,
            env=without_secrets(os.environ, ()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 1


def _index_of(path: Path) -> tuple[Path, Path] | None:
    """The top folder of the repository round `path`, and its index."""
    for top in Path(os.path.abspath(path)).parents:  # noqa: PTH100 - links stay
        git = top / ".git"
        if git.is_dir():
            return top, git / "index"
        if git.is_file():  # a worktree or a submodule: the file names the folder
            told = git.read_text("utf-8", "replace").partition("gitdir:")[2].strip()
            return top, top / told / "index"
    return None


def _has(data: bytes, name: bytes) -> bool:
    """Whether an index of version 2 or 3 has an entry of this name."""
    at = data.find(name + b"\0", _FIXED)
    while at >= 0:
        lengths = [int.from_bytes(data[at - back : at - back + 2], "big") & _LONG for back in (2, 4)]
        if min(len(name), _LONG) in lengths:
            return True
        at = data.find(name + b"\0", at + 1)
    return False


def _has_packed(data: bytes, wanted: bytes) -> bool:
    """Whether an index of version 4, whose names each continue the one before, has an entry of this name."""
    at, name = 12, b""
    for _ in range(int.from_bytes(data[8:12], "big")):
        at += _FIXED + (2 if data[at + _FIXED - 2] & 0x40 else 0)
        strip, at = _varint(data, at)
        end = data.find(b"\0", at)
        if end < 0:
            return False
        name = name[: len(name) - strip] + data[at:end]
        if name == wanted:
            return True
        at = end + 1
    return False


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of git's offset encoding, and the place after it."""
    byte = data[at] if at < len(data) else 0
    value = byte & 0x7F
    while byte & 0x80 and at + 1 < len(data):
        at += 1
        byte = data[at]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, at + 1
