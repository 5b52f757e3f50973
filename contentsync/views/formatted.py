"""What `fmt --json` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from contentsync.operations.fmt import Formatted
from contentsync.plan.document import problem_as_json

FORMAT: Final = "contentsync.fmt/1"


def document(found: Iterable[Formatted], *, is_written: bool) -> dict[str, Any]:
    """The files by what became of them. is_written: whether changed files are on disk."""
    every = list(found)
    return {
        "format": FORMAT,
        "files": len(every),
        "changed": [one.file for one in every if one.is_changed],
        "written": is_written,
        "problems": [problem_as_json(one.left) for one in every if one.left],
    }
