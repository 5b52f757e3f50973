"""May an attempt begin, and what became of it? Each call is one transaction that repeats its precondition."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

from contentsync.errors import Problem, StoreError
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.conflicts import AttemptOpen, Superseded
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.bindings import SqliteBindings


class SqliteAttempts(SqliteBindings):
    """The attempts of one state. What each call does is written in store/port/."""

    def begin(self, post: DesiredPost, attempt: Attempt, now: datetime) -> Attempt:
        """Put an intent on disk (R1), at its post, which is made where there is none.

        `attempt.post_uid` may be empty. Raises AttemptOpen where a constraint forbids a further attempt (R2).
        """
        try:
            with self._db.writing() as db:
                row = self._ensure_post(db, post, attempt.open_id, now)
                if _is_settled(row, post.generation):
                    raise AttemptOpen(post.key)
                begun = replace(attempt, post_uid=row.uid, number=len(row.attempts) + 1, version=1)
                self._q.add_attempt(db, **rows.attempt_row(begun))
                self._q.begin_generation(
                    db,
                    uid=row.uid,
                    generation=post.generation,
                    media_digest=post.media_digest,
                    account=post.account,
                )
                used = {"open_id": attempt.open_id, "name": post.name, "generation": post.generation}
                self._q.use_approval(db, **used, used_by=begun.id)
                self._tell(db, begun, "intent", now, before="")
                self._q.raise_serial(db)
        except sqlite3.IntegrityError as err:
            raise AttemptOpen(post.key) from err
        return begun

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        """Write what is now known of an attempt; returns it as written.

        what: the event, for the history; a change of phase raises the serial. binds: it claims `attempt.post_id` by
        likeness or by a person's word.
        Raises Superseded where the row is no longer the one that `attempt` was made from; AttemptOpen where
        it claims a video that belongs to another post; StoreError where a constraint speaks against it.
        """
        try:
            return self._saved(attempt, what, binds, detail)
        except sqlite3.IntegrityError as err:
            raise StoreError(self._conflict(attempt, what)) from err

    def _conflict(self, attempt: Attempt, what: str) -> Problem:
        """In words which rule of the state speaks against what would be saved."""
        with self._db.reading() as db:
            given = attempt.publish_id
            found = self._q.attempt_of_publish_id(db, open_id=attempt.open_id, publish_id=given) if given else ()
            others = [row["post_uid"] for row in found if row["id"] != attempt.id]
            key, *rivals = (self._key(db, uid) for uid in (attempt.post_uid, *others))
        if not rivals:
            told = f"the state refuses `{what}` for {key}: it contradicts the recorded attempts"
            return Problem(
                "state-conflict", told, f"run contentsync explain {key}, and report this as a bug in contentsync"
            )
        told = f"TikTok gave {key} the publish_id {given}, which an attempt of {rivals[0]} already has"
        hint = f"check TikTok's app for both posts, then compare: contentsync explain {rivals[0]}, and {key}"
        return Problem("state-conflict", told, hint)

    def _key(self, db: sqlite3.Connection, uid: str) -> str:
        row = self._q.post(db, uid=uid)
        return f"{row['account']}/{row['name']}" if row else uid

    def _saved(self, attempt: Attempt, what: str, binds: bool, detail: dict[str, object]) -> Attempt:
        with self._db.writing() as db:
            if binds:
                held = self._q.binding(db, open_id=attempt.open_id, post_id=attempt.post_id)
                if held is not None and held["post_uid"] != attempt.post_uid:
                    raise AttemptOpen(attempt.post_id)
            before = self._q.attempt(db, id=attempt.id)
            if before is None or self._q.save_attempt(db, **rows.attempt_row(attempt)) != 1:
                raise Superseded(attempt.id)
            if attempt.post_id and attempt.post_id != before["post_id"]:
                detail |= self._bind(db, attempt, attempt.post_id, what)
            self._tell(db, attempt, what, attempt.updated_at, before=before["phase"], **detail)
            if before["phase"] != attempt.phase or attempt.post_id != before["post_id"]:
                self._q.raise_serial(db)
        return replace(attempt, version=attempt.version + 1)


def _is_settled(row: PostState, generation: int) -> bool:
    """Whether this generation was posted, bound, or left for good: only a higher one may begin an attempt."""
    ended = SUCCESS | {Phase.ABANDONED}
    if any(a.phase in ended and a.generation >= generation for a in row.attempts):
        return True
    return bool(row.bound_post_id or row.removed_at) and row.generation >= generation
