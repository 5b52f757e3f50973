"""Where is a shared state, and where is this machine's copy of it?"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from filelock import FileLock

from contentsync.clock import Clock
from contentsync.errors import StoreError
from contentsync.frozen import frozen
from contentsync.store.git.branch import Branch
from contentsync.store.git.store import GitStore
from contentsync.store.lock import apply_lock, watch_lock
from contentsync.store.room import why_not_writable
from contentsync.store.sqlite.database import (
    BUSY_SECONDS,
    Database,
    open_copy,
    open_file,
    open_memory,
)
from contentsync.store.sqlite.shared import SharedCopy

MACHINE = "machine"


@frozen
class GitBackend:
    """A state on a branch; `path` is this machine's copy."""

    branch: Branch
    path: Path
    #: Opens the copy, made where there is none.
    opens: Callable[[Path], Database] = open_file

    @property
    def place(self) -> str:
        return f"{self.branch.remote}/{self.branch.name}"

    def open(self) -> GitStore:
        return self._store(self.opens(self.path), FileLock(f"{self.path}.lock", timeout=BUSY_SECONDS).acquire)

    def look(self, *, is_proven: bool = False) -> tuple[GitStore, str]:  # noqa: ARG002
        if self.path.exists() and (why := why_not_writable(self.path)):
            return self._store(open_copy(self.path)), why
        try:
            return self.open(), ""
        except StoreError:
            if self.path.exists():
                raise
            return self._store(open_memory()), ""

    def fresh(self) -> GitStore:
        return self._store(open_memory())

    def lock(self, doing: str, clock: Clock, timeout: float = 0.0) -> AbstractContextManager[None]:
        return apply_lock(self.path.parent, doing, clock, timeout)

    def watching(self, clock: Clock) -> AbstractContextManager[None]:
        return watch_lock(self.path.parent, clock)

    def _store(
        self, database: Database, alone: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> GitStore:
        return GitStore(database, self.branch, machine_of(database), alone=alone)


def machine_of(database: Database) -> str:
    """The name of this copy: the host's, and a mark of its own, so that two copies on one host differ."""
    copy = SharedCopy(database)
    if not copy.value(MACHINE):
        copy.remember(**{MACHINE: f"{socket.gethostname() or os.name}/{uuid.uuid4().hex[:12]}"})
    return copy.value(MACHINE)
