"""What does this machine hold of a shared state? Rows exactly as the shared state tells them, and what it lacks yet.

The local copy is written first or last, never in between: a file is marked as not shared yet before its row changes,
so a crash leaves at worst a mark too many, and the next push finds nothing new in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries

_MARK: Final = "not shared: "
# As the calls of the store write them.
_PIN, _ACQUAINTED, _LEFT_OUT = "pinned: ", "acquainted: ", "left out: "
# Only this machine can use them, or they only count its own writes.
_OWN: Final = ("upload_url", "wire_bytes", "wire_sha256")


class SharedCopy:
    """The local copy of a shared state, beside the calls that every backend has."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._q = queries()

    # -- what is remembered of the shared state itself

    def value(self, name: str) -> str:
        """A remembered value; empty where there is none."""
        with self._db.reading() as db:
            row = self._q.meta(db, name=name)
        return str(row["value"]) if row else ""

    def remember(self, **values: str) -> None:
        with self._db.writing(posts=False) as db:
            for name, value in values.items():
                self._q.set_meta(db, name=name, value=value)

    def mark(self, path: str, open_id: str, name: str) -> None:
        """The file at `path` is about to differ from the shared one."""
        with self._db.writing(posts=False) as db:
            self._q.set_meta(db, name=_MARK + path, value=json.dumps([open_id, name]))

    def marked(self) -> dict[str, tuple[str, str]]:
        """The files that are not shared yet: by path the open_id and name of their post."""
        with self._db.reading() as db:
            found = list(self._q.meta_from(db, start=_MARK, end=_MARK + "\U0010ffff"))
        return {row["name"].removeprefix(_MARK): tuple(json.loads(row["value"])) for row in found}

    def unmark(self, path: str) -> None:
        """The shared file is the same again."""
        with self._db.writing(posts=False) as db:
            self._q.drop_meta(db, name=_MARK + path)

    # -- what people decided about an identity

    def decisions(self, open_id: str) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
        """The accounts bound to it, whether a person took note of its past, and the posts left out."""
        with self._db.reading() as db:
            pins = list(self._q.meta_from(db, start=_PIN, end=_PIN + "\U0010ffff"))
            acquainted = self._q.meta(db, name=_ACQUAINTED + open_id) is not None
            left_out = self._q.meta(db, name=_LEFT_OUT + open_id)
        pinned = tuple(row["name"].removeprefix(_PIN) for row in pins if row["value"] == open_id)
        return pinned, acquainted, tuple(json.loads(left_out["value"])) if left_out else ()

    def pins(self) -> dict[str, str]:
        """The open_id that each account is bound to."""
        with self._db.reading() as db:
            pins = list(self._q.meta_from(db, start=_PIN, end=_PIN + "\U0010ffff"))
        return {row["name"].removeprefix(_PIN): row["value"] for row in pins}

    def decide(self, open_id: str, pinned: Collection[str], acquainted: bool, left_out: Collection[str]) -> None:
        """Make the decisions about an identity what the shared state tells."""
        with self._db.writing(posts=False) as db:
            for account in pinned:
                self._q.set_meta(db, name=_PIN + account, value=open_id)
            if acquainted and self._q.meta(db, name=_ACQUAINTED + open_id) is None:
                self._q.set_meta(db, name=_ACQUAINTED + open_id, value="0")
            self._q.set_meta(db, name=_LEFT_OUT + open_id, value=json.dumps(sorted(left_out)))

    # -- rows

    def put(self, row: PostState) -> bool:
        """Make the row of a post what the shared state tells; False where it is so already.

        An attempt that differs gets a higher version, so whoever holds an older one is refused when saving it.
        """
        known = self._named(row.open_id, row.name)
        by_id = {attempt.id: attempt for attempt in (known.attempts if known else ())}
        wanted = replace(row, attempts=tuple(_with_own(told, by_id.get(told.id)) for told in row.attempts))
        if known is not None and _same(known, wanted):
            return False
        with self._db.writing() as db:
            for uid in {row.uid, known.uid if known else row.uid}:
                self._drop(db, uid)
            if row.slot_at:
                self._q.free_slot(db, open_id=row.open_id, slot_at=rows.to_ms(row.slot_at))
            self._q.put_post(db, **rows.post_row(row) | _more(row, known))
            for attempt in wanted.attempts:
                self._q.put_attempt(db, **rows.attempt_row(attempt))
            self._bind(db, wanted)
            self._q.raise_serial(db)
        return True

    def drop(self, open_id: str, name: str) -> None:
        """The shared state tells of no such post."""
        if known := self._named(open_id, name):
            with self._db.writing() as db:
                self._drop(db, known.uid)
                self._q.raise_serial(db)

    def _drop(self, db: Any, uid: str) -> None:
        self._q.drop_bindings(db, post_uid=uid)
        self._q.drop_attempts(db, post_uid=uid)
        self._q.drop_post(db, uid=uid)

    def _bind(self, db: Any, row: PostState) -> None:
        made = [(attempt.post_id, attempt.id, attempt.updated_at) for attempt in row.attempts if attempt.post_id]
        if row.bound_post_id:
            made.append((row.bound_post_id, "", row.attempts[-1].updated_at if row.attempts else rows.EPOCH))
        for post_id, attempt_id, at in made:
            self._q.bind(
                db,
                open_id=row.open_id,
                post_id=post_id,
                post_uid=row.uid,
                attempt_id=attempt_id,
                how="shared",
                bound_at=rows.to_ms(at),
            )

    def _named(self, open_id: str, name: str) -> PostState | None:
        with self._db.reading() as db:
            row = self._q.post_named(db, open_id=open_id, name=name)
            return row and rows.post_of(row, map(rows.attempt_of, self._q.attempts_of(db, post_uid=row["uid"])))


def _with_own(told: Attempt, known: Attempt | None) -> Attempt:
    """The attempt as told, with what only this machine has of it."""
    if known is None:
        return replace(told, version=1)
    own: Mapping[str, Any] = {name: getattr(known, name) for name in _OWN}
    if told.phase is not known.phase:
        own = {**own, "upload_url": ""}
    same = replace(told, **own, version=known.version, sent_bytes=max(told.sent_bytes, known.sent_bytes))
    return same if same == known else replace(same, version=known.version + 1)


def _more(row: PostState, known: PostState | None) -> dict[str, object]:
    public_at = known.public_at if known else None
    return {
        "slot_at": None if row.slot_at is None else rows.to_ms(row.slot_at),
        "slot_rule": row.slot_rule,
        "acked_digest": row.acked_digest,
        "edited_media": row.edited_media,
        "public_at": None if public_at is None else rows.to_ms(public_at),
    }


def _same(known: PostState, wanted: PostState) -> bool:
    return all(
        getattr(known, field.name) == getattr(wanted, field.name)
        for field in fields(PostState)
        if field.name != "public_at"
    )
