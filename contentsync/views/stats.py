"""`stats --json` and `stats --csv`: views, likes, comments and shares of each post over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from contentsync.figures import Figures
from contentsync.operations.stats import PostFigures, Stats
from contentsync.times import rfc3339
from contentsync.views.csv_text import csv_text

FORMAT: Final = "contentsync.stats/1"
COLUMNS: Final = (
    "post",
    "post_id",
    "url",
    "published_at",
    "caption",
    "at",
    "views",
    "likes",
    "comments",
    "shares",
)


def document(found: Stats) -> dict[str, Any]:
    return {"format": FORMAT, "posts": [_post(one) for one in found.posts]}


def _post(one: PostFigures) -> dict[str, Any]:
    return {
        "post": one.post,
        "post_id": one.post_id,
        "url": one.url,
        "published_at": rfc3339(one.published_at),
        "caption": one.caption,
        "views_in_the_last_week": one.week,
        "figures": [figures_as_json(figures) for figures in one.series],
    }


def figures_as_json(one: Figures) -> dict[str, Any]:
    """What TikTok said of a video at one time."""
    counts = {"views": one.views, "likes": one.likes, "comments": one.comments, "shares": one.shares}
    return {"at": rfc3339(one.at), **counts}


def table(found: Stats) -> str:
    """The figures as CSV: one line for each post and time."""
    return csv_text([COLUMNS, *_lines(found)])


def _lines(found: Stats) -> Iterator[tuple[object, ...]]:
    for one in found.posts:
        about = (one.post, one.post_id, one.url, rfc3339(one.published_at), one.caption)
        for figures in one.series:
            counts = (figures.views, figures.likes, figures.comments, figures.shares)
            yield (*about, rfc3339(figures.at), *counts)
