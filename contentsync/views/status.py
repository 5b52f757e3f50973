"""`status --json`: where each post stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from contentsync import links
from contentsync.lifecycle import SUCCESS
from contentsync.pause import Pause
from contentsync.post import PostState
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.status/1"


def document(
    found: Mapping[str, PostState | None], usernames: dict[str, str], pauses: Iterable[Pause] = ()
) -> dict[str, Any]:
    """usernames: the handle of each identity, by open_id."""
    posts = [_post(key, row, usernames) for key, row in found.items()]
    return {"format": FORMAT, "paused": [_pause(pause) for pause in pauses], "posts": posts}


def _pause(pause: Pause) -> dict[str, Any]:
    since = rfc3339(pause.since)
    return {"account": pause.account or None, "who": pause.who, "since": since, "why": pause.why or None}


def _post(key: str, row: PostState | None, usernames: dict[str, str]) -> dict[str, Any]:
    last = row.last if row else None
    problem = None
    if last and last.problem_code and last.phase not in SUCCESS:
        problem = {"code": last.problem_code, "what": last.problem_what}
    return {
        "post": key,
        "phase": phase_of(row),
        "publish_id": (last.publish_id or None) if last else None,
        "post_id": (row.post_id or None) if row else None,
        "url": url_of(row, usernames),
        "attempts": len(row.attempts) if row else 0,
        "updated_at": rfc3339(last.updated_at) if last else None,
        "problem": problem,
    }


def phase_of(row: PostState | None) -> str:
    """Where a post stands, in one word: its last attempt's phase; `bound` without one; `new` before any."""
    if row is None:
        return "new"
    if row.last is not None:
        return str(row.last.phase)
    return "bound" if row.bound_post_id else "new"


def url_of(row: PostState | None, usernames: dict[str, str]) -> str | None:
    return links.url_of(row, usernames.get(row.open_id, "")) if row else None
