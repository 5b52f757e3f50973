"""What do requests and answers about comments look like, as types? The Research API's part of `wire.py`.

Source: Query Video Comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contentsync.frozen import frozen
from contentsync.tiktok.reading import flag, ids, mapping, moment, text, whole

FIELDS: Final = "id,video_id,text,like_count,reply_count,parent_comment_id,create_time"


@frozen
class Comment:
    """What someone wrote under a video, or in reply. Source: Query Video Comments.

    parent_id: the comment that it replies to; empty for one on the video itself, for which TikTok may name the video.
    """

    comment_id: str
    video_id: str = ""
    parent_id: str = ""
    text: str = ""
    likes: int | None = None
    replies: int | None = None
    created_at: datetime | None = None

    @classmethod
    def of(cls, entry: object) -> Comment | None:
        item = mapping(entry)
        comment_id, video_id, parent_id = (
            next(iter(ids([item.get(name)])), "") for name in ("id", "video_id", "parent_comment_id")
        )
        if not comment_id:
            return None
        return cls(
            comment_id,
            video_id,
            parent_id if parent_id != video_id else "",
            text(item.get("text")),
            whole(item.get("like_count")),
            whole(item.get("reply_count")),
            moment(item.get("create_time")) if whole(item.get("create_time")) else None,
        )


@frozen
class CommentPage:
    """One page of comments; it may hold fewer than asked for. cursor: where the next one starts, an index."""

    comments: tuple[Comment, ...]
    cursor: int | None
    has_more: bool

    @classmethod
    def of(cls, data: Mapping[str, object]) -> CommentPage:
        entries = data.get("comments")
        comments = tuple(filter(None, map(Comment.of, entries if isinstance(entries, list) else ())))
        return cls(comments, whole(data.get("cursor")), flag(data.get("has_more")))
