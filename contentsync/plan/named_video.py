"""Does the public list speak against the video that a person names for a post? Pure.

A person's word is taken: the list shows public videos only, and may be behind. But a mistyped number binds the post
to a video that is not its own, and nothing corrects that later, so a contradiction is said.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.plan.match import Lookalikes, candidates, may_fit, same_caption
from contentsync.post import DesiredPost, Mode, Privacy
from contentsync.post_state import Attempt
from contentsync.remote_post import RemotePost
from contentsync.times import in_words
from contentsync.visible import visible


@frozen
class Listed:
    """What TikTok's public list of an account showed when it was last read."""

    videos: Collection[RemotePost]
    #: The ids that belong to posts.
    bound: Collection[str]
    read_at: datetime
    #: The account's zone.
    zone: str


def doubt(
    key: str, post_id: str, post: DesiredPost | None, attempt: Attempt | None, listed: Listed
) -> Problem | None:
    """What speaks against the video `post_id` for a post; None for nothing.

    post: as declared; attempt: the last one. Either may be missing.
    """
    video = next((one for one in listed.videos if one.post_id == post_id), None)
    if video is not None:
        return None if _may_be(video, post, attempt) else _another(key, video, listed.zone)
    read = f"TikTok's public list, read {in_words(listed.read_at, listed.zone)}, does not show video {post_id}"
    alike = _alike(post, attempt, listed)
    if alike:
        return _doubtful(f"{read}; it shows {' and '.join(alike[:3])}, which looks like {key}")
    if _is_public(post, attempt):
        return _doubtful(f"{read}, though {key} is public")
    return None


def _may_be(video: RemotePost, post: DesiredPost | None, attempt: Attempt | None) -> bool:
    if attempt is not None:
        return may_fit(attempt, video)
    return post is None or not post.caption or same_caption(post.caption, video.caption or video.title)


def _alike(post: DesiredPost | None, attempt: Attempt | None, listed: Listed) -> list[str]:
    free = [video for video in listed.videos if video.post_id not in listed.bound]
    if attempt is not None:
        return [video.post_id for video in candidates(attempt, free)]
    return list(Lookalikes(free).of(post)) if post else []


def _is_public(post: DesiredPost | None, attempt: Attempt | None) -> bool:
    if attempt is not None:
        return attempt.mode is Mode.DIRECT and attempt.privacy == Privacy.EVERYONE
    return post is not None and post.mode is Mode.DIRECT and post.privacy is Privacy.EVERYONE


def _another(key: str, video: RemotePost, zone: str) -> Problem:
    caption = visible(video.caption or video.title)
    told = f"published {in_words(video.created_at, zone)}, {video.duration} s, “{caption[:60]}”"
    return _doubtful(f"video {video.post_id} does not look like {key}: TikTok lists it as {told}")


def _doubtful(what: str) -> Problem:
    hint = "it is recorded as you said; compare the number with the end of the video's address in TikTok"
    return Problem("post-id-doubtful", what, hint, level=Level.WARNING)
