"""Is a media file kept elsewhere, by Git LFS, DVC or git-annex? Then the problem names the command that fetches it.

A Git LFS pointer contains the sha256 and size of its file, so it counts as the file for everything but sending. The
pointers of DVC and git-annex do not, so their files must be fetched first.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.lfs import lfs_command

LFS: Final = "lfs"
_ANNEX: Final = re.compile(r"(?:^|/)\.git/annex/objects/|(?:^|/)annex/objects/")


def git_prefix(root: Path) -> str:
    """The path of the project within its git repository, with a `/` at its end; empty where both are one folder."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            inside = root.relative_to(folder).as_posix()
            return "" if inside == "." else f"{inside}/"
    return ""


def lfs_problem(name: str, prefix: str) -> Problem:
    """The note about a Git LFS pointer that counts as its file."""
    what = f"{name} is a Git LFS pointer: its content is not checked; fetch it before you apply"
    return Problem("media-lfs-pointer", what, f"run: {lfs_command(prefix, [name])}", level=Level.NOTE)


def absent_problem(root: Path, name: str) -> Problem | None:
    """The problem of a missing file that DVC or git-annex keeps; None if neither does."""
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
    """The problem of a link out of the project; its hint says how to get a copy from a shared cache."""
    target = _link(root / name) or ""
    if _ANNEX.search(target):
        what = f"{shown} is kept by git-annex outside the project"
        hint = f"run: git annex unlock {shlex.quote(name)}, which puts the file itself here"
        return Problem("media-annex-pointer", what, hint)
    what = f"{shown} is a link to a place outside the project"
    hint = "replace the link with the file itself"
    if any((folder / ".dvc").is_dir() for folder in (root, *root.parents)):
        hint = "make DVC use copies: dvc config cache.type reflink,copy; then dvc checkout --relink"
    return Problem("path-outside", what, hint)


def _link(path: Path) -> str | None:
    try:
        return os.readlink(path).replace(os.sep, "/") if path.is_symlink() else None  # noqa: PTH115
    except OSError:
        return None
