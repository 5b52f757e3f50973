"""What has been begun for which identity on this machine, and by which state? Notes in the user's data folder.

They outlive a deleted project, so that a new state is not taken for the first one, nor an older copy for the newest.
One file an identity, one line a note, only ever added to.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contentsync.errors import Problem, StoreError
from contentsync.evidence.noted import Noted


def read(folder: Path, open_id: str) -> list[Noted]:
    """All that was noted of an identity, oldest first; a line that was cut off or damaged tells nothing."""
    try:
        lines = _file_of(folder, open_id).read_bytes().splitlines()
    except OSError:
        return []
    return [note for at, line in enumerate(lines) if (note := _note_of(line, at))]


def note(folder: Path, open_id: str, noted: Noted) -> None:
    """Remember it, on disk before this returns. Raises StoreError."""
    path = _file_of(folder, open_id)
    if not noted.attempt and any(one.lineage == noted.lineage for one in read(folder, open_id)):
        return
    line = json.dumps({key: value for key, value in asdict(noted).items() if value and key != "at"})
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _append(path, f"\n{line}\n".encode())  # begins a line, whatever was cut off before it
    except OSError as err:
        what = f"what posts from this machine can't be noted in {folder}: {err.strerror or err}"
        hint = "make the folder writable for you, or name another one in CONTENTSYNC_DATA_DIR"
        raise StoreError(Problem("data-folder-unusable", what, hint)) from err


def _file_of(folder: Path, open_id: str) -> Path:
    """An open_id may hold anything, and a file's name may not."""
    return folder / "lineages" / f"{hashlib.sha256(open_id.encode()).hexdigest()[:32]}.jsonl"


def _append(path: Path, line: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        written = os.write(handle, line)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    finally:
        os.close(handle)


def _note_of(line: bytes, at: int) -> Noted | None:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, Mapping) or not isinstance(told.get("lineage"), str):
        return None
    return Noted(
        lineage=told["lineage"],
        attempt=_text(told, "attempt"),
        name=_text(told, "name"),
        generation=_count(told, "generation"),
        number=_count(told, "number"),
        media=_text(told, "media"),
        sent=told.get("sent") is True,
        at=at,
    )


def _text(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else ""


def _count(told: Mapping[str, Any], key: str) -> int:
    value = told.get(key)
    return value if isinstance(value, int) else 1
