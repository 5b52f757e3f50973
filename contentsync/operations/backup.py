"""Copy the state to another file, and prove the copy."""

from __future__ import annotations

from pathlib import Path

from contentsync.errors import Problem, StoreError
from contentsync.files import output_place
from contentsync.project import Project


def back_up(project: Project, target: Path) -> dict[str, int]:
    """Copy the state to a new file and prove the copy; how many rows its tables have. Raises StoreError."""
    output_place(project.root, target)
    store, why = project.reading_store, ""
    if not store.is_kept or not any(store.creators()):
        why = "there is no state yet"
    elif target.exists():
        why = f"{target} exists already"
    if why:
        raise StoreError(Problem("not-backed-up", f"{why}; nothing was written", ""))
    return store.backup(target)
