"""How is the state file opened, made, migrated and kept whole? SQLite only; knows no post.

Whatever sqlite3 raises is translated here into StoreError with a hint, so that no caller knows the driver.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from contentsync.errors import Problem, StoreError

HERE: Final = Path(__file__).parent
BUSY_SECONDS: Final = 30.0


@lru_cache(maxsize=1)
def queries() -> Any:
    """The statements of queries.sql as functions of a connection."""
    import aiosql

    return aiosql.from_path(HERE / "queries.sql", "sqlite3")


@lru_cache(maxsize=1)
def migrations() -> tuple[str, ...]:
    """The numbered scripts of schema.sql, in their order; what only SQLite words its way goes with them."""
    parts = re.split(r"(?m)^-- migration \d+\n", (HERE / "schema.sql").read_text(encoding="utf-8"))[1:]
    own = re.split(r"(?m)^-- migration \d+\n", (HERE / "sqlite.sql").read_text(encoding="utf-8"))[1:]
    return tuple(part + extra for part, extra in zip(parts, own, strict=True))


class Database:
    """One connection to one state file, shared by the threads of this process."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        connection.row_factory = sqlite3.Row
        self._connection = connection
        self._lock = threading.RLock()
        self.path = path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated(self.path):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: on disk when the block is left, or not there at all."""
        with self._lock, _translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def open_file(path: Path) -> Database:
    """The state at `path`, made where there is none, and migrated. Raises StoreError."""
    with _translated(path):
        _make_folder(path.parent)
        if path.exists():
            return Database(_opened(path), path)
        with FileLock(path.with_name(f"{path.name}.new.lock"), timeout=BUSY_SECONDS):
            return Database(_opened(path), path)


def open_memory() -> Database:
    """A state that nobody keeps: for a plan where no file may be made."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection, None)
    return Database(connection, None)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if folder.name == ".contentsync" and not ignore.exists():
        ignore.write_text("# Local state: never in git.\n*\n", encoding="utf-8")


def _opened(path: Path) -> sqlite3.Connection:
    connection = _connect(path)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    os.chmod(path, 0o600)  # noqa: PTH101  (it bears upload URLs)
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    _refuse_what_is_not_ours(connection, path)
    if connection.execute("PRAGMA user_version").fetchone()[0] < len(migrations()):
        _migrate(connection, path)


def _refuse_what_is_not_ours(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations()):
        what = f"{path} was written by a newer contentsync (schema {version}; this one knows {len(migrations())})"
        raise StoreError(Problem("state-newer", what, "upgrade contentsync on this machine"))
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        what = f"{path} is a SQLite file, but no state of contentsync's"
        raise StoreError(Problem("state-foreign", what, "name another file under `state:` in contentsync.yaml"))


def _migrate(connection: sqlite3.Connection, path: Path | None) -> None:
    """Bring the file to the newest schema, each migration in a transaction of its own, after a backup."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version and path:
        backup(connection, path.with_name(f"{path.name}.before-schema-{len(migrations())}"))
    for number, script in enumerate(migrations()[version:], start=version + 1):
        # Another process may have been quicker: the version is read again inside the transaction.
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] >= number:
            connection.rollback()
            continue
        for statement in _statements(script):
            connection.execute(statement)
        if number == 1:
            connection.execute("INSERT INTO meta VALUES ('lineage', ?), ('serial', '0')", (str(uuid.uuid4()),))
        connection.execute(f"PRAGMA user_version = {number}")
        connection.commit()


def _statements(script: str) -> Iterator[str]:
    """The script's statements; one ends where SQLite holds it to be complete (a trigger has `;` inside)."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text) and text.strip():
            yield text
            text = ""


def backup(connection: sqlite3.Connection, target: Path) -> None:
    """A whole copy of the state, consistent while others write."""
    copy = sqlite3.connect(target)
    with copy:
        connection.backup(copy)
    copy.close()
    os.chmod(target, 0o600)  # noqa: PTH101


@contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a constraint that did its work: the caller knows which
    except sqlite3.Error as err:
        raise StoreError(_problem(path, err)) from err
    except OSError as err:
        what = f"the state at {path} can't be opened: {err.strerror or err}"
        raise StoreError(Problem("state-unusable", what, "check the folder's owner, mode and free space")) from err


def _problem(path: Path | None, err: sqlite3.Error) -> Problem:
    name = getattr(err, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return Problem("state-full", f"no room to write the state at {path}", "free some space, then run it again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        what = f"the state at {path} can't be written: {err}"
        return Problem("state-read-only", what, "make the file and its folder writable for you")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        what = f"the state at {path} is damaged: {err}"
        return Problem("state-corrupt", what, "put a backup in its place, or rebuild it from the receipts")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        what = f"the state at {path} stayed busy for {BUSY_SECONDS:g} s"
        return Problem("state-busy", what, "see what else has the file open, then run it again")
    return Problem("state-error", f"the state at {path} can't be used: {err} ({name})", "free space and mode first")
