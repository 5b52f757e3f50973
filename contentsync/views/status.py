"""`status --json`: the state of each post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from contentsync import links
from contentsync.errors import Problem
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.pause import Pause
from contentsync.plan.action import Action, Kind
from contentsync.plan.differs import Difference
from contentsync.plan.document import problem_as_json
from contentsync.post import Mode
from contentsync.post_state import Attempt, PostState
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.status/1"


def document(
    found: Mapping[str, PostState | None],
    usernames: dict[str, str],
    plans: Mapping[str, Action],
    pauses: Iterable[Pause] = (),
    differs: Mapping[str, Sequence[Difference]] | None = None,
    no_news: Mapping[str, Problem] | None = None,
) -> dict[str, Any]:
    """usernames: each identity's handle, by open_id. plans: what a plan says of each post that is not settled.

    differs: how posts are public in another way than declared. no_news: why TikTok gave no news of a post.
    """
    told, unheard = differs or {}, no_news or {}
    posts = [
        _post(key, row, usernames, plans.get(key), unheard.get(key))
        | {"differs": [asdict(one) for one in told.get(key, ())]}
        for key, row in found.items()
    ]
    return {"format": FORMAT, "paused": [_pause(pause) for pause in pauses], "posts": posts}


def _pause(pause: Pause) -> dict[str, Any]:
    since = rfc3339(pause.since)
    return {"account": pause.account or None, "who": pause.who, "since": since, "why": pause.why or None}


def _post(
    key: str, row: PostState | None, usernames: dict[str, str], action: Action | None, unheard: Problem | None
) -> dict[str, Any]:
    last = row.last if row else None
    problem = {"code": unheard.code, "what": unheard.what, "hint": unheard.hint or None} if unheard else None
    if last and last.problem_code and last.phase not in SUCCESS:
        problem = {"code": last.problem_code, "what": last.problem_what, "hint": _hint(last.problem_code, action)}
    return {
        "post": key,
        "phase": phase_of(row),
        "due_at": rfc3339(action.due_at) if action else None,
        "publish_id": (last.publish_id or None) if last else None,
        "post_id": (row.post_id or None) if row else None,
        "url": url_of(row, usernames),
        "attempts": len(row.attempts) if row else 0,
        "updated_at": rfc3339(last.updated_at) if last else None,
        "problem": problem,
        "plan": _plan(action) if action else None,
    }


def _hint(code: str, action: Action | None) -> str | None:
    problems = action.problems if action else ()
    return next((problem.hint for problem in problems if problem.code == code and problem.hint), None)


def _plan(action: Action) -> dict[str, Any]:
    return {
        "action": str(action.kind),
        "reason": action.reason,
        "due_at": rfc3339(action.due_at),
        "problems": [problem_as_json(problem) for problem in action.problems],
    }


def standing(row: PostState | None, action: Action | None) -> str:
    """The state of a post, for people: its phase, or the plan's action for a post that was never attempted."""
    phase = phase_of(row)
    if phase != "new" or action is None:
        return phase
    if any(problem.code == "missed" for problem in action.blockers):
        return "missed"
    return {Kind.WAIT: "waiting", Kind.BLOCKED: "blocked"}.get(action.kind, phase)


def changed_at(last: Attempt) -> datetime:
    """When an attempt last changed, for people: a published one when it was published.

    Its id may come hours after that, and a later command then writes the row again. Of a draft that its creator
    posted, finished_at is when TikTok delivered it.
    """
    published = last.phase is Phase.PUBLISHED and last.mode is not Mode.DRAFT
    return (last.finished_at if published else None) or last.updated_at


def phase_of(row: PostState | None) -> str:
    """The state of a post, in one word: its last attempt's phase; `bound` without one; `new` before any."""
    if row is None:
        return "new"
    if row.last is not None:
        return str(row.last.phase)
    return "bound" if row.bound_post_id else "new"


def url_of(row: PostState | None, usernames: dict[str, str]) -> str | None:
    return links.url_of(row, usernames.get(row.open_id, "")) if row else None
