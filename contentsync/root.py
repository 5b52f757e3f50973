"""Where is the root of the project, who owns it, and what has its user configured for it?

The search for the project file goes upwards and ends at the root of the git repository or of the file system: what is
above belongs to something else. A project file or folder of another user is refused, as git refuses a repository:
its text would decide where your tokens are sent and which programs run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contentsync.errors import ManifestError, Problem
from contentsync.files import folder_inside
from contentsync.standard_paths import LOCAL_FOLDER, PROJECT_FILE, config_folder, data_folder

if TYPE_CHECKING:
    from contentsync.trust import UserSays

SAFE_FOLDERS: Final = "CONTENTSYNC_SAFE_FOLDERS"


def find_root(start: Path, environ: Mapping[str, str]) -> Path:
    """The nearest folder from `start` upwards that holds a project file of this user. Raises ManifestError."""
    try:
        start = start.resolve()
    except FileNotFoundError:
        what = "the folder that this command was started in is gone"
        raise ManifestError(Problem("project-missing", what, "change to the project's folder")) from None
    folders = list(_upwards(start))
    for folder in folders:
        if (folder / PROJECT_FILE).exists():
            _refuse_others(folder, environ)
            folder_inside(folder, folder / LOCAL_FOLDER)
            return folder
    from contentsync.manifest.files import misnamed

    what = f"there is no {PROJECT_FILE} in {start}, nor in any folder above it up to the root of its repository"
    hint = "run contentsync init, or name the folder with -C"
    raise ManifestError(misnamed(folders) or Problem("project-missing", what, hint))


def user_says(root: Path, environ: Mapping[str, str]) -> UserSays:
    """What the user's configuration file and earlier grants say of the project in `root`. Raises ManifestError."""
    from contentsync.manifest.user_file import read_user_file
    from contentsync.store import trusted
    from contentsync.trust import UserSays

    told = read_user_file(environ)
    return UserSays(told.api_url, told.state_of(root), trusted.read(data_folder(environ), root))


def _upwards(start: Path) -> Iterator[Path]:
    device = start.stat().st_dev
    for folder in (start, *start.parents):
        if folder.stat().st_dev != device:
            return
        yield folder
        if (folder / ".git").exists():
            return


def _refuse_others(folder: Path, environ: Mapping[str, str]) -> None:
    """Raises ManifestError where the project file or its folder belongs to another user than us or root."""
    if not hasattr(os, "geteuid"):
        return  # Windows has no such owner
    us = {0, os.geteuid()}
    if os.geteuid() == 0 and (caller := environ.get("SUDO_UID", "")).isdecimal():
        us.add(int(caller))  # sudo: the caller's own projects, as git takes it
    for path in (folder, folder / PROJECT_FILE):
        owner = path.stat().st_uid
        if owner not in us and not _is_safe(folder, environ):
            what = f"{path} belongs to another user (uid {owner})"
            hint = (
                f"if you trust all that the project holds, add {folder} to safe_folders in "
                f"{config_folder(environ) / 'config.yaml'}, or set {SAFE_FOLDERS}={folder}"
            )
            raise ManifestError(Problem("project-of-another", what, hint))


def _is_safe(folder: Path, environ: Mapping[str, str]) -> bool:
    from contentsync.manifest.user_file import read_user_file

    given = read_user_file(environ)
    safe = [*given.safe_folders, *environ.get(SAFE_FOLDERS, "").strip().split(os.pathsep)]
    return any(one == "*" or (one and os.path.realpath(one) == os.path.realpath(folder)) for one in safe)
