"""What happened to each post? The calls by which all other code reads and changes the state.

The danger: two processes, or one process before and after a crash, write about the same post, and the second write
hides an attempt that the first one began.

The rule: every change is one transaction that repeats its precondition and adds a line of history. The constraints of
the schema hold, whatever the code does: one open or unknown attempt for a post, one publish_id for an attempt, one
post for a video.

Why that is enough: a process that acts on an old view fails at its write, before its request. Callers see two of
these failures, `AttemptOpen` and `Superseded`; every other one is a StoreError.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Self

from contentsync.errors import Problem, StoreError
from contentsync.post_state import PostState
from contentsync.store.port.values import Shared
from contentsync.store.sqlite import kin, marks, migration
from contentsync.store.sqlite.accounts import SqliteAccounts
from contentsync.store.sqlite.approvals import SqliteApprovals
from contentsync.store.sqlite.calendar import SqliteCalendar
from contentsync.store.sqlite.database import Database, backup, open_copy, open_file, open_memory
from contentsync.store.sqlite.decisions import SqliteDecisions
from contentsync.store.sqlite.events import SqliteEvents
from contentsync.store.sqlite.figures import SqliteFigures
from contentsync.store.sqlite.hosted import SqliteHosted
from contentsync.store.sqlite.outbox import SqliteOutbox
from contentsync.store.sqlite.pauses import SqlitePauses
from contentsync.store.sqlite.remote import SqliteRemote
from contentsync.store.sqlite.restoring import SqliteRestoring
from contentsync.store.sqlite.runs import SqliteRuns


class SqliteStore(SqliteRestoring, SqliteRuns, SqliteDecisions, SqliteRemote):
    """The state of one project, in a SQLite file or in memory. What each call does is written in store/port/."""

    def __init__(self, database: Database, who: str | None = None) -> None:
        super().__init__(database, who)
        self.events = SqliteEvents(database)
        self.accounts = SqliteAccounts(database, self._history)
        self.approvals = SqliteApprovals(database, self._history)
        self.pauses = SqlitePauses(database, self._history, self._who)
        self.figures = SqliteFigures(database)
        self.outbox = SqliteOutbox(database)
        self.calendar = SqliteCalendar(database)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The state at `path`, made where there is none. Raises StoreError."""
        return cls(open_file(path))

    @classmethod
    def open_proven(cls, path: Path) -> Self:
        """The state at `path`, which was found whole before and is unchanged since. Raises StoreError."""
        return cls(open_file(path, is_proven=True))

    @classmethod
    def open_copy(cls, path: Path) -> Self:
        """The state at `path` as it is now; what is changed in it goes nowhere. Raises StoreError."""
        return cls(open_copy(path))

    @classmethod
    def in_memory(cls) -> Self:
        """A state that ends with the process."""
        return cls(open_memory())

    #: A state in a file is not shared.
    machine = ""

    def catch_up(self, now: datetime, *, share: bool = True) -> Problem | None:  # noqa: ARG002
        return None

    def use_copy(self) -> Problem | None:
        return None

    def share(self, now: datetime) -> None:
        pass

    @property
    def moved_to(self) -> str:
        return migration.moved_to(self._db)

    def take_over(self, rows: list[PostState], rest: Path, lineage: str, now: datetime) -> None:  # noqa: ARG002
        migration.take_lineage(self._db, lineage)
        migration.close_for(self._db, "")
        migration.put_rows(self._db, rows)
        migration.put_rest(self._db, rest)

    def close_for(self, place: str, now: datetime) -> None:
        self.record("moved", now, to=place)
        migration.close_for(self._db, place)

    @property
    def is_kept(self) -> bool:
        return self._db.path is not None

    def stamp(self) -> tuple[int, int]:
        return self._db.stamp()

    def close(self) -> None:
        self._db.close()

    @property
    def lineage(self) -> str:
        """A name given to this state when it was made; a copy keeps it, a new state has another."""
        with self._db.reading() as db:
            return str(self._q.meta(db, name="lineage")["value"])

    @property
    def has_fixed_lineage(self) -> bool:
        return True

    @property
    def serial(self) -> int:
        """Rises whenever an attempt, a binding or a generation changes."""
        with self._db.reading() as db:
            return int(self._q.meta(db, name="serial")["value"])

    @property
    def hosted(self) -> SqliteHosted:
        """What was put where TikTok fetches photos."""
        return SqliteHosted(self._db)

    def check(self) -> None:
        """Prove that the state is whole, and has room for what will be written. Raises StoreError."""
        self._db.check()

    def backup(self, target: Path) -> dict[str, int]:
        from contentsync.store.sqlite import inspection

        with self._db.reading() as db:
            backup(db, target)
        try:
            return inspection.proven(target, "copy it to another disk")
        except StoreError:
            target.unlink(missing_ok=True)
            if self._db.path:
                inspection.proven(self._db.path)  # raises where the state itself is damaged, not its copy
            raise

    def marks(self) -> dict[str, str]:
        return marks.marks(self._db)

    def mark_of(self, row: PostState, bound: Collection[str]) -> str:
        return marks.mark_of(row, bound)

    def has_kin(self, open_id: str, known: frozenset[str], shared: Shared) -> bool:
        return kin.has_kin(self._db, open_id, known, shared)

    def others_show(self, open_id: str, known: frozenset[str]) -> bool:
        return kin.others_show(self._db, open_id, known)
