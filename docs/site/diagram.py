"""Draws a Mermaid state diagram as an SVG and a table, so that the site needs no program and no request for it.

GitHub draws the same text itself. Only what docs/lifecycle.md uses is understood: `A --> B: event`.
"""

from __future__ import annotations

import re
from html import escape

FENCE = re.compile(r"^```mermaid\nstateDiagram-v2\n(.*?)^```$", re.M | re.S)
EDGE = re.compile(r"^\s*(\S+) --> (\S+?)(?:: (\S+))?$", re.M)
#: Where each state is: column and row of a grid. Others are put into the last row.
PLACES = {
    "intent": (1.5, 0.0),
    "uploading": (0.5, 1.0),
    "processing": (1.5, 2.0),
    "published": (0.0, 3.4),
    "delivered": (1.0, 3.0),
    "unknown": (2.6, 2.2),
    "failed": (2.0, 3.4),
    "orphaned": (3.0, 0.8),
    "abandoned": (3.2, 3.4),
}
COLUMN, ROW, WIDTH, HEIGHT = 190, 100, 110, 34
_ARROW = (
    '<marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
    'orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="currentColor"/></marker>'
)
_SPOKEN = "The phases of an attempt, and the ways from one to another; the table below says the same"


def drawn(markdown: str) -> str:
    """The page with each state diagram as a picture and a table."""
    return FENCE.sub(lambda found: f"{_figure(EDGE.findall(found[1]))}\n\n{_table(EDGE.findall(found[1]))}", markdown)


def _figure(edges: list[tuple[str, str, str]]) -> str:
    """The picture: a box for each state, and an arrow for each way from one to another."""
    ways = _ways(edges)
    states = list(dict.fromkeys(name for way in ways for name in way))
    at = {name: _place(name, number) for number, name in enumerate(states)}
    width = max(x for x, _ in at.values()) + WIDTH
    height = max(y for _, y in at.values()) + HEIGHT
    lines = "".join(_arrow(at[before], at[after], before, after, events) for (before, after), events in ways.items())
    boxes = "".join(_box(name, *at[name]) for name in states)
    size = f'style="max-width: {width:g}px; width: 100%" viewBox="-2 -2 {width + 4:g} {height + 4:g}"'
    svg = f'<svg {size} role="img" aria-label="{_SPOKEN}"><defs>{_ARROW}</defs>{lines}{boxes}</svg>'
    return f'<figure style="width: 100%">{svg}</figure>'


def _place(name: str, number: int) -> tuple[float, float]:
    column, row = PLACES.get(name, (number % 4, 4.4))
    return column * COLUMN, row * ROW


def _box(name: str, x: float, y: float) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6" '
        'fill="var(--md-default-bg-color, #fff)" stroke="currentColor" stroke-width="1.5"/>'
        f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 5:g}" text-anchor="middle" font-size="15" '
        f'fill="currentColor">{escape(name)}</text>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float], before: str, after: str, events: list[str]) -> str:
    """A line that is bent a little to the side, so that the ways to and fro do not lie on each other."""
    (x1, y1), (x2, y2) = _middle(start), _middle(end)
    across, down = x2 - x1, y2 - y1
    length = max(1.0, (across**2 + down**2) ** 0.5)
    bend = (-down / length * 14, across / length * 14)
    middle = ((x1 + x2) / 2 + bend[0], (y1 + y2) / 2 + bend[1])
    first, last = _border(start, middle), _border(end, middle)
    told = escape(f"{before} to {after}: {', '.join(events)}")
    return (
        f'<path d="M{first[0]:.0f} {first[1]:.0f}Q{middle[0]:.0f} {middle[1]:.0f} {last[0]:.0f} {last[1]:.0f}" '
        f'fill="none" stroke="currentColor" stroke-opacity=".6" marker-end="url(#arrow)"><title>{told}</title></path>'
    )


def _middle(corner: tuple[float, float]) -> tuple[float, float]:
    return corner[0] + WIDTH / 2, corner[1] + HEIGHT / 2


def _border(corner: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    """Where a line from the middle of a box to a point leaves the box."""
    x, y = _middle(corner)
    across, down = towards[0] - x, towards[1] - y
    share = min(WIDTH / 2 / abs(across) if across else 9.0, (HEIGHT / 2) / abs(down) if down else 9.0, 1.0)
    return x + across * share, y + down * share


def _table(edges: list[tuple[str, str, str]]) -> str:
    """Every way with its events, as text."""
    rows = [f"| {before} | {after} | {', '.join(events)} |" for (before, after), events in _ways(edges).items()]
    return "\n".join(["| from | to | by |", "| --- | --- | --- |", *rows])


def _ways(edges: list[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    """The events that lead from one state to another."""
    ways: dict[tuple[str, str], list[str]] = {}
    for before, after, event in edges:
        if "[*]" not in (before, after):
            ways.setdefault((before, after), []).append(event)
    return ways
