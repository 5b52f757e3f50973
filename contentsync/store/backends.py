"""Which backend keeps the state that `state:` in the project file names?"""

from __future__ import annotations

from pathlib import Path

from contentsync.errors import Place, Problem, StoreError
from contentsync.store.port import Backend
from contentsync.store.sqlite.backend import SqliteBackend


def backend_of(root: Path, state: str) -> Backend:
    """The backend of a project. state: as the project file says. Raises StoreError for an unknown one."""
    if "://" in state and not state.startswith("file://"):
        what = f"state: {state.partition('://')[0]}://… needs a backend that this version does not have"
        hint = "name a file, such as .contentsync/state.db"
        raise StoreError(Problem("state-backend", what, hint, Place("contentsync.yaml")))
    return SqliteBackend(root / state)
