"""`state show` and `state history --json`: a row with its attempts, and each change of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from contentsync.post_state import PostState
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.state/1"
HISTORY: Final = "contentsync.history/1"


def document(row: PostState) -> dict[str, Any]:
    """The row with its attempts. Upload URLs are left out: they hold a token."""
    told = asdict(row)
    for attempt in told["attempts"]:
        del attempt["upload_url"]
        attempt["sent"] = json.loads(attempt["sent"])
    plain: dict[str, Any] = json.loads(json.dumps(told, default=_plain))
    return {"format": FORMAT} | plain


def history(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The changes of one post, or of all, oldest first."""
    return {"format": HISTORY, "changes": [change_of(change) for change in changes]}


def change_of(change: Mapping[str, Any]) -> dict[str, Any]:
    """One change of the history."""
    plain: dict[str, Any] = json.loads(json.dumps(change, default=_plain))
    return plain


def _plain(value: object) -> object:
    return rfc3339(value) if isinstance(value, datetime) else str(value)
