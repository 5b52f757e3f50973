"""Where may this project keep its state, and where may its photos go? Inside the project, or where its user says.

A project file may name any path. A path inside the project is used as it is. A path outside is accepted only
from the environment, from the user's own configuration file, or after `contentsync trust`.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Final

from contentsync.errors import Level, ManifestError, Place, Problem, StoreError
from contentsync.files import folder_inside, leads_out, local_place
from contentsync.git_index import is_tracked, may_come_into_git
from contentsync.settings import Settings
from contentsync.standard_paths import LOCAL_FOLDER, PROJECT_FILE, is_shared

SHARED_COPY: Final = "shared.db"  # the local copy of a state that lies on a branch


def checked_state(root: Path, settings: Settings) -> str:
    """The value of `state:`, checked. Raises StoreError, ManifestError."""
    state = settings.state
    if settings.state_by_user or "://" in state:
        return state
    path = root / LOCAL_FOLDER / SHARED_COPY if is_shared(state) else root / state
    if leads_out(root, path) or leads_out(root, path.parent):
        what = f"the state would be outside the project, at {path}"
        hint = (
            "name a path inside the project; or set this path in CONTENTSYNC_STATE or in your own configuration file"
        )
        raise StoreError(Problem("state-outside", what, hint, Place(PROJECT_FILE)))
    if _is_gits_own(settings.state):
        what = f"the state would be among git's own files, at {settings.state}"
        raise StoreError(Problem("state-outside", what, f"name a path in {LOCAL_FOLDER}", Place(PROJECT_FILE)))
    folder_inside(root, path.parent)
    if is_tracked(path):
        name = path.relative_to(root).as_posix()
        what = f"git tracks the state at {name}: a checkout could replace it with an older or a foreign one"
        hint = f"remove it from git, but keep the file: git rm --cached {name}"
        raise StoreError(Problem("state-tracked", what, hint, Place(PROJECT_FILE)))
    return state


def _is_gits_own(path: str) -> bool:
    """Whether a path leads into a .git folder, where a file may stop git or change what it does."""
    return any(part.lower() == ".git" for part in PurePath(path).parts)


def exposed_state(root: Path, settings: Settings) -> Problem | None:
    """A warning if git may track the state, because its folder is not contentsync's own; None if it can't."""
    path = root / settings.state
    if (
        settings.state_by_user
        or is_shared(settings.state)
        or "://" in settings.state
        or path.parent.name == LOCAL_FOLDER
    ):
        return None
    if not path.parent.is_dir() or not may_come_into_git(path):
        return None
    what = f"git does not ignore the state at {settings.state}: it must never be committed"
    hint = f"add these lines to .gitignore: {settings.state}* and {path.with_name('apply.lock*').relative_to(root)}"
    return Problem("state-not-ignored", what, hint, Place(PROJECT_FILE), level=Level.WARNING)


def refuse_place(root: Path, settings: Settings, upload: str) -> None:
    """Raises ManifestError for a folder outside the project that its user did not choose."""
    is_cloud = "://" in upload and not upload.startswith("file://")
    if is_cloud or (settings.hosting_by_user and upload == settings.hosting_upload):
        return
    if leads_out(root, local_place(upload, root)):
        what = f"hosting.upload names a folder outside the project: {upload}"
        hint = "run: contentsync trust; or write ${CONTENTSYNC_MEDIA} there, and set that variable"
        raise ManifestError(Problem("folder-not-trusted", what, hint, Place(PROJECT_FILE)))
    if _is_gits_own(upload):
        what = f"hosting.upload names a folder of git's own files: {upload}"
        raise ManifestError(Problem("folder-not-trusted", what, "name another folder", Place(PROJECT_FILE)))
