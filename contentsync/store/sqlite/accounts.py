"""Which TikTok account is each account of the project? The open_ids of its posts, and of its name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime

from contentsync.errors import Problem, StoreError
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.store.sqlite.database import Database, queries


class SqliteAccounts:
    """The identities of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database, history: Callable[..., None]) -> None:
        """history: adds a line of history within a transaction."""
        self._db = database
        self._q = queries()
        self._history = history

    def witnessed(self) -> list[Witnessed]:
        with self._db.reading() as db:
            return [
                Witnessed(
                    Identity(row["open_id"], row["union_id"], row["username"]), row["account"], rows=row["count"]
                )
                for row in self._q.witnessed_identities(db)
            ]

    def identity(self, open_id: str) -> Identity:
        with self._db.reading() as db:
            row = self._q.identity(db, open_id=open_id)
        return Identity(open_id, row["union_id"], row["username"]) if row else Identity(open_id)

    def pinned(self, account: str) -> str:
        with self._db.reading() as db:
            row = self._q.meta(db, name=f"pinned: {account}")
        return str(row["value"]) if row else ""

    def pin(self, account: str, open_id: str, now: datetime) -> bool:
        if self.pinned(account) == open_id:
            return False
        with self._db.writing(posts=False) as db:
            self._pin(db, account, open_id, now)
        return True

    def _pin(self, db: sqlite3.Connection, account: str, open_id: str, now: datetime) -> None:
        self._q.set_meta(db, name=f"pinned: {account}", value=open_id)
        self._history(db, now, "pinned", open_id=open_id, detail={"account": account})

    def rebind(self, old: str, new: str, account: str, now: datetime) -> int:
        try:
            with self._db.writing() as db:
                return self._rebind(db, old, new, account, now)
        except sqlite3.IntegrityError as err:
            what = f"both open_ids of {account} have a post of the same name, or the same video: {old} and {new}"
            hint = "settle one of the two by hand: contentsync state list, then contentsync state rm POST"
            raise StoreError(Problem("rebind-conflict", what, hint)) from err

    def _rebind(self, db: sqlite3.Connection, old: str, new: str, account: str, now: datetime) -> int:
        self._q.drop_bare_posts(db, open_id=new)
        self._q.rebind_attempts(db, new=new, old=old)
        moved = int(self._q.rebind_posts(db, new=new, account=account, old=old))
        self._q.rebind_bindings(db, new=new, old=old)
        self._q.rebind_hosted(db, new=new, old=old)
        self._q.rebind_videos(db, new=new, old=old)
        self._q.rebind_figures(db, new=new, old=old)
        self._rebind_left_out(db, old, new)
        self._pin(db, account, new, now)
        self._history(db, now, "rebound", open_id=new, detail={"account": account, "was": old, "posts": moved})
        self._q.raise_serial(db)
        return moved

    def _rebind_left_out(self, db: sqlite3.Connection, old: str, new: str) -> None:
        marks: set[str] = set()
        for open_id in (old, new):
            if row := self._q.meta(db, name=f"left out: {open_id}"):
                marks |= set(json.loads(row["value"]))
        self._q.drop_meta(db, name=f"left out: {old}")
        if marks:
            self._q.set_meta(db, name=f"left out: {new}", value=json.dumps(sorted(marks)))
