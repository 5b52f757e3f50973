"""Which posts have a row, and which video is whose? A video belongs to one post at most."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import replace
from datetime import datetime

from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.reading import SqliteReading


class SqliteBindings(SqliteReading):
    """The rows of one state, and the videos bound to them. What each call does is written in store/port/."""

    def ensure_post(self, post: DesiredPost, open_id: str, *, now: datetime) -> PostState:
        """The row of a post, made where there is none."""
        with self._db.writing() as db:
            return self._ensure_post(db, post, open_id, now)

    def _ensure_post(self, db: sqlite3.Connection, post: DesiredPost, open_id: str, now: datetime) -> PostState:
        made = self._q.add_post(
            db,
            uid=uuid.uuid4().hex,
            open_id=open_id,
            name=post.name,
            account=post.account,
            generation=post.generation,
            media_digest=post.media_digest,
        )
        row = self._whole(db, self._q.post_named(db, open_id=open_id, name=post.name))
        assert row is not None
        if made == 1:
            self._note(db, row, "declared", now, post=post.key)
        return row

    def bind_post(self, post: DesiredPost, open_id: str, post_id: str, how: str, now: datetime) -> bool:
        """Bind a post without an attempt to an existing video; False where the video belongs to another post."""
        with self._db.writing() as db:
            row = self._ensure_post(db, post, open_id, now)
            held = self._q.binding(db, open_id=open_id, post_id=post_id)
            if held is not None and held["post_uid"] != row.uid:
                return False
            self._bind_bare(db, open_id, row.uid, post_id, how, now)
            self._q.bind_post(db, uid=row.uid, post_id=post_id)
            self._note(db, row, "bound", now, post=post.key, post_id=post_id, how=how)
            self._q.raise_serial(db)
            return True

    def bind_further(self, attempt: Attempt, post_id: str, how: str, now: datetime) -> bool:
        """Bind a video to an attempt as of `now`, or earlier; False where it belongs to another post."""
        with self._db.writing() as db:
            held = self._q.binding(db, open_id=attempt.open_id, post_id=post_id)
            if held is not None:
                self._q.date_binding(db, open_id=attempt.open_id, post_id=post_id, bound_at=rows.to_ms(now))
                return bool(held["post_uid"] == attempt.post_uid)
            self._bind(db, replace(attempt, updated_at=now), post_id, how)
            self._tell(db, attempt, how, now, before=attempt.phase, post_id=post_id)
            self._q.raise_serial(db)
            return True

    def bound_by(self, attempt: Attempt) -> tuple[str, datetime] | None:
        """How, and as of when, the video that an attempt names was bound."""
        with self._db.reading() as db:
            held = self._q.binding(db, open_id=attempt.open_id, post_id=attempt.post_id)
        return None if held is None else (held["how"], rows.moment(held["bound_at"]))

    def bindings(self, open_id: str) -> dict[str, str]:
        """Which post each bound video belongs to: post_id to the post's uid."""
        with self._db.reading() as db:
            return {row["post_id"]: row["post_uid"] for row in self._q.bindings(db, open_id=open_id)}

    def _bind(self, db: sqlite3.Connection, attempt: Attempt, post_id: str, how: str) -> dict[str, object]:
        """Bind a video to its post; what the history should say where it belongs to another one already."""
        held = self._q.binding(db, open_id=attempt.open_id, post_id=post_id)
        if held is not None and held["post_uid"] != attempt.post_uid:
            return {"bound_to_other": held["post_uid"]}
        self._q.bind(
            db,
            open_id=attempt.open_id,
            post_id=post_id,
            post_uid=attempt.post_uid,
            attempt_id=attempt.id,
            how=how,
            bound_at=rows.to_ms(attempt.updated_at),
        )
        return {}

    def _bind_bare(
        self, db: sqlite3.Connection, open_id: str, uid: str, post_id: str, how: str, now: datetime
    ) -> None:
        """Bind a video that came of no attempt of ours."""
        at = rows.to_ms(now)
        self._q.bind(db, open_id=open_id, post_id=post_id, post_uid=uid, attempt_id="", how=how, bound_at=at)
