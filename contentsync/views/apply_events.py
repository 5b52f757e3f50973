"""`apply --json`: a stream, no document: one object a line for each thing that happens, and a summary as the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contentsync.errors import Problem
from contentsync.plan.action import Action
from contentsync.plan.document import problem_as_json
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.attempt.told import Told


def event(told: Told, time: datetime) -> dict[str, Any]:
    """One thing that happened to a post. time: when it was reported."""
    return {"event": told.event, "post": told.post, "time": rfc3339(time)} | dict(told.detail)


def held_back(action: Action) -> dict[str, Any]:
    """The detail of a `left` event: what the plan holds back, and why."""
    return {
        "action": str(action.then or action.kind),
        "reason": action.reason,
        "due_at": rfc3339(action.due_at),
        "problems": [problem_as_json(problem) for problem in action.problems],
    }


def summary(
    counts: Mapping[str, int],
    exit_code: int,
    problems: Iterable[Problem],
    *,
    time: datetime,
    waiting: int,
    next_due: datetime | None,
) -> dict[str, Any]:
    """The last line. counts: actions by result. waiting: posts whose time has not come; next_due: of the first."""
    return {
        "event": "summary",
        "time": rfc3339(time),
        "counts": dict(counts),
        "waiting": waiting,
        "next_due": rfc3339(next_due),
        "exit_code": exit_code,
        "problems": [problem_as_json(problem) for problem in problems],
    }
