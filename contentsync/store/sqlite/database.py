"""How is the state file opened, created, migrated and checked? Knows only SQLite, and nothing of posts.

All errors of sqlite3 become StoreError with a hint here, so no caller knows the driver.
"""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from contentsync.errors import Problem, StoreError
from contentsync.store.room import ROOM
from contentsync.store.sqlite.statements import Statements

HERE: Final = Path(__file__).parent
BUSY_SECONDS: Final = 30.0
OUR_TABLES: Final = 4
PAGES: Final = 65_536  # bytes that SQLite may need at once for its log and its index
NO_ROOM: Final = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
PROVEN: Final = 32_000_000  # bytes up to which a state is proven whole at each opening: about 2 ms a megabyte
MEND: Final = "put a backup in its place; or move it away, with its -wal, then run: contentsync state rebuild"
_LOOK: Final = """
SELECT (SELECT user_version FROM pragma_user_version), count(*),
    count(CASE WHEN name IN ('meta', 'posts', 'attempts', 'history') THEN 1 END)
FROM sqlite_master
"""


@lru_cache(maxsize=1)
def queries() -> Statements:
    """The statements of queries.sql as functions of a connection."""
    return Statements((HERE / "queries.sql").read_text(encoding="utf-8"))


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
        self._writes = 0
        self.path = path

    def stamp(self) -> tuple[int, int]:
        """Another value after every change of posts: of our own, or of any kind by another connection."""
        with self.reading() as connection:
            return self._writes, connection.execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translated(self.path):
            yield self._connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads of one and the same moment."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self, *, posts: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: on disk when the block is left, or not there at all. posts: it may change posts."""
        with self._lock, translated(self.path):
            self._writes += posts
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def check(self) -> None:
        """Prove, before anything is begun, that the file is whole and that there is room for what will be written.

        Raises StoreError.
        """
        with self.reading() as connection:
            _prove(connection, self.path)
            if self.path and shutil.disk_usage(self.path.parent).free < ROOM:
                raise StoreError(_no_room(self.path))

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def open_file(path: Path, *, is_proven: bool = False) -> Database:
    """The state at `path`, made where there is none, and migrated. Raises StoreError.

    is_proven: it was found whole before and is unchanged since, and nothing will be sent by what it says now.
    One process at a time makes or migrates it; a state that needs neither is opened without that lock.
    """
    with translated(path):
        make_folder(path.parent)
        if path.exists() and (ready := _opened(path, _is_ready, is_proven=is_proven)):
            return Database(ready, path)
        from filelock import FileLock

        with FileLock(path.with_name(f"{path.name}.new.lock"), timeout=BUSY_SECONDS):
            if not path.exists():
                _make_file(path)
            made = _opened(path, _make)
            assert made is not None
            return Database(made, path)


def open_copy(path: Path) -> Database:
    """The state as it is now, for a look: what is changed in the copy goes nowhere. Raises StoreError."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with translated(path):
        source = open_to_read(path)
        try:
            _version_of(source, path)
            source.backup(copy)
        finally:
            source.close()
        _prove(copy, path)
        _migrate(copy, None)
    return Database(copy, path)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, not even an index of the log beside the file where there is none."""
    log, index = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
    settled = not log.exists() or not log.stat().st_size  # all that was written is in the file itself
    if not settled or index.exists():  # somebody has it open, or had when it was killed
        try:
            return _looking(path, "mode=ro")
        except sqlite3.OperationalError:
            if not settled:
                raise
    return _looking(path, "immutable=1")


