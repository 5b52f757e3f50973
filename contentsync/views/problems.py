"""What a command with --json prints when problems ended it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from contentsync.errors import Problem
from contentsync.plan.document import problem_as_json

FORMAT: Final = "contentsync.problems/1"


def document(problems: Iterable[Problem]) -> dict[str, Any]:
    return {"format": FORMAT, "problems": [problem_as_json(problem) for problem in problems]}
