"""Which states have posted for which account on this machine? A note in the user's data folder.

It outlives a deleted project, so that a new state is not taken for the first one.
"""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock

from contentsync.errors import Problem, StoreError


def others(folder: Path, open_id: str, lineage: str) -> bool:
    """Whether another state than `lineage` has posted for this open_id."""
    return any(known != lineage for known in _read(folder).get(open_id, []))


def note(folder: Path, open_id: str, lineage: str) -> None:
    """Remember that `lineage` posts for this open_id. Raises StoreError."""
    if lineage in _read(folder).get(open_id, []):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / "lineages.lock", timeout=10):
            noted = _read(folder)
            noted.setdefault(open_id, []).append(lineage)
            part = folder / "lineages.json.part"
            part.write_text(json.dumps(noted, indent=1), encoding="utf-8")
            part.replace(folder / "lineages.json")
    except OSError as err:
        what = f"what posts from this machine can't be noted in {folder}: {err.strerror or err}"
        hint = "make the folder writable for you, or name another one in CONTENTSYNC_DATA_DIR"
        raise StoreError(Problem("data-folder-unusable", what, hint)) from err


def _read(folder: Path) -> dict[str, list[str]]:
    try:
        noted = json.loads((folder / "lineages.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(noted, dict):
        return {}
    return {open_id: known for open_id, known in noted.items() if isinstance(known, list)}
