"""Where is a state in a file, and who may change it? Opens the file; holds its lock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from contentsync.clock import Clock
from contentsync.errors import StoreError
from contentsync.frozen import frozen
from contentsync.store.room import why_not_writable
from contentsync.store.sqlite.state import SqliteStore


@frozen
class SqliteBackend:
    """A state in the file at `path`."""

    path: Path
    #: Opens the file, made where there is none.
    opens: Callable[[Path], SqliteStore] = SqliteStore.open

    @property
    def place(self) -> str:
        return str(self.path)

    def open(self) -> SqliteStore:
        return self.opens(self.path)

    def look(self, *, is_proven: bool = False) -> tuple[SqliteStore, str]:
        if self.path.exists() and (why := why_not_writable(self.path)):
            return SqliteStore.open_copy(self.path), why
        try:
            return (SqliteStore.open_proven(self.path) if is_proven else self.open()), ""
        except StoreError:
            if self.path.exists():
                raise
            return SqliteStore.in_memory(), ""

    def fresh(self) -> SqliteStore:
        return SqliteStore.open_copy(self.path)

    def lock(self, doing: str, clock: Clock, timeout: float = 0.0) -> AbstractContextManager[None]:
        from contentsync.store.lock import apply_lock

        return apply_lock(self.path.parent, doing, clock, timeout)

    def watching(self, clock: Clock) -> AbstractContextManager[None]:
        from contentsync.store.lock import watch_lock

        return watch_lock(self.path.parent, clock)
