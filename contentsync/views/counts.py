"""How many actions of each kind does a plan have? In words, for a terminal and a page alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contentsync.plan.action import Kind, Plan

_COUNTED: Final = {
    Kind.CREATE: "to create",
    Kind.RESUME: "to resume",
    Kind.ADOPT: "to adopt",
    Kind.MOVE: "to move",
    Kind.WAIT: "waiting",
    Kind.BLOCKED: "blocked",
    Kind.FROZEN: "frozen",
    Kind.UNKNOWN: "unknown",
    Kind.DRIFT: "drifted",
    Kind.FORGET: "without a manifest",
}


def counts(plan: Plan) -> Iterator[str]:
    """`2 to create`, `1 waiting`: each kind that the plan has."""
    for kind, words in _COUNTED.items():
        if count := plan.count(kind):
            yield f"{count} {words}"
