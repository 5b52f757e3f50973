"""`approve --list --json`: what people approved, and what still holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from contentsync.approval import Approval
from contentsync.errors import Problem
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.approvals/1"


def document(found: Iterable[tuple[Approval, Problem | None]]) -> dict[str, Any]:
    """found: each approval, and why nothing is sent by it any more."""
    return {"format": FORMAT, "approvals": [_approval(one, problem) for one, problem in found]}


def _approval(one: Approval, problem: Problem | None) -> dict[str, Any]:
    return {
        "post": one.key,
        "generation": one.generation,
        "open_id": one.open_id,
        "digest": one.digest,
        "who": one.who,
        "how": one.how,
        "at": rfc3339(one.at),
        "valid": problem is None,
        "why_not": problem.what if problem else None,
    }
