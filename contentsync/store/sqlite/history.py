"""What happened, and who did it? The lines of history, written within the transaction of each change."""

from __future__ import annotations

import getpass
import json
import os
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries


def whoami() -> str:
    """Who is at work, for the history: the CI's word, else the user's name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = f"uid {os.getuid()}" if hasattr(os, "getuid") else "someone"
    return f"{user} (CI)" if os.environ.get("CI") else user


class SqliteHistory:
    """The history of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database, who: str | None = None) -> None:
        self._db = database
        self._q = queries()
        self._who = who or whoami()

    @property
    def who(self) -> str:
        """Who is at work, for the history."""
        return self._who

    def record(self, what: str, now: datetime, **detail: object) -> None:
        """A line of history that belongs to no post."""
        with self._db.writing() as db:
            self._history(db, now, what, detail=detail)

    def history(self, uid: str | None = None) -> list[dict[str, Any]]:
        """The lines of history, oldest first; of one post, or of all. `at` is a datetime, `detail` a mapping."""
        with self._db.reading() as db:
            found = self._q.history(db) if uid is None else self._q.history_of(db, post_uid=uid)
            return [_line(row) for row in found]

    def latest_history(self, count: int) -> list[dict[str, Any]]:
        with self._db.reading() as db:
            return [_line(row) for row in self._q.latest_history(db, count=count)]

    def shared_history(self, open_id: str, name: str) -> str:  # noqa: ARG002
        return ""

    def _tell(
        self,
        db: sqlite3.Connection,
        attempt: Attempt,
        what: str,
        now: datetime,
        *,
        before: str,
        **detail: object,
    ) -> None:
        post = self._q.post(db, uid=attempt.post_uid)
        self._history(
            db,
            now,
            what,
            open_id=attempt.open_id,
            post_uid=attempt.post_uid,
            post=f"{post['account']}/{post['name']}",
            attempt_id=attempt.id,
            phase_before=before,
            phase_after=attempt.phase,
            detail=detail,
            log_id=attempt.log_id,
        )

    def _note(
        self, db: sqlite3.Connection, row: PostState, what: str, now: datetime, *, post: str, **detail: object
    ) -> None:
        self._history(db, now, what, open_id=row.open_id, post_uid=row.uid, post=post, detail=detail)

    def _history(self, db: sqlite3.Connection, now: datetime, what: str, **more: Any) -> None:
        blank = dict.fromkeys(
            ("open_id", "post_uid", "post", "attempt_id", "phase_before", "phase_after", "log_id"), ""
        )
        detail = json.dumps(more.pop("detail", {}), ensure_ascii=False, sort_keys=True, default=str)
        line = blank | {"at": rows.to_ms(now), "who": self._who, "what": what, "detail": detail} | more
        self._q.add_history(db, **line)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of history, with its time and its detail as values."""
    return dict(row) | {"at": rows.moment(row["at"]), "detail": json.loads(row["detail"])}
