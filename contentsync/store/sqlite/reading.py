"""What do the rows say of each post? Reading posts and attempts; nothing here changes one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.history import SqliteHistory


class SqliteReading(SqliteHistory):
    """The posts of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database, who: str | None = None) -> None:
        super().__init__(database, who)
        self._held: dict[str, tuple[tuple[int, int], list[PostState]]] = {}
        #: By open_id and uid: the rows as they were read, and what they were built into.
        self._built: dict[str, dict[str, tuple[tuple[sqlite3.Row, ...], PostState]]] = {}

    def posts(self, open_id: str) -> list[PostState]:
        """All posts of an account, with their attempts; read again only after a change."""
        with self._db.snapshot() as db:
            stamp = self._db.stamp()
            held = self._held.get(open_id)
            if held is None or held[0] != stamp:
                held = self._held[open_id] = stamp, self._read_posts(db, open_id)
            return list(held[1])

    def _read_posts(self, db: sqlite3.Connection, open_id: str) -> list[PostState]:
        """All posts; only those whose rows differ from what was read before are built anew."""
        attempts: dict[str, list[sqlite3.Row]] = {}
        for row in self._q.attempts(db, open_id=open_id):
            attempts.setdefault(row["post_uid"], []).append(row)
        before, built = self._built.get(open_id, {}), {}
        for row in self._q.posts(db, open_id=open_id):
            read = (row, *attempts.get(row["uid"], ()))
            kept = before.get(row["uid"])
            same = kept is not None and kept[0] == read
            built[row["uid"]] = kept if kept and same else (read, rows.post_of(row, map(rows.attempt_of, read[1:])))
        self._built[open_id] = built
        return [post for _, post in built.values()]

    def post(self, uid: str) -> PostState | None:
        with self._db.reading() as db:
            return self._whole(db, self._q.post(db, uid=uid))

    def post_named(self, open_id: str, name: str) -> PostState | None:
        with self._db.reading() as db:
            return self._whole(db, self._q.post_named(db, open_id=open_id, name=name))

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt as it stands now. Raises KeyError when there is none."""
        with self._db.reading() as db:
            row = self._q.attempt(db, id=attempt_id)
        if row is None:
            raise KeyError(attempt_id)
        return rows.attempt_of(row)

    def changed_since(self, since: datetime) -> list[PostState]:
        with self._db.reading() as db:
            uids = [row["post_uid"] for row in self._q.changed_since(db, since=rows.to_ms(since))]
        return [row for uid in uids if (row := self.post(uid))]

    def unfinished_or_since(self, open_id: str, since: datetime) -> list[PostState]:
        with self._db.reading() as db:
            found = self._q.unfinished_or_since(db, open_id=open_id, since=rows.to_ms(since))
            uids = [row["post_uid"] for row in found]
        return [row for uid in uids if (row := self.post(uid))]

    def attempts_since(self, since: datetime) -> list[Attempt]:
        """The attempts of all accounts that began at or after `since`, oldest first."""
        with self._db.reading() as db:
            return [rows.attempt_of(row) for row in self._q.attempts_since(db, since=rows.to_ms(since))]

    def has_unknown(self, open_id: str) -> bool:
        """Whether any attempt of the account may be live or not."""
        with self._db.reading() as db:
            return self._q.an_unknown(db, open_id=open_id) is not None

    def identities(self) -> list[str]:
        with self._db.reading() as db:
            return [row["open_id"] for row in self._q.identities(db)]

    def _whole(self, db: sqlite3.Connection, row: Mapping[str, Any] | None) -> PostState | None:
        if row is None:
            return None
        attempts = map(rows.attempt_of, self._q.attempts_of(db, post_uid=row["uid"]))
        return rows.post_of(row, attempts)
