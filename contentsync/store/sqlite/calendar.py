"""What did the calendar file say last of each post? So a calendar program notices that an entry moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from contentsync.calendar_entry import Shown
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries


class SqliteCalendar:
    """The calendar's memory of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._q = queries()

    def show(self, open_id: str, entries: Mapping[str, Shown], now: datetime) -> dict[str, Shown]:
        with self._db.writing(posts=False) as db:
            for name, one in entries.items():
                told = {"starts_at": one.starts_at, "digest": one.digest, "changed_at": rows.to_ms(now)}
                self._q.show_entry(db, open_id=open_id, name=name, **told)
        found = self._known(open_id)
        return {name: found[name] for name in entries}

    def learn(self, open_id: str, entries: Mapping[str, Shown]) -> None:
        with self._db.writing(posts=False) as db:
            for name, one in entries.items():
                told = {"starts_at": one.starts_at, "digest": one.digest, "sequence": one.sequence}
                self._q.put_entry(
                    db, open_id=open_id, name=name, changed_at=rows.to_ms(one.changed_at or rows.EPOCH), **told
                )

    def share(self, now: datetime) -> bool:  # noqa: ARG002
        return True

    def _known(self, open_id: str) -> dict[str, Shown]:
        with self._db.reading() as db:
            return {row["name"]: _shown(row) for row in self._q.entries(db, open_id=open_id)}


def _shown(row: rows.Row) -> Shown:
    return Shown(row["starts_at"], row["digest"], row["sequence"], rows.moment(row["changed_at"]))