def _looking(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute(_LOOK).fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_memory() -> Database:
    """A state that nobody keeps: for a plan where no file may be made."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection, None)
    return Database(connection, None)


def make_folder(folder: Path) -> None:
    """Make a folder for a state. One that is ours alone, by its name or since we made it, is hidden from git."""
    is_ours = folder.name == ".contentsync" or not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if is_ours:
        with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as ignore:
            ignore.write("# Local state: never in git.\n*\n")


def _make_file(path: Path) -> None:
    """A new state, in its place only once it is whole: an empty file there is one that lost what it had."""
    part = path.with_name(f"{path.name}.part")
    for left in path.parent.glob(f"{path.name}[.-]*"):
        if left.name in {part.name, f"{part.name}-wal", f"{path.name}-wal", f"{path.name}-shm", f"{part.name}-shm"}:
            left.unlink()
    part.touch(mode=0o600)  # it bears upload URLs
    made = _opened(part, _make)
    assert made is not None
    made.close()
    part.replace(path)


def _opened(
    path: Path, prepare: Callable[[sqlite3.Connection, Path], bool], *, is_proven: bool = False
) -> sqlite3.Connection | None:
    """A connection to the file; None where `prepare` says that it can't be used yet."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    usable = False
    try:
        if usable := prepare(connection, path):
            if not is_proven and path.stat().st_size <= PROVEN:
                _prove(connection, path)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # a used upload URL is gone from the file as well
    finally:
        if not usable:
            connection.close()
    return connection if usable else None


def _prove(connection: sqlite3.Connection, path: Path | None) -> None:
    """Look at every page: one that is damaged is met by chance alone otherwise. Raises StoreError."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        what = f"the state at {path} is damaged: {' '.join(str(found).split())}"
        raise StoreError(Problem("state-corrupt", what, MEND))


def _is_ready(connection: sqlite3.Connection, path: Path) -> bool:
    version = _version_of(connection, path)
    return version == len(migrations()) and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def _make(connection: sqlite3.Connection, path: Path) -> bool:
    version = _version_of(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    if version < len(migrations()):
        _migrate(connection, path)
    return True


def _version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema of a state, 0 for a new file. Read at once, so that another process can't make it in between.

    Raises StoreError for a file of another program, to which nothing is done, and for a newer state.
    """
    if path.exists() and not path.stat().st_size and not path.name.endswith(".part"):
        raise StoreError(Problem("state-corrupt", f"the state at {path} is damaged: it is empty", MEND))
    version, tables, ours = connection.execute(_LOOK).fetchone()
    if tables and (not version or ours < OUR_TABLES):
        what = f"{path} is a SQLite file, but not a contentsync state"
        raise StoreError(Problem("state-foreign", what, "name another file under `state:` in contentsync.yaml"))
    if version > len(migrations()):
        what = f"{path} was written by a newer contentsync (schema {version}; this one knows {len(migrations())})"
        raise StoreError(Problem("state-newer", what, "upgrade contentsync on this machine"))
    return int(version)


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
    target.touch(mode=0o600)
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a constraint that did its work: the caller knows which
    except sqlite3.Error as err:
        raise StoreError(_problem(path, err)) from err
    except OSError as err:
        if err.errno in NO_ROOM:
            raise StoreError(_no_room(path)) from err
        what = f"the state at {path} can't be opened: {err.strerror or err}"
        raise StoreError(Problem("state-unusable", what, "check the folder's owner, mode and free space")) from err


def _problem(path: Path | None, err: sqlite3.Error) -> Problem:
    name = getattr(err, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        return _no_room(path)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        what = f"the state at {path} can't be written: {err}"
        return Problem("state-read-only", what, "make the file and its folder writable")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Problem("state-corrupt", f"the state at {path} is damaged: {err}", MEND)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        what = f"the state at {path} stayed busy for {BUSY_SECONDS:g} s"
        return Problem(
            "state-busy", what, "find out which other program has the file open, then run the command again"
        )
    return Problem(
        "state-error", f"the state at {path} can't be used: {err} ({name})", "check free space and file permissions"
    )


def _is_full(path: Path | None) -> bool:
    """Whether what went wrong with the file is that its disk has no room: SQLite tells it in several ways."""
    with suppress(OSError):
        return path is not None and shutil.disk_usage(path.parent).free < PAGES
    return False


def _no_room(path: Path | None) -> Problem:
    return Problem(
        "state-full", f"no room to write the state at {path}", "free some space, then run the command again"
    )
