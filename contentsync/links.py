"""What is the web address of a post at TikTok? Pure."""

from __future__ import annotations

from contentsync.post_state import PostState


def post_url(username: str, post_id: str, *, photos: bool = False) -> str | None:
    """The address of a post in TikTok's web pages; None while either part is unknown."""
    kind = "photo" if photos else "video"
    return f"https://www.tiktok.com/@{username}/{kind}/{post_id}" if username and post_id else None


def url_of(row: PostState, username: str) -> str | None:
    """The address of what came of a post, as far as it is known."""
    done = row.success
    return post_url(username, row.post_id, photos=bool(done and done.is_photos))
