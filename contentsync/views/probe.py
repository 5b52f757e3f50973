"""`probe --json`: the facts of one media file, and the verdicts on it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from contentsync.plan.document import problem_as_json
from contentsync.post import Kind

if TYPE_CHECKING:
    from contentsync.operations.probe import Probed

FORMAT: Final = "contentsync.probe/1"


def document(probed: Probed) -> dict[str, Any]:
    look = probed.look
    return {
        "format": FORMAT,
        "file": str(probed.path),
        "kind": "photo" if probed.kind is Kind.PHOTOS else "video",
        "bytes": look.size,
        "sha256": look.sha256 or None,
        "facts": asdict(look.facts) if look.facts else None,
        "fine": probed.is_fine,
        "problems": [problem_as_json(problem) for problem in probed.problems],
    }
