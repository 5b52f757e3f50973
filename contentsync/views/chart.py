"""How are figures over time drawn? As lines of an SVG picture: numbers only, so that no text can break out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contentsync.figures import Figures
from contentsync.frozen import frozen

WIDTH: Final = 640
HEIGHT: Final = 200
#: Lines that differ in dashes and colours; the stylesheet knows line-0 to line-5.
LINES: Final = 6


@frozen
class Line:
    """The views of one post."""

    label: str
    #: Coordinates within WIDTH and HEIGHT, as SVG writes them.
    points: str
    last: int


@frozen
class Chart:
    """The views of the posts that have most, over time."""

    lines: tuple[Line, ...]
    since: datetime
    until: datetime
    #: The highest count, at the upper border.
    top: int


def chart_of(series: Sequence[tuple[str, Sequence[Figures]]]) -> Chart | None:
    """A chart of these posts' views; None where no post has figures of two times."""
    told = [(label, [(one.at, one.views) for one in many if one.views is not None]) for label, many in series]
    drawn = sorted((one for one in told if len(one[1]) > 1), key=lambda one: -one[1][-1][1])[:LINES]
    if not drawn:
        return None
    times = [at for _, points in drawn for at, _ in points]
    since, until = min(times), max(times)
    top = max(views for _, points in drawn for _, views in points) or 1
    span = (until - since).total_seconds() or 1.0

    def place(at: datetime, views: int) -> str:
        return f"{(at - since).total_seconds() / span * WIDTH:.1f},{HEIGHT - views / top * HEIGHT:.1f}"

    lines = (
        Line(label, " ".join(place(at, views) for at, views in points), points[-1][1]) for label, points in drawn
    )
    return Chart(tuple(lines), since, until, top)
