"""What does the user's own configuration file say? It is outside every repository, so it may allow more.

    api_url: https://tiktok-proxy.acme.example        # as CONTENTSYNC_API_URL, which wins over it
    safe_folders: [/srv/shared/posts]                  # projects of another user that may be opened
    projects:
      /home/me/posts: {state: /srv/state/posts.db}     # as CONTENTSYNC_STATE, which wins over it

The schema library is not used: every command reads this file, and it has three keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contentsync.errors import ManifestError, Problem
from contentsync.frozen import frozen
from contentsync.manifest.wording import did_you_mean, shown
from contentsync.standard_paths import USER_FILE, config_folder

_KEYS: Final = ("api_url", "safe_folders", "projects")


@frozen
class UserFile:
    """The user's configuration."""

    #: Where TikTok's API is to be called instead of TikTok's own address; empty for TikTok's own.
    api_url: str = ""
    #: Folders whose projects may belong to another user; `*` for all.
    safe_folders: tuple[str, ...] = ()
    #: Where the state of a project is, by the project's folder.
    states: Mapping[str, str] | None = None

    def state_of(self, root: Path) -> str:
        """Where the state of the project in `root` is; empty if the file does not say."""
        real = os.path.realpath(root)
        found = {os.path.realpath(folder): state for folder, state in (self.states or {}).items()}
        return found.get(real, "")


def read_user_file(environ: Mapping[str, str]) -> UserFile:
    """The user's configuration; an empty one where there is no file. Raises ManifestError."""
    path = config_folder(environ) / USER_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return UserFile()
    except OSError as err:
        raise ManifestError(_fault(path, f"can't be read: {err.strerror or err}", "make the file readable")) from err
    from contentsync.manifest.source import read_yaml

    documents, problems = read_yaml(data, str(path))
    problems += [problem for document in documents for problem in document.problems]
    if problems or len(documents) != 1:
        raise ManifestError(*(problems or [_fault(path, "holds more than one document", "keep one")]))
    return _user_file(documents[0].value, path)


def _user_file(value: Mapping[str, Any], path: Path) -> UserFile:
    for key in value:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"the keys are {', '.join(_KEYS)}"
            raise ManifestError(_fault(path, f"has the unknown key {shown(key)}", hint))
    api_url, safe, projects = value.get("api_url", ""), value.get("safe_folders", []), value.get("projects", {})
    if not isinstance(api_url, str):
        raise ManifestError(_fault(path, "has an api_url that is not text", "write one https address"))
    if not isinstance(safe, list) or not all(isinstance(item, str) for item in safe):
        raise ManifestError(_fault(path, "has safe_folders that are not a list of folders", "write [FOLDER]"))
    return UserFile(api_url, tuple(safe), _states(projects, path))


def _states(projects: object, path: Path) -> dict[str, str]:
    if not isinstance(projects, dict) or not all(isinstance(keys, dict) for keys in projects.values()):
        raise ManifestError(_fault(path, "has projects that are not a mapping", "write FOLDER: {state: PATH}"))
    for folder, keys in projects.items():
        if set(keys) != {"state"} or not isinstance(keys["state"], str) or not Path(folder).is_absolute():
            hint = "write the project's absolute folder, and {state: PATH}"
            raise ManifestError(
                _fault(
                    path, f"has an entry for the project {shown(folder)} that contentsync does not understand", hint
                )
            )
    return {folder: keys["state"] for folder, keys in projects.items()}


def _fault(path: Path, what: str, hint: str) -> Problem:
    return Problem("user-file", f"your configuration file {path} {what}", hint)
