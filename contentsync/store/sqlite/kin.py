"""Which posts share something with newly declared posts? Needed by a plan that leaves the resting posts out.

Not among the statements of queries.sql: it takes lists, which SQLite and PostgreSQL are given in different ways.
"""

from __future__ import annotations

import json
from typing import Final

from contentsync.store.port.values import Shared
from contentsync.store.sqlite.database import Database

_KIN: Final = """
WITH media AS (SELECT value FROM json_each(:media)), videos AS (SELECT value FROM json_each(:videos)),
     tried AS (SELECT value FROM json_each(:tried)), known AS (SELECT value FROM json_each(:known))
SELECT 1 FROM attempts WHERE open_id = :open_id AND post_uid NOT IN known
    AND (media_digest IN media OR id IN tried OR publish_id IN tried OR post_id IN videos)
UNION ALL SELECT 1 FROM posts WHERE open_id = :open_id AND uid NOT IN known
    AND (media_digest IN media OR bound_post_id IN videos)
UNION ALL SELECT 1 FROM bindings WHERE open_id = :open_id AND post_uid NOT IN known AND post_id IN videos
LIMIT 1
"""
_SHOWS: Final = """
SELECT 1 FROM attempts WHERE open_id = :open_id AND post_uid NOT IN (SELECT value FROM json_each(:known))
    AND phase NOT IN ('failed', 'orphaned') LIMIT 1
"""


def has_kin(database: Database, open_id: str, known: frozenset[str], shared: Shared) -> bool:
    """As Store.has_kin."""
    told = {
        "media": json.dumps(sorted(shared.media - {""})),
        "videos": json.dumps(sorted(shared.videos - {""})),
        "tried": json.dumps(sorted(shared.tried - {""})),
    }
    with database.reading() as db:
        return (
            db.execute(_KIN, told | {"open_id": open_id, "known": json.dumps(sorted(known))}).fetchone() is not None
        )


def others_show(database: Database, open_id: str, known: frozenset[str]) -> bool:
    """As Store.others_show."""
    told = {"open_id": open_id, "known": json.dumps(sorted(known))}
    with database.reading() as db:
        return db.execute(_SHOWS, told).fetchone() is not None
