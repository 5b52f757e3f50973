"""`refresh --json`: what was read of each account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import ContentsyncError
from contentsync.plan.document import problem_as_json

if TYPE_CHECKING:
    from contentsync.operations.refresh import Seen

FORMAT: Final = "contentsync.refresh/1"


def document(read: Mapping[str, Seen], failures: Mapping[str, ContentsyncError]) -> dict[str, Any]:
    """failures: the accounts that could not be asked."""
    done = [_account(name, seen) for name, seen in read.items()]
    return {"format": FORMAT, "accounts": done + [_failed(name, err) for name, err in failures.items()]}


def _account(name: str, seen: Seen) -> dict[str, Any]:
    return {
        "account": name,
        "videos": seen.videos,
        "open": seen.open,
        "problems": [problem_as_json(problem) for problem in seen.problems],
    }


def _failed(name: str, err: ContentsyncError) -> dict[str, Any]:
    problems = [problem_as_json(problem.addressed(name)) for problem in err.problems]
    return {"account": name, "videos": None, "open": None, "problems": problems}
