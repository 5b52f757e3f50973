"""What did people approve? One row for each generation of a post; each change is in the history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from contentsync.approval import Approval
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries


class SqliteApprovals:
    """The approvals of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database, history: Callable[..., None]) -> None:
        """history: adds a line of history within a transaction."""
        self._db, self._history = database, history
        self._q = queries()

    def all(self) -> list[Approval]:
        with self._db.reading() as db:
            return [_approval(row) for row in self._q.approvals(db)]

    def find(self, open_id: str, name: str, generation: int) -> Approval | None:
        with self._db.reading() as db:
            row = self._q.approval(db, open_id=open_id, name=name, generation=generation)
        return None if row is None else _approval(row)

    def of(self, open_id: str, name: str) -> list[Approval]:
        """Those of one post, by generation."""
        with self._db.reading() as db:
            return [_approval(row) for row in self._q.approvals_of(db, open_id=open_id, name=name)]

    def put(self, approval: Approval) -> None:
        """Make this the approval of its generation, as another machine tells it."""
        revoked_at = None if approval.revoked_at is None else rows.to_ms(approval.revoked_at)
        with self._db.writing(posts=False) as db:
            self._q.save_approval(db, **_row(approval))
            key = {"open_id": approval.open_id, "name": approval.name, "generation": approval.generation}
            self._q.end_approval(db, **key, used_by=approval.used_by, revoked_at=revoked_at)

    def save(self, *approvals: Approval) -> None:
        with self._db.writing(posts=False) as db:
            for one in approvals:
                self._q.save_approval(db, **_row(one))
                detail = {"digest": one.digest, "how": one.how, "generation": one.generation}
                self._tell(db, one, one.at, "approved", detail)

    def revoke(self, approval: Approval, now: datetime) -> bool:
        with self._db.writing(posts=False) as db:
            of = {"open_id": approval.open_id, "name": approval.name, "generation": approval.generation}
            revoked = bool(self._q.revoke_approval(db, **of, revoked_at=rows.to_ms(now)))
            if revoked:
                self._tell(db, approval, now, "approval-revoked", {"generation": approval.generation})
        return revoked

    def _tell(
        self, db: sqlite3.Connection, approval: Approval, now: datetime, what: str, detail: dict[str, object]
    ) -> None:
        self._history(db, now, what, open_id=approval.open_id, post=approval.key, detail=detail)


def _row(approval: Approval) -> dict[str, object]:
    return {
        "open_id": approval.open_id,
        "name": approval.name,
        "generation": approval.generation,
        "account": approval.account,
        "digest": approval.digest,
        "parts": json.dumps(dict(approval.parts), sort_keys=True),
        "who": approval.who,
        "how": approval.how,
        "at": rows.to_ms(approval.at),
    }


def _approval(row: Any) -> Approval:
    return Approval(
        account=row["account"],
        name=row["name"],
        open_id=row["open_id"],
        generation=row["generation"],
        digest=row["digest"],
        parts=json.loads(row["parts"]),
        who=row["who"],
        how=row["how"],
        at=rows.moment(row["at"]),
        used_by=row["used_by"],
        revoked_at=None if row["revoked_at"] is None else rows.from_ms(row["revoked_at"]),
    )
