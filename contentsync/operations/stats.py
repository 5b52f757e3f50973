"""How often was each post seen, liked, commented on and shared, over time? Reads only the state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from contentsync.figures import Figures, by_post, gained
from contentsync.frozen import frozen
from contentsync.links import url_of
from contentsync.operations.selection import full_keys, rows_by_account
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote_post import RemotePost
from contentsync.trust import hide

WEEK: Final = timedelta(days=7)


@frozen
class PostFigures:
    """One post that is public, or was, with what TikTok said of it."""

    post: str
    post_id: str
    #: None if neither the account's handle nor the list gives the address.
    url: str | None
    #: When TikTok published it; None where the list did not say.
    published_at: datetime | None
    #: As the public list shows it, cut by TikTok.
    caption: str
    #: Oldest first; empty where the list was not read since.
    series: tuple[Figures, ...]
    #: The views gained in the last week; None where that is not known.
    week: int | None

    @property
    def last(self) -> Figures | None:
        return self.series[-1] if self.series else None


@frozen
class Stats:
    """The posts that have a video, the newest first."""

    posts: tuple[PostFigures, ...]
    now: datetime


def stats(project: Project, names: tuple[str, ...] = ()) -> Stats:
    """The figures of these posts, or of all that have a video. Raises UsageError for an unknown name."""
    project.use_copy()
    wanted = frozenset(full_keys(project, names))
    now = project.clock.now()
    rows = [row for mine in rows_by_account(project).values() for row in mine]
    rows = [row for row in rows if row.post_id and (not wanted or row.key in wanted)]
    found = [one for open_id in {row.open_id for row in rows} for one in _of(project, open_id, rows, now)]
    found.sort(key=lambda one: (one.published_at is not None, one.published_at or now, one.post), reverse=True)
    return Stats(tuple(found), now)


def _of(project: Project, open_id: str, rows: list[PostState], now: datetime) -> list[PostFigures]:
    store = project.reading_store
    told = by_post(store.figures.all(open_id))
    videos = {video.post_id: video for video, _ in store.videos(open_id)}
    username = {one: creator.username for one, creator, _ in store.creators().values()}.get(open_id, "")
    mine = [row for row in rows if row.open_id == open_id]
    hidden = project.settings.hidden
    return [_post(row, videos.get(row.post_id), username, told.get(row.post_id, ()), now, hidden) for row in mine]


def _post(
    row: PostState,
    video: RemotePost | None,
    username: str,
    series: tuple[Figures, ...],
    now: datetime,
    hidden: Mapping[str, str],
) -> PostFigures:
    return PostFigures(
        post=row.key,
        post_id=row.post_id,
        url=url_of(row, username) or (video.url if video else None) or None,
        published_at=_published_at(row, video),
        caption=hide(video.caption, hidden) if video else "",
        series=series,
        week=gained(series, now - WEEK) if series else None,
    )


def _published_at(row: PostState, video: RemotePost | None) -> datetime | None:
    """TikTok's time, else the time at which the attempt ended."""
    if video is not None and video.created_at.timestamp() > 0:
        return video.created_at
    done = row.success
    return done.finished_at if done else None
