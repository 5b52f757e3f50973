"""Which objects did contentsync upload for TikTok to fetch? Only objects recorded here are ever deleted.

An object is recorded before its upload, so an interrupted upload is known too.
"""

from __future__ import annotations

from datetime import datetime

from contentsync.store.port.values import HostedObject
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries


class SqliteHosted:
    """The record of what was put where, in the state."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._q = queries()

    def find(self, place: str, name: str) -> HostedObject | None:
        with self._db.reading() as db:
            row = self._q.hosted_object(db, place=place, name=name)
        return None if row is None else _object(row)

    def all(self) -> list[HostedObject]:
        """Every object that is on record, oldest first."""
        with self._db.reading() as db:
            return [_object(row) for row in self._q.hosted_objects(db)]

    def begin(self, found: HostedObject) -> None:
        """Put down that an object is sent next. Raises StoreError; then it may not be sent."""
        with self._db.writing(posts=False) as db:
            self._q.begin_hosting(
                db,
                place=found.place,
                name=found.name,
                size=found.size,
                post=found.post,
                open_id=found.open_id,
                begun_at=rows.to_ms(found.begun_at),
            )

    def done(self, place: str, name: str, now: datetime) -> None:
        """The object is there, whole."""
        with self._db.writing(posts=False) as db:
            self._q.end_hosting(db, place=place, name=name, uploaded_at=rows.to_ms(now))

    def drop(self, place: str, name: str) -> None:
        """The object is gone."""
        with self._db.writing(posts=False) as db:
            self._q.drop_hosted(db, place=place, name=name)


def _object(row: rows.Row) -> HostedObject:
    return HostedObject(
        place=row["place"],
        name=row["name"],
        size=row["size"],
        post=row["post"],
        open_id=row["open_id"],
        begun_at=rows.moment(row["begun_at"]),
        uploaded_at=rows.from_ms(row["uploaded_at"]),
    )
