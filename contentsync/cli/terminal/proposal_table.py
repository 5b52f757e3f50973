"""How do proposed manifests fit a terminal? Captions are cut first; then the manifests leave the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from contentsync.cli.terminal import table

_COLUMNS: Final = ("line", "post", "manifest", "when", "how", "caption")
_MANIFEST: Final = _COLUMNS.index("manifest")
_CAPTION: Final = 40
_LEAST_CAPTION: Final = 12
#: Folders that the line after a narrow table names.
_FOLDERS: Final = 4


def lines(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """The table of `rows`, whose cells are those of _COLUMNS. width: of the terminal; None where there is none.

    Where the captions would get too little room, the manifests have no column, and a line after the table names
    their folders.
    """
    shown = list(range(len(_COLUMNS)))
    room = _room(rows, shown, width)
    if room < _LEAST_CAPTION:
        shown.remove(_MANIFEST)
        room = _room(rows, shown, width)
    cut = [[*row[:-1], table.one_line(row[-1], max(room, _LEAST_CAPTION))] for row in rows]
    columns = [table.Column(_COLUMNS[place], right=place == 0) for place in shown]
    yield from table.aligned(columns, [[row[place] for place in shown] for row in cut])
    if _MANIFEST not in shown:
        yield f"The manifests go into {_folders(rows)}."


def _room(rows: Sequence[Sequence[str]], shown: Sequence[int], width: int | None) -> int:
    """The width that is left for the captions."""
    if width is None:
        return _CAPTION
    others = [max(table.width_of(cells[place]) for cells in (_COLUMNS, *rows)) + 2 for place in shown[:-1]]
    return min(_CAPTION, width - sum(others))


def _folders(rows: Sequence[Sequence[str]]) -> str:
    """The folders of the manifests, the first of them by name."""
    found = sorted({str(PurePosixPath(row[_MANIFEST]).parent) for row in rows})
    more = f", and {len(found) - _FOLDERS} more" if len(found) > _FOLDERS else ""
    return ", ".join(found[:_FOLDERS]) + more
