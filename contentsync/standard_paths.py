"""Where are the files that every command looks for first: the project file, and the user's own folders?

Imported before anything else is known, so it imports next to nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PROJECT_FILE: Final = "contentsync.yaml"
#: The folder below the root that is ours alone.
LOCAL_FOLDER: Final = ".contentsync"
#: The user's configuration, in `config_folder`.
USER_FILE: Final = "config.yaml"


def is_shared(state: str) -> bool:
    """Whether the state that `state:` names is shared by several machines."""
    return state == "git" or state.startswith(("git:", "git#"))


def data_folder(environ: Mapping[str, str]) -> Path:
    """The user's data folder: CONTENTSYNC_DATA_DIR, else the platform's own place (XDG_DATA_HOME on Linux)."""
    if given := environ.get("CONTENTSYNC_DATA_DIR"):
        return Path(given)
    import platformdirs

    return platformdirs.user_data_path("contentsync", appauthor=False)


def config_folder(environ: Mapping[str, str]) -> Path:
    """The user's configuration folder: CONTENTSYNC_CONFIG_DIR, else the platform's own place."""
    if given := environ.get("CONTENTSYNC_CONFIG_DIR", "").strip():
        return Path(given)
    import platformdirs

    return platformdirs.user_config_path("contentsync", appauthor=False)


def grant_file(folder: Path, root: Path) -> Path:
    """The file with what the user granted to the project in `root`. folder: the data folder."""
    name = hashlib.sha256(os.path.realpath(root).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return folder / "trust" / f"{name}.json"
