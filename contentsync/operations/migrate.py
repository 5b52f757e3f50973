"""Move the state from one backend to another: copy it, verify every row, then close the old one.

The danger: two states in use at once, and each posts what the other one posted. So the old state is closed last, once
a new read of the new one shows every row. From then on the old state refuses to work. A crash before that
leaves the old state in use; the same command, run again, finishes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from contentsync.errors import Problem, StoreError, UsageError
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.store.git.documents import post_text
from contentsync.store.git.merge import merged
from contentsync.store.port.backend import Backend
from contentsync.store.port.store import Store


@frozen
class Migrated:
    """What was moved, and where it is now."""

    place: str
    posts: int
    #: Whether an earlier run had moved it already.
    was_done: bool = False


def migrate(project: Project, to: str) -> Migrated:
    """Move the state to `to`, written as in `state:`. Raises StoreError, UsageError: the old one stays in use."""
    source, target = project.backend, project.backend_at(to)
    if source.place == target.place:
        raise UsageError(Problem("migrate-same", f"the state is at {source.place} already", ""))
    with project.bare_lock("contentsync state migrate"):
        old = source.open()
        try:
            if old.moved_to == to:
                return Migrated(target.place, 0, was_done=True)
            if old.moved_to:
                raise StoreError(Problem("state-moved", f"{source.place} moved to {old.moved_to} already", ""))
            return Migrated(target.place, _move(project, old, target, to))
        finally:
            old.close()


def _move(project: Project, old: Store, target: Backend, to: str) -> int:
    now = project.clock.now()
    old.check()
    _read(old, project)
    rows = list(_all(old))
    _refuse_open(rows)
    new = target.open()
    try:
        _read(new, project)
        _refuse_stranger(new, rows, target.place)
        rows = [_to_be(row, new.post_named(row.open_id, row.name)) for row in rows]
        with tempfile.TemporaryDirectory(prefix="contentsync-") as folder:
            copy = Path(folder) / "state.db"
            old.backup(copy)
            new.take_over(rows, copy, old.lineage, now)
    finally:
        new.close()
    _verify(rows, target, project)
    old.close_for(to, now)
    return len(rows)


def _read(store: Store, project: Project) -> None:
    """A shared state is read first. Raises StoreError where it can't be."""
    behind = store.catch_up(project.clock.now())
    if behind is not None and behind.code != "state-moved":  # one that was closed is opened again
        raise StoreError(behind)


def _all(store: Store) -> Iterable[PostState]:
    return (row for open_id in store.identities() for row in store.posts(open_id))


def _refuse_open(rows: Iterable[PostState]) -> None:
    """Refuse to move open uploads: only the old state has their addresses."""
    sending = {Phase.INTENT, Phase.UPLOADING}
    if keys := sorted(row.key for row in rows if row.last and row.last.phase in sending):
        what = f"{', '.join(keys[:5])}: an upload is open, and only this state can go on with it"
        raise StoreError(Problem("migrate-open-attempt", what, "run: contentsync apply; then migrate again"))


def _refuse_stranger(new: Store, rows: list[PostState], place: str) -> None:
    """A closed state is opened again only by one that knows all it knew: it may be in use where it moved to."""
    if not new.moved_to:
        return
    known = {attempt.id for row in rows for attempt in row.attempts}
    if unknown := {attempt.id for row in _all(new) for attempt in row.attempts} - known:
        what = f"{place} moved to {new.moved_to}; this state is another one: it lacks {len(unknown)} of its attempts"
        raise StoreError(Problem("state-moved", what, "run this where that state is in use now"))


def _to_be(row: PostState, known: PostState | None) -> PostState:
    """The row in the new state, which may know the post already. Raises StoreError where both sent something."""
    return row if known is None else merged(row, known)


def _verify(rows: list[PostState], target: Backend, project: Project) -> None:
    """Read the new state again, and compare every row. Raises StoreError."""
    fresh = target.fresh()
    try:
        _read(fresh, project)
        wrong = [row.key for row in rows if not _is_there(row, fresh.post_named(row.open_id, row.name))]
    finally:
        fresh.close()
    if wrong:
        what = (
            f"{target.place} does not contain what was written for {', '.join(wrong[:5])}; the old state stays in use"
        )
        raise StoreError(Problem("migrate-not-verified", what, "run the same command again"))


def _is_there(row: PostState, found: PostState | None) -> bool:
    return found is not None and post_text(found) == post_text(row)
