"""How do rows and foreign text fit a terminal? Aligned columns, figures, and text cut or wrapped by its width.

Widths are columns of a terminal, by rule of thumb: East Asian wide characters and emoji take two, marks none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from contentsync.frozen import frozen
from contentsync.visible import visible_lines

_NO_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})


@frozen
class Column:
    """A column's heading, and the side on which its cells stand."""

    name: str
    right: bool = False


def aligned(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The heading and the rows as lines; the last column is not filled up."""
    table = [[column.name for column in columns], *rows]
    widths = [max(map(width_of, cells)) for cells in zip(*table, strict=True)]
    for row in table:
        cells = (_filled(cell, columns[place], widths[place]) for place, cell in enumerate(row))
        yield "  ".join(cells).rstrip()


def _filled(cell: str, column: Column, width: int) -> str:
    blanks = " " * (width - width_of(cell))
    return blanks + cell if column.right else cell + blanks


def figure(count: int | None) -> str:
    """A count as people read it, whole and with commas; `-` where it is not known."""
    return "-" if count is None else f"{count:,}"


def width_of(text: str) -> int:
    """The columns that `text` takes."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def one_line(text: str, width: int) -> str:
    """Foreign text in one line that moves no cursor, cut with … where it is too long."""
    line = " ".join(visible_lines(text).split())
    if width_of(line) <= width:
        return line
    return _begin(line, width - 1)[0].rstrip() + "…"


def wrapped(text: str, width: int) -> Iterator[str]:
    """Foreign text in lines that fit, broken between words where that can be; its own line breaks kept."""
    for paragraph in visible_lines(text).split("\n"):
        rest = paragraph.strip()
        while width_of(rest) > width:
            fits, over = _begin(rest, width)
            space = fits.rfind(" ") if not over.startswith(" ") else len(fits)
            end = space if space > 0 else len(fits)
            yield rest[:end].rstrip()
            rest = rest[end:].lstrip()
        yield rest


def _begin(text: str, width: int) -> tuple[str, str]:
    """The beginning of `text` that fits, at least one character, and the rest."""
    taken = 0
    for place, char in enumerate(text):
        taken += _width(char)
        if taken > width and place:
            return text[:place], text[place:]
    return text, ""
