"""Is the project's folder there, and is it whole? Asked before each look.

The danger: a disk is unmounted or a folder renamed, every manifest seems deleted, and watch acts on that. The rule:
watch looks at manifests only while the project file is there, and never takes it for a wish when all manifests vanish
at once. And while git is rewriting the work tree, what lies there is nobody's intent:
a checkout is waited for, and a rebase too where nobody approves what is sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contentsync.errors import Problem

PROJECT_FILE: Final = "contentsync.yaml"
LOCK_HOLDS: Final = 60.0  # seconds after which git's lock counts as left behind by a git that died
#: What git leaves in its folder while it is in the middle of something, and what that is.
_AT_WORK: Final = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or `git am`",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisect",
}


@dataclass(slots=True)
class FolderCheck:
    """The folder that is watched. wall: seconds since 1970, for the age of git's lock."""

    root: Path
    wall: Callable[[], float]
    _had_manifests: bool = False

    def missing(self) -> Problem | None:
        """Why nothing may be looked at; None where the project is there."""
        file = self.root / PROJECT_FILE
        try:
            file.stat()
        except OSError as err:
            return self._gone(err)
        return None

    def _gone(self, err: OSError) -> Problem:
        hint = "mount or restore it; nothing is sent and nothing is forgotten until it is back"
        try:
            self.root.stat()
        except OSError as of_root:
            what = f"the project's folder {self.root} is not there: {of_root.strerror}"
            return Problem("root-gone", what, hint)
        what = f"{PROJECT_FILE} is not in {self.root} any more: {err.strerror}"
        return Problem("root-gone", what, hint)

    def emptied(self, has_manifests: bool) -> Problem | None:
        """The alert for manifests that vanished all at once; None where some are there, or never were."""
        if has_manifests:
            self._had_manifests = True
        if has_manifests or not self._had_manifests:
            return None
        what = f"all manifests in {self.root} vanished at once"
        hint = "mount or restore their folder; if you deleted them, start watch again: until then nothing is done"
        return Problem("manifests-vanished", what, hint)

    def is_locked_by_git(self) -> bool:
        """Whether git is writing the work tree or its index at this moment."""
        folder = self._git_folder()
        return folder is not None and self._is_locked(folder)

    def git_at_work(self) -> Problem | None:
        """The unfinished operation of git, such as a rebase; None if there is none."""
        folder = self._git_folder()
        found = next((said for name, said in _AT_WORK.items() if folder and (folder / name).exists()), "")
        if not found:
            return None
        what = f"{found} is in progress in this repository"
        return Problem("git-at-work", what, "finish or abort it; watch goes on by itself")

    def _is_locked(self, folder: Path) -> bool:
        """Whether git holds the lock of its index. A lock that was left behind does not count for ever."""
        try:
            age = self.wall() - (folder / "index.lock").stat().st_mtime
        except OSError:
            return False
        return age < LOCK_HOLDS

    def _git_folder(self) -> Path | None:
        for top in (self.root, *self.root.parents):
            git = top / ".git"
            if git.is_dir():
                return git
            if git.is_file():  # a worktree: the file names the folder
                told = git.read_text("utf-8", "replace").partition("gitdir:")[2].strip()
                return Path(os.path.join(top, told))  # noqa: PTH118 - it may be absolute
        return None
