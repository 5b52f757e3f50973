"""Copy the state to another file, and prove the copy."""

from __future__ import annotations

from pathlib import Path

from contentsync.errors import Problem, StoreError
from contentsync.project import Project
from contentsync.store.sqlite import inspection


def back_up(project: Project, target: Path) -> dict[str, int]:
    """Copy the state to a new file and prove the copy; how many rows its tables have. Raises StoreError."""
    store, why = project.reading_store, ""
    if (source := store.path) is None or not any(store.creators()):
        why = "there is no state yet"
    elif target.exists():
        why = f"{target} is there already"
    if why or source is None:
        raise StoreError(Problem("not-backed-up", f"{why}; nothing was written", ""))
    try:
        store.backup(target)
        return inspection.proven(target, "copy it to another disk")
    except StoreError:
        target.unlink(missing_ok=True)
        inspection.proven(source)  # a copy of what is damaged is not to blame
        raise
