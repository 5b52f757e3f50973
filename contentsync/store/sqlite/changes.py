"""What changes a post but an attempt? A new name, an accepted edit, a slot, a tombstone."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.store.port.conflicts import AttemptOpen
from contentsync.store.port.values import Pin
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.attempts import SqliteAttempts


class SqliteChanges(SqliteAttempts):
    """Changes of the posts of one state. What each call does is written in store/port/."""

    def move(self, row: PostState, post: DesiredPost, now: datetime, why: str = "") -> bool:
        """Give the row of a renamed post its new name; False where that name is taken by now."""
        with self._db.writing() as db:
            return self._rename(db, row, post, now, why)

    def _rename(self, db: sqlite3.Connection, row: PostState, post: DesiredPost, now: datetime, why: str) -> bool:
        moved = self._q.move_post(db, uid=row.uid, open_id=row.open_id, name=post.name, account=post.account) == 1
        if moved:
            self._note(db, row, "moved", now, post=post.key, was=row.key, why=why)
            self._q.raise_serial(db)
        return bool(moved)

    def acknowledge(self, row: PostState, digest: str, why: str, now: datetime) -> None:
        """Take an edit after publication as accepted."""
        with self._db.writing() as db:
            self._q.acknowledge(db, uid=row.uid, digest=digest)
            self._note(db, row, "acknowledged", now, post=row.key, digest=digest, why=why)

    def see_edit(self, row: PostState, media: str, now: datetime) -> None:
        """Keep what its manifest has in the place of the media that were sent: a digest as in DesiredPost."""
        with self._db.writing() as db:
            self._q.see_edit(db, uid=row.uid, media=media)
            self._note(db, row, "edited", now, post=row.key, media=media)

    def remove(self, row: PostState, why: str, now: datetime) -> None:
        """Reduce a post to a tombstone. Raises AttemptOpen if an attempt of it is open or unknown now."""
        with self._db.writing() as db:
            if self._q.remove_post(db, uid=row.uid, removed_at=rows.to_ms(now)) != 1:
                raise AttemptOpen(row.key)
            self._note(db, row, "removed", now, post=row.key, why=why)
            self._q.raise_serial(db)

    def mark_public(self, uids: Iterable[str], now: datetime) -> None:
        """Remember that these posts were seen in the public list."""
        with self._db.writing() as db:
            for uid in uids:
                self._q.mark_public(db, uid=uid, at=rows.to_ms(now))

    def name_account(self, open_id: str, account: str, now: datetime) -> int:
        """Write the account's present name into all rows of an open_id; returns how many had another name."""
        with self._db.writing() as db:
            named = int(self._q.name_account(db, open_id=open_id, account=account))
            if named:
                self._history(db, now, "account-named", open_id=open_id, detail={"account": account, "posts": named})
            return named

    def give_slots(
        self, open_id: str, freed: Collection[PostState], given: Collection[Pin], rule: str, now: datetime
    ) -> None:
        with self._db.writing() as db:
            for row in freed:
                if row.slot_at and self._q.unpin_slot(db, uid=row.uid, slot_at=rows.to_ms(row.slot_at)):
                    self._note(db, row, "slot-freed", now, post=row.key, slot_at=row.slot_at.isoformat())
            for post, slot_at in given:
                row = self._ensure_post(db, post, open_id, now)
                if self._pin(db, row.uid, slot_at, rule):
                    self._note(db, row, "slot", now, post=post.key, slot_at=slot_at.isoformat())

    def _pin(self, db: sqlite3.Connection, uid: str, slot_at: datetime, rule: str) -> bool:
        try:
            return bool(self._q.pin_slot(db, uid=uid, slot_at=rows.to_ms(slot_at), slot_rule=rule))
        except sqlite3.IntegrityError:  # it is another post's
            return False
