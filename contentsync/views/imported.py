"""What `import-csv --json` and `new --json` print."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from contentsync.operations.drafting import Entry
from contentsync.operations.import_posts import Proposal
from contentsync.plan.document import problem_as_json

FORMAT: Final = "contentsync.import/1"


def document(proposal: Proposal, written: Collection[str]) -> dict[str, Any]:
    """The manifests of a proposal, and every problem. written: the files that are on disk now because of it."""
    problems = [*proposal.problems, *(problem for entry in proposal.entries for problem in entry.problems)]
    return {
        "format": FORMAT,
        "posts": [_entry(entry, written) for entry in proposal.entries],
        "problems": [problem_as_json(problem) for problem in problems],
    }


def _entry(entry: Entry, written: Collection[str]) -> dict[str, Any]:
    return {
        "line": entry.draft.where.line,
        "posts": list(entry.keys),
        "file": entry.file or None,
        "result": _result(entry, written),
        "values": dict(entry.values),
    }


def _result(entry: Entry, written: Collection[str]) -> str:
    if not entry.is_sound:
        return "bad"
    if entry.is_there:
        return "there"
    return "written" if entry.file in written else "proposed"
