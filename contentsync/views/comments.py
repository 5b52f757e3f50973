"""`comments --json`: the comments on a public video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from contentsync.tiktok.comments import Comment
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.operations.browse import Thread

FORMAT: Final = "contentsync.comments/1"


def document(video_id: str, replies_of: str, found: Thread) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "video_id": video_id,
        "replies_of": replies_of or None,
        "comments": [_comment(comment) for comment in found.comments],
        "more": found.more,
    }


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "comment_id": comment.comment_id,
        "video_id": comment.video_id or None,
        "parent_comment_id": comment.parent_id or None,
        "text": comment.text,
        "likes": comment.likes,
        "replies": comment.replies,
        "created_at": rfc3339(comment.created_at) if comment.created_at else None,
    }
