"""Has the row of a post changed? One short mark a row, over all of it that a plan without this post relies on.

Reading marks costs a tenth of reading rows: nothing is built but the mark.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any, Final

from contentsync.post_state import PostState
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.rows import to_ms

_POSTS: Final = """
SELECT uid, open_id, name, account, generation, media_digest, slot_at, acked_digest, bound_post_id, removed_at,
    edited_media
FROM posts
"""
_ATTEMPTS: Final = """
SELECT post_uid, id, generation, phase, digest, media_digest, post_id, created_at, init_sent_at
FROM attempts ORDER BY number
"""
_GONE: Final = """
SELECT post_id FROM videos WHERE gone_at IS NOT NULL UNION SELECT post_id FROM told_visibility WHERE visible = 0
"""


def marks(database: Database) -> dict[str, str]:
    """As Store.marks."""
    attempts: dict[str, list[tuple[Any, ...]]] = {}
    bound: dict[str, list[str]] = {}
    with database.snapshot() as db:
        for uid, *attempt in _tuples(db, _ATTEMPTS):
            attempts.setdefault(uid, []).append(tuple(attempt))
        for post_id, uid in _tuples(db, "SELECT post_id, post_uid FROM bindings"):
            bound.setdefault(uid, []).append(post_id)
        gone = {post_id for (post_id,) in _tuples(db, _GONE)}
        posts = list(_tuples(db, _POSTS))
    found = {post[0]: _mark(post, attempts.get(post[0], ()), bound.get(post[0], ())) for post in posts}
    for post in posts if gone else ():
        shown = {post[8], *(attempt[5] for attempt in attempts.get(post[0], ()))}
        if shown & gone:
            found[post[0]] = ""
    return found


def mark_of(row: PostState, bound: Collection[str]) -> str:
    """The mark of a row that was read. bound: the videos that are bound to it."""
    post = (
        row.uid,
        row.open_id,
        row.name,
        row.account,
        row.generation,
        row.media_digest,
        None if row.slot_at is None else to_ms(row.slot_at),
        row.acked_digest,
        row.bound_post_id,
        None if row.removed_at is None else to_ms(row.removed_at),
        row.edited_media,
    )
    attempts = [
        (
            one.id,
            one.generation,
            str(one.phase),
            one.digest,
            one.media_digest,
            one.post_id,
            to_ms(one.created_at),
            None if one.init_sent_at is None else to_ms(one.init_sent_at),
        )
        for one in row.attempts
    ]
    return _mark(post, attempts, bound)


def _mark(post: tuple[Any, ...], attempts: Iterable[tuple[Any, ...]], bound: Collection[str]) -> str:
    told = repr((post, tuple(attempts), sorted(bound)))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _tuples(db: sqlite3.Connection, statement: str) -> Iterable[tuple[Any, ...]]:
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(statement)
