"""How does a state come into another one, and how is the old one closed? Rows are put whole; the rest is copied.

Nothing is overwritten but pauses and approvals: what else the target knows stays. So a copy that was cut off is
simply made again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from contentsync.post_state import PostState
from contentsync.store.sqlite.database import Database, open_to_read, queries, translated
from contentsync.store.sqlite.shared import SharedCopy

MOVED: Final = "moved to"
_TABLES: Final = (
    "creators",
    "videos",
    "video_lists",
    "plans",
    "webhook_events",
    "told_visibility",
    "removed_access",
    "hosted",
    "figures",
    "recipients",
    "notices",
    "calendar_entries",
    "bindings",
)
_DECISIONS: Final = (
    "name LIKE 'pinned: %' OR name LIKE 'acquainted: %' OR name LIKE 'left out: %' OR name LIKE 'paused: %'"
)


def moved_to(database: Database) -> str:
    """Where this state went, as `state:` says it; empty while it is in use."""
    return SharedCopy(database).value(MOVED)


def attempts_left(path: Path) -> frozenset[str]:
    """The attempts that the state at `path` knows; none where it was moved. Raises StoreError."""
    with translated(path):
        db = open_to_read(path)
        try:
            if any(db.execute("SELECT 1 FROM meta WHERE name = ? AND value <> ''", (MOVED,))):
                return frozenset()
            return frozenset(row[0] for row in db.execute("SELECT id FROM attempts"))
        finally:
            db.close()


def close_for(database: Database, place: str) -> None:
    """Mark the state as moved. place: as `state:` says it; empty opens it again."""
    SharedCopy(database).remember(**{MOVED: place})


def put_rows(database: Database, rows: Iterable[PostState]) -> None:
    """Make the rows of these posts exactly these."""
    copy = SharedCopy(database)
    for row in rows:
        copy.put(row)


def put_rest(database: Database, copy: Path) -> None:
    """Copy all that is no row from the state at `copy`: decisions, history, lists, events, and where it lay.

    A state without attempts takes over the lineage too: it is the same state in another place.
    """
    with database.reading() as db:
        db.execute("ATTACH ? AS old", (str(copy),))
        try:
            _copy_all(db)
        finally:
            db.execute("DETACH old")


def _copy_all(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for table in _TABLES:
            db.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM old.{table}")  # noqa: S608  (names of ours)
        # What the target still has of an earlier stay may have been revoked, used or resumed since.
        db.execute("INSERT OR REPLACE INTO approvals SELECT * FROM old.approvals")
        db.execute("DELETE FROM meta WHERE name LIKE 'paused: %'")
        db.execute(f"INSERT OR IGNORE INTO meta SELECT * FROM old.meta WHERE {_DECISIONS}")  # noqa: S608
        columns = _columns(db, "history")
        db.execute(
            f"INSERT INTO history ({columns}) SELECT {columns} FROM old.history "  # noqa: S608
            f"EXCEPT SELECT {columns} FROM history ORDER BY at"
        )
        db.execute(
            "UPDATE posts SET public_at = (SELECT public_at FROM old.posts AS was WHERE was.uid = posts.uid) "
            "WHERE public_at IS NULL"
        )
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _columns(db: sqlite3.Connection, table: str) -> str:
    """All columns but the number of the line."""
    names = [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]
    return ", ".join(name for name in names if name != "seq")


def take_lineage(database: Database, lineage: str) -> None:
    """Carry the name of the state on, where nothing was made under another one."""
    with database.writing() as db:
        if not any(_attempts(db)):
            queries().set_meta(db, name="lineage", value=lineage)


def _attempts(db: Any) -> Iterable[object]:
    found: Iterable[object] = db.execute("SELECT 1 FROM attempts LIMIT 1")
    return found
