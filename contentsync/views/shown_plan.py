"""`show --json`: what a plan file says, and whether it still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from contentsync.plan.document import problem_as_json

if TYPE_CHECKING:
    from contentsync.operations.show_plan import Shown

FORMAT: Final = "contentsync.show/1"


def document(shown: Shown) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "holds": shown.holds,
        "problems": [problem_as_json(problem) for problem in shown.preview.problems],
        "plan": dict(shown.body.body),
    }
