"""Which accounts did a person pause? One value an account in the state; each change is in the history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Final

from contentsync.pause import Pause
from contentsync.store.sqlite.database import Database, queries

_NAME: Final = "paused: "


class SqlitePauses:
    """The pauses of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database, history: Callable[..., None], who: str) -> None:
        """history: adds a line of history within a transaction."""
        self._db, self._history, self._who = database, history, who
        self._q = queries()

    def all(self) -> tuple[Pause, ...]:
        with self._db.reading() as db:
            rows = list(self._q.meta_from(db, start=_NAME, end=_NAME + "\U0010ffff"))
        return tuple(_pause(json.loads(row["value"])) for row in rows)

    def add(self, account: str, open_id: str, why: str, now: datetime) -> Pause:
        pause = Pause(account, self._who, now, why, open_id)
        with self._db.writing(posts=False) as db:
            if row := self._q.meta(db, name=_NAME + account):
                return _pause(json.loads(row["value"]))
            self._put(db, pause)
            self._history(db, now, "paused", open_id=open_id, detail={"account": account or "all", "why": why})
        return pause

    def _put(self, db: sqlite3.Connection, pause: Pause) -> None:
        told = asdict(pause) | {"since": pause.since.isoformat()}
        self._q.set_meta(db, name=_NAME + pause.account, value=json.dumps(told))

    def put(self, account: str, pause: Pause | None) -> None:
        """Make this the pause of an account, as another machine tells it; None for none."""
        with self._db.writing(posts=False) as db:
            if pause is None:
                self._q.drop_meta(db, name=_NAME + account)
            else:
                self._put(db, pause)

    def lift(self, account: str, now: datetime) -> bool:
        with self._db.writing(posts=False) as db:
            lifted = bool(self._q.drop_meta(db, name=_NAME + account))
            if lifted:
                self._history(db, now, "resumed", detail={"account": account or "all"})
        return lifted


def _pause(told: dict[str, str]) -> Pause:
    since = datetime.fromisoformat(told["since"])
    return Pause(told["account"], told["who"], since, told["why"], told["open_id"])
