"""Is a media file kept elsewhere, by Git LFS, DVC or git-annex? Then the command that fetches it is told.

A Git LFS pointer holds the sha256 and the size of its file, so that it counts as the file for all but sending. The
others hold neither, or stand for a name that is not there: what they stand for has to be fetched first.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contentsync.errors import Level, Problem

LFS: Final = "lfs"
_ANNEX: Final = re.compile(r"(?:^|/)\.git/annex/objects/|(?:^|/)annex/objects/")
_LISTED: Final = 100


def git_prefix(root: Path) -> str:
    """The path of the project within its git repository, with a `/` at its end; empty where both are one folder."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            inside = root.relative_to(folder).as_posix()
            return "" if inside == "." else f"{inside}/"
    return ""


def lfs_command(prefix: str, names: Iterable[str]) -> str:
    """The one command that fetches exactly these files. prefix: see `git_prefix`."""
    listed = sorted(f"{prefix}{name}" for name in dict.fromkeys(names))
    if len(listed) > _LISTED:
        listed = sorted({f"{os.path.dirname(name) or '.'}/**" for name in listed})  # noqa: PTH120
    return f"git lfs pull --include={shlex.quote(','.join(listed))}"


def lfs_problem(name: str, prefix: str) -> Problem:
    """What is noted of a pointer that stands for its file."""
    what = f"{name} is a Git LFS pointer: its content is not checked, and has to be fetched before it is sent"
    return Problem("media-lfs-pointer", what, f"run: {lfs_command(prefix, [name])}", level=Level.NOTE)


def absent_problem(root: Path, name: str) -> Problem | None:
    """Why a file that is not there is not there: it is kept by DVC or git-annex; None where neither is."""
    if target := _link(root / name):
        if _ANNEX.search(target):
            what = f"{name} is kept by git-annex, and its content is not here"
            return Problem("media-annex-pointer", what, f"run: git annex get {shlex.quote(name)}")
        return Problem(
            "media-not-found", f"{name} is a link to a file that is not there", "fix the link, or add the file"
        )
    parts = name.split("/")
    for length in range(len(parts), 0, -1):
        pointer = "/".join(parts[:length]) + ".dvc"
        if (root / pointer).is_file():
            what = f"{name} is kept by DVC, and is not here"
            return Problem("media-dvc-pointer", what, f"run: dvc pull {shlex.quote(pointer)}")
    return None


def outside_problem(root: Path, name: str, shown: str) -> Problem:
    """A link that leads out of the project; with the way out where it leads into a cache that is shared."""
    target = _link(root / name) or ""
    if _ANNEX.search(target):
        what = f"{shown} is kept by git-annex outside of the project"
        hint = f"run: git annex unlock {shlex.quote(name)}, so that the file itself is here"
        return Problem("media-annex-pointer", what, hint)
    what = f"{shown} leads out of the project by a link"
    hint = "put the file itself there"
    if any((folder / ".dvc").is_dir() for folder in (root, *root.parents)):
        hint = "let DVC put copies there: dvc config cache.type reflink,copy; then dvc checkout --relink"
    return Problem("path-outside", what, hint)


def _link(path: Path) -> str | None:
    try:
        return os.readlink(path).replace(os.sep, "/") if path.is_symlink() else None  # noqa: PTH115
    except OSError:
        return None
