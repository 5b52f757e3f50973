"""`explain --json`: the evidence about one post, and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from contentsync.plan.document import action_as_json, problem_as_json
from contentsync.post import DesiredPost
from contentsync.remote_post import RemotePost
from contentsync.times import rfc3339
from contentsync.views import state_row

if TYPE_CHECKING:
    from contentsync.operations.explain import Case

FORMAT: Final = "contentsync.explain/1"


def document(case: Case, further: Sequence[str]) -> dict[str, Any]:
    """further: the videos that are bound to the post beside the one that it names."""
    return {
        "format": FORMAT,
        "post": case.key,
        "manifest": _manifest(case.desired) if case.desired else None,
        "state": state_row.document(case.row) if case.row else None,
        "history": [state_row.change_of(change) for change in case.history],
        "list_read_at": rfc3339(case.list_read_at),
        "bound": [_video(video) for video in case.bound],
        "further": list(further),
        "alike": [_video(video) for video in case.alike],
        "differs": [asdict(one) for one in case.differs],
        "decision": action_as_json(case.action) if case.action else None,
        "problems": [problem_as_json(problem) for problem in case.problems],
    }


def _manifest(post: DesiredPost) -> dict[str, Any]:
    return {"where": str(post.where), "digest": post.digest, "generation": post.generation}


def _video(video: RemotePost) -> dict[str, Any]:
    return {
        "post_id": video.post_id,
        "created_at": rfc3339(video.created_at),
        "duration": video.duration,
        "caption": video.caption,
    }
