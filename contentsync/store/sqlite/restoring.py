"""What does another witness know of a post that this state does not? It is taken in, or refused whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from contentsync.evidence.merge import merge
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.changes import SqliteChanges


class SqliteRestoring(SqliteChanges):
    """Rows of a lost state, of receipts and of copies. What each call does is written in store/port/."""

    def restore(
        self,
        row: PostState,
        now: datetime,
        old_names: Collection[str] = (),
        what: str = "restored",
        **detail: object,
    ) -> bool:
        """Take in a row of a lost state, or what an older copy of it does not know, with the videos they became.

        old_names: of those a row with the same attempt is renamed to this one, as it was after the copy was made.
        what, detail: for the history. False if a constraint forbids it: the evidence belongs to another post, or
        contradicts what is known.
        """
        try:
            with self._db.writing() as db:
                self._rename_as_told(db, row, old_names, now)
                self._restore(db, row, now, what, detail)
        except sqlite3.IntegrityError:
            return False
        return True

    def _rename_as_told(
        self, db: sqlite3.Connection, row: PostState, old_names: Collection[str], now: datetime
    ) -> None:
        for attempt in row.attempts:
            held = self._q.attempt(db, id=attempt.id)
            found = [held] if held else []
            if attempt.publish_id:
                found += self._q.attempt_of_publish_id(db, open_id=row.open_id, publish_id=attempt.publish_id)
            for old in (self._whole(db, self._q.post(db, uid=one["post_uid"])) for one in found):
                if old is not None and old.name in old_names:
                    self._rename(db, old, DesiredPost(row.account, row.name), now, "its receipt has the new name")

    def _restore(
        self, db: sqlite3.Connection, row: PostState, now: datetime, what: str, detail: dict[str, object]
    ) -> None:
        made = self._q.restore_post(db, **rows.post_row(row)) == 1
        known = self._whole(db, self._q.post_named(db, open_id=row.open_id, name=row.name))
        assert known is not None
        merged = merge(known.attempts, row.attempts, now)
        for attempt in merged.changed:
            self._restore_attempt(db, attempt, known, now, what, detail)
        for number, attempt in enumerate(merged.added, len(known.attempts) + 1):
            added = replace(attempt, post_uid=known.uid, number=number, version=1)
            self._q.add_attempt(db, **rows.attempt_row(added))
            self._restore_attempt(db, added, known, now, what, detail)
        if merged.added and not made:
            newer = row if row.generation >= known.generation else known
            self._q.begin_generation(
                db,
                uid=known.uid,
                generation=newer.generation,
                media_digest=newer.media_digest,
                account=known.account,
            )
        if row.bound_post_id and not (known.attempts or merged.added):
            self._bind_bare(db, row.open_id, known.uid, row.bound_post_id, what, now)
            self._q.bind_post(db, uid=known.uid, post_id=row.bound_post_id)
        if made or merged.added or merged.changed:
            self._number(db, merged.order)
            self._note(db, row, what, now, post=row.key, **detail)
            self._q.raise_serial(db)

    def _restore_attempt(
        self,
        db: sqlite3.Connection,
        attempt: Attempt,
        known: PostState,
        now: datetime,
        what: str,
        detail: dict[str, object],
    ) -> None:
        before = next((own for own in known.attempts if own.id == attempt.id), None)
        if self._q.save_attempt(db, **rows.attempt_row(attempt)) != 1:
            raise sqlite3.IntegrityError(attempt.id)
        if attempt.post_id and (before is None or attempt.post_id != before.post_id):
            self._bind(db, attempt, attempt.post_id, what)
        self._tell(db, attempt, what, now, before=before.phase if before else "", **detail)

    def _number(self, db: sqlite3.Connection, order: Sequence[str]) -> None:
        """Give the attempts of a post their numbers, in this order; no number is ever there twice."""
        for sign in (-1, 1):
            for number, attempt_id in enumerate(order, 1):
                self._q.number_attempt(db, id=attempt_id, number=sign * number)
