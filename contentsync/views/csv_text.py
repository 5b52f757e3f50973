"""How is a table written as CSV that a spreadsheet can open safely? Pure.

A spreadsheet runs a cell that begins with =, +, - or @ as a formula. A caption may be anyone's text, so such a cell
gets an apostrophe before it, which spreadsheets read as "this is text".
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Final

from contentsync.visible import without_unseen

_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows as RFC 4180 writes them, with CRLF. None is an empty cell."""
    lines: list[str] = []
    writer = csv.writer(SimpleNamespace(write=lines.append))
    writer.writerows([_cell(value) for value in row] for row in rows)
    return "".join(lines)


def _cell(value: object) -> object:
    """Counts as they are, and text that no spreadsheet runs."""
    if value is None or isinstance(value, int):
        return value
    text = str(value).replace("\0", "")
    begins = (text, text.lstrip(), without_unseen(text).lstrip())  # some drop what can't be seen before they look
    return f"'{text}" if any(begin.startswith(_FORMULA) for begin in begins) else text
