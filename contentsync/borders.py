"""Where may this project keep its state, and where may its photos go? Inside of it, or where its user says.

A project file may name any path. It counts as it is while it stays inside the project. A place outside is taken only
from the environment, from the user's own configuration file, or after `contentsync trust`.
"""

from __future__ import annotations

from pathlib import Path

from contentsync.errors import ManifestError, Place, Problem, StoreError
from contentsync.files import folder_inside, leads_out, local_place
from contentsync.manifest.files import PROJECT_FILE
from contentsync.post import Settings
from contentsync.store.backends import is_shared


def checked_state(root: Path, settings: Settings) -> str:
    """`state:` as it may be used. Raises StoreError, ManifestError."""
    state = settings.state
    is_file = not is_shared(state) and "://" not in state
    if settings.state_by_user or not is_file:
        return state
    path = root / state
    if leads_out(root, path) or leads_out(root, path.parent):
        what = f"the state would lie outside of the project, at {path}"
        hint = "name a path inside of it; or say it yourself, in CONTENTSYNC_STATE or your configuration file"
        raise StoreError(Problem("state-outside", what, hint, Place(PROJECT_FILE)))
    folder_inside(root, path.parent)
    return state


def refuse_place(root: Path, settings: Settings, upload: str) -> None:
    """Raises ManifestError for a folder outside of the project that its user did not choose."""
    is_cloud = "://" in upload and not upload.startswith("file://")
    if is_cloud or (settings.hosting_by_user and upload == settings.hosting_upload):
        return
    if leads_out(root, local_place(upload, root)):
        what = f"hosting.upload names a folder outside of the project: {upload}"
        hint = "run: contentsync trust; or write ${CONTENTSYNC_MEDIA} there, and set that variable"
        raise ManifestError(Problem("folder-not-trusted", what, hint, Place(PROJECT_FILE)))
