"""What did people decide about an identity's earlier posts?"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from contentsync.store.sqlite import rows
from contentsync.store.sqlite.history import SqliteHistory


class SqliteDecisions(SqliteHistory):
    """The decisions of one state. What each call does is written in store/port/."""

    def leave_out(self, open_id: str, marks: Collection[str], now: datetime) -> None:
        """Keep which posts were not among those for which existing-posts was lifted last, by name and media."""
        if self.left_out(open_id) == frozenset(marks):
            return
        with self._db.writing() as db:
            self._q.set_meta(db, name=f"left out: {open_id}", value=json.dumps(sorted(marks)))
            self._history(db, now, "guard-stays", open_id=open_id, detail={"posts": sorted(marks)})

    def left_out(self, open_id: str) -> frozenset[str]:
        """The names and media of those posts."""
        with self._db.reading() as db:
            row = self._q.meta(db, name=f"left out: {open_id}")
        return frozenset(json.loads(row["value"])) if row else frozenset()

    def become_acquainted(self, open_id: str, now: datetime) -> None:
        """Remember that a person took note of what an identity had posted before this state."""
        if self.is_acquainted(open_id):
            return
        with self._db.writing() as db:
            self._q.set_meta(db, name=f"acquainted: {open_id}", value=str(rows.to_ms(now)))
            self._history(db, now, "acquainted", open_id=open_id)

    def is_acquainted(self, open_id: str) -> bool:
        """Whether a person took note of that."""
        with self._db.reading() as db:
            return self._q.meta(db, name=f"acquainted: {open_id}") is not None
