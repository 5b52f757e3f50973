"""`state list --json`: a line of facts for each row of the state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from contentsync.post_state import PostState
from contentsync.times import rfc3339
from contentsync.views.status import phase_of

FORMAT: Final = "contentsync.rows/1"


def document(rows: Iterable[PostState]) -> dict[str, Any]:
    return {"format": FORMAT, "rows": [_row(row) for row in rows]}


def _row(row: PostState) -> dict[str, Any]:
    return {
        "post": row.key,
        "phase": phase_of(row),
        "attempts": len(row.attempts),
        "post_id": row.post_id or None,
        "removed_at": rfc3339(row.removed_at),
    }
