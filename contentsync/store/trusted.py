"""What has the user granted to which project? One small file for each project, in the user's data folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

from contentsync.errors import Problem, StoreError
from contentsync.files import replace_whole
from contentsync.standard_paths import grant_file


def read(folder: Path, root: Path) -> frozenset[str]:
    """The digest that was granted to the project in `root`; none where the file is not there or damaged."""
    try:
        told = json.loads(grant_file(folder, root).read_bytes())
    except (OSError, ValueError, RecursionError):
        return frozenset()
    right = isinstance(told, dict) and told.get("path") == os.path.realpath(root)
    digest = told.get("digest") if right else None
    return frozenset({digest}) if isinstance(digest, str) and digest else frozenset()


def record(folder: Path, root: Path, digest: str) -> None:
    """Keep one grant for the project in `root`, instead of any before it. Raises StoreError."""
    path = grant_file(folder, root)
    text = json.dumps({"path": os.path.realpath(root), "digest": digest}, indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_whole(path, text.encode())
    except OSError as err:
        what = f"can't save the grant in {folder}: {err.strerror or err}"
        hint = "make the folder writable, or name another one in CONTENTSYNC_DATA_DIR"
        raise StoreError(Problem("data-folder-unusable", what, hint)) from err
