"""What does the Research API answer? Comments under public videos, for an app that calls without a user.

Source: Query Video Comments. It is not documented which comments a video_id returns: here those on the video itself;
a comment_id returns the replies to that comment.
"""

from __future__ import annotations

from typing import Final

from contentsync.emulator import life
from contentsync.emulator.config import Comment
from contentsync.emulator.display import fields_of, number_of
from contentsync.emulator.message import Request
from contentsync.emulator.refusal import invalid
from contentsync.emulator.world import World

Data = dict[str, object]

PAGE: Final = 100
FIELDS: Final = frozenset({"id", "video_id", "text", "like_count", "reply_count", "parent_comment_id", "create_time"})


def comment_list(world: World, request: Request) -> Data:
    """A page of comments from a start index on; hidden ones make it shorter. Raises Refused."""
    fields = fields_of(request, FIELDS)
    body = request.json()
    count, cursor = number_of(body, "max_count", 10), number_of(body, "cursor", 0)
    if not 1 <= count <= PAGE or cursor < 0:
        raise invalid("max_count or cursor is out of range")
    life.settle_all(world)
    video_id, found = _asked_for(world, body)
    page = [comment for comment in found[cursor : cursor + count] if not comment.hidden]
    return {
        "comments": [_told(world, video_id, comment, fields) for comment in page],
        "cursor": min(cursor + count, len(found)),
        "has_more": len(found) > cursor + count,
    }


def _asked_for(world: World, body: Data) -> tuple[int, list[Comment]]:
    """The video, and what was written under it or in reply to the comment; nothing where nobody can see it."""
    video_id, comment_id = _id_of(body, "video_id"), _id_of(body, "comment_id")
    if bool(video_id) == bool(comment_id):
        raise invalid("Exactly one of video_id and comment_id is required")
    if comment_id:
        video_id = next((key for key, there in world.comments.items() if any(c.id == comment_id for c in there)), 0)
    if not world.seen_by_all(video_id):
        return video_id, []
    return video_id, [comment for comment in world.comments.get(video_id, []) if comment.parent == comment_id]


def _id_of(body: Data, name: str) -> int:
    """An id as a number or its digits; 0 where it is not given."""
    value = body.get(name, 0)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"{name} is not an id")
    return value


def _told(world: World, video_id: int, comment: Comment, fields: list[str]) -> Data:
    whole: Data = {
        "id": comment.id,
        "video_id": video_id,
        "text": comment.text,
        "like_count": comment.like_count,
        "reply_count": sum(other.parent == comment.id for other in world.comments[video_id]),
        "parent_comment_id": comment.parent or video_id,
        "create_time": int(comment.created_at or 0.0),
    }
    return {field: whole[field] for field in fields}
