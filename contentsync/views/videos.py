"""`videos --json`: the public videos of an account with their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from contentsync.tiktok.wire import Video
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.operations.browse import Listed

FORMAT: Final = "contentsync.videos/1"


def document(account: str, found: Listed) -> dict[str, Any]:
    told = [_video(video, found.posts.get(video.post.post_id)) for video in found.videos]
    return {
        "format": FORMAT,
        "account": account,
        "open_id": found.open_id,
        "videos": told,
        "missing": list(found.missing),
        "more": found.more,
    }


def _video(video: Video, post: str | None) -> dict[str, Any]:
    dated = video.post.created_at.timestamp() > 0
    return {
        "post_id": video.post.post_id,
        "post": post,
        "url": video.post.url or None,
        "created_at": rfc3339(video.post.created_at) if dated else None,
        "caption": video.post.caption,
        "title": video.post.title,
        "duration": video.post.duration or None,
        "width": video.width,
        "height": video.height,
        "views": video.views,
        "likes": video.likes,
        "comments": video.comments,
        "shares": video.shares,
        "cover_url": video.cover_url or None,
    }
