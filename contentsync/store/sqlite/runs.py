"""What do processes at work tell each other? The calls made, the accounts stopped, the plans used."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta

from contentsync.errors import Problem
from contentsync.post import Mode
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.history import SqliteHistory


class SqliteRuns(SqliteHistory):
    """The runs of one state. What each call does is written in store/port/."""

    def stop_account(self, open_id: str, run_id: str, mode: Mode | None, why: Problem, now: datetime) -> None:
        """Begin nothing more for an account in this run, in any process; the first reason stays.

        mode: only posts of that mode are stopped; None: all of them.
        """
        name, told = mode or "all", {"code": why.code, "what": why.what, "hint": why.hint}
        with self._db.writing(posts=False) as db:
            stops = {name: told} | self._stops(db, open_id, run_id)
            self._q.set_meta(db, name=f"stopped: {open_id}", value=json.dumps({"run": run_id, "stops": stops}))
            self._history(db, now, "account-stopped", open_id=open_id, detail={"of": name, "run": run_id} | told)

    def account_stop(self, open_id: str, run_id: str, mode: Mode) -> Problem | None:
        """What stopped an account's posts of this mode in this run; None where nothing did."""
        with self._db.reading() as db:
            stops = self._stops(db, open_id, run_id)
        told = stops.get("all") or stops.get(mode)
        return Problem(told["code"], told["what"], told["hint"]) if told else None

    def _stops(self, db: sqlite3.Connection, open_id: str, run_id: str) -> dict[str, dict[str, str]]:
        row = self._q.meta(db, name=f"stopped: {open_id}")
        told = json.loads(row["value"]) if row else {}
        return dict(told["stops"]) if told.get("run") == run_id else {}

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """Record a call where fewer than `limit` were made in the window; else the seconds until one may be."""
        at, span = rows.to_ms(now), window // timedelta(milliseconds=1)
        with self._db.writing(posts=False) as db:
            # Kept for a window longer than they count: a thread may have read its `now` and then slept.
            self._q.drop_calls(db, scope=scope, endpoint=endpoint, until=at - 2 * span, after=at + span)
            made = [row["at"] for row in self._q.calls(db, scope=scope, endpoint=endpoint, since=at - span)]
            if len(made) < limit:
                self._q.add_call(db, scope=scope, endpoint=endpoint, at=at)
                return 0.0
            return float(made[-limit] + span - at) / 1000

    def room_in(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """The seconds until one more call may be made, as `take` tells them; nothing is recorded."""
        at, span = rows.to_ms(now), window // timedelta(milliseconds=1)
        with self._db.reading() as db:
            calls = self._q.calls(db, scope=scope, endpoint=endpoint, since=at - span)
            made = [row["at"] for row in calls if row["at"] < at + span]
        return float(made[-limit] + span - at) / 1000 if len(made) >= limit else 0.0

    def use_plan(self, digest: str, run_id: str, now: datetime) -> bool:
        """Mark a saved plan as used; False where it was used before, by another run."""
        with self._db.writing() as db:
            self._q.use_plan(db, digest=digest, used_at=rows.to_ms(now), run_id=run_id)
            return bool(self._q.plan_use(db, digest=digest)["run_id"] == run_id)

    def plan_used_at(self, digest: str) -> datetime | None:
        with self._db.reading() as db:
            row = self._q.plan_use(db, digest=digest)
        return None if row is None else rows.moment(row["used_at"])
