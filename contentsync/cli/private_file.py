"""How does a secret get into a file that a person named? For their eyes alone, never where git would take it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from contentsync.errors import Problem, UsageError
from contentsync.files import replace_whole
from contentsync.trust import without_secrets


def refuse_tracked(file: Path, project: Path) -> None:
    """Raises UsageError where `file` lies in a git work tree, or in the project, and git does not ignore it."""
    folder = file.parent.resolve()
    if not folder.is_dir():
        raise UsageError(Problem("export-out", f"there is no folder {folder}", "make it, or name another file"))
    if not _is_ignored(folder / file.name, project.resolve()):
        what = f"{file} could be committed: it is in a git repository that does not ignore it"
        raise UsageError(Problem("export-tracked", what, "name a file outside of it, or add it to .gitignore"))


def _is_ignored(file: Path, project: Path) -> bool:
    """Whether git can't come to track it. A file that is tracked already counts as not ignored."""
    ask = ["git", "-C", str(file.parent), "-c", "core.fsmonitor=false", "check-ignore", "-q", "--", file.name]
    env = without_secrets(os.environ, ())
    try:
        code = subprocess.run(  # noqa: S603
            ask, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
    except OSError:  # no git here: the folder decides
        code = 1 if any((folder / ".git").exists() for folder in file.parents) else 128
    if code in (0, 1):
        return code == 0
    return project not in file.parents or project / ".contentsync" in file.parents


def write(file: Path, content: str) -> None:
    """Replace `file` whole, mode 0600 from its first byte on. Raises UsageError."""
    try:
        replace_whole(file, content.encode())
    except OSError as err:
        what = f"{file} can't be written: {err.strerror or type(err).__name__}"
        raise UsageError(
            Problem("export-out", what, "name another file; nothing but a renewal has happened")
        ) from err
