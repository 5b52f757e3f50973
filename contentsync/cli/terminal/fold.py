"""How does a line fit its terminal? It is broken between words, in its own colours, and goes on indented. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from contentsync.cli.terminal.table import width_of

#: What click.style makes: bold, dim, colours, and the end of them.
STYLE: Final = re.compile(r"\x1b\[(?:0|1|2|3[0-7]|9[0-7])m")
_END: Final = "\x1b[0m"


def fold(line: str, width: int, hang: int) -> Iterator[str]:
    """The line in parts of at most `width` columns; a word that is wider stays whole, so that it can be copied.

    line: may hold codes of STYLE. hang: the column at which each part but the first begins, at most half the width.
    """
    cells = list(_cells(line))
    bare = "".join(char for _, char in cells)
    hang = min(hang, width // 2)
    end = _end_of_part(bare, 0, width)
    yield _coloured(cells[:end])
    while (begin := len(bare) - len(bare[end:].lstrip(" "))) < len(bare):
        end = _end_of_part(bare, begin, width - hang)
        yield " " * hang + _coloured(cells[begin:end])


def _coloured(cells: list[tuple[str, str]]) -> str:
    parts = ((codes, "".join(char for _, char in same)) for codes, same in groupby(cells, key=itemgetter(0)))
    return "".join(f"{codes}{part}{_END}" if codes else part for codes, part in parts)


def _cells(line: str) -> Iterator[tuple[str, str]]:
    """Each character with the codes that are on where it stands."""
    codes, last = "", 0
    for found in STYLE.finditer(line):
        yield from ((codes, char) for char in line[last : found.start()])
        codes = "" if found[0] == _END else codes + found[0]
        last = found.end()
    yield from ((codes, char) for char in line[last:])


def _end_of_part(bare: str, begin: int, room: int) -> int:
    """Where the part that begins at `begin` ends: at the last blank that fits, else at the next one."""
    first = len(bare) - len(bare[begin:].lstrip(" "))
    taken, blank = width_of(bare[begin:first]), 0
    for place in range(first, len(bare)):
        if bare[place] == " ":
            if taken > room:
                return blank or place
            blank = place if bare[place - 1] != " " else blank
        taken += width_of(bare[place])
    return len(bare) if taken <= room or not blank else blank
