"""How often was a video seen, liked, commented on and shared, and when did TikTok say so? Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from contentsync.frozen import frozen


@frozen
class Figures:
    """What TikTok said of one public video at one time. A count is None where TikTok did not give it."""

    post_id: str
    #: When TikTok was asked.
    at: datetime
    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether TikTok gave no count at all."""
        return (self.views, self.likes, self.comments, self.shares) == (None, None, None, None)


def by_post(found: Iterable[Figures]) -> dict[str, tuple[Figures, ...]]:
    """The figures of each video by its post_id, oldest first."""
    sorted_: dict[str, list[Figures]] = {}
    for one in sorted(found, key=lambda one: one.at):
        sorted_.setdefault(one.post_id, []).append(one)
    return {post_id: tuple(series) for post_id, series in sorted_.items()}


def gained(series: tuple[Figures, ...], since: datetime) -> int | None:
    """How many views a video gained since a time; None where that is not known.

    series: oldest first. The count at `since` is the last one taken at or before it.
    """
    before = [one for one in series if one.at <= since and one.views is not None]
    if not before or series[-1].views is None or before[-1].views is None:
        return None
    return series[-1].views - before[-1].views
