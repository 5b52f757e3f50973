"""Which posts does a spreadsheet hold? One draft a row of a CSV file, each fault with its line and column. Pure.

The first row names the columns. A heading that nearly names a key stops the import: a mistyped `publish at` that was
left out would post at once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Final

from contentsync.errors import Level, Place, Problem
from contentsync.frozen import frozen
from contentsync.importers import cells, columns
from contentsync.importers.dates import Order
from contentsync.importers.draft import Draft, Shape, Taken, lost
from contentsync.manifest.scalars import ScalarError
from contentsync.manifest.wording import shown, tidy
from contentsync.manifest.writer import Value

ROWS: Final = 10_000
_SEPARATORS: Final = (",", ";", "\t", "|")
_SAID: Final = re.compile(r"\ufeff?\"?sep=(.)\"?\n")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_MEDIA: Final = ("video", "photos", "file")
_SINGLE: Final = frozenset({*_MEDIA, "date", "time", "hashtags", "comment", "duet", "stitch"})


@frozen
class _Row:
    line: int
    cells: list[str]


def read_sheet(text: str, file: str, order: Order | None = None, tags_are_labels: bool = False) -> Taken:
    """The drafts in the text of a CSV file.

    order: of dates such as 3/4/2026. tags_are_labels: a column `tags` is for the tool's own use, not hashtags.
    """
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        hint = "say which tool wrote it: --from postiz, or --from buffer"
        return Taken(problems=(Problem("sheet-not-text", "this is JSON, not a spreadsheet", hint, Place(file)),))
    rows, problem = _rows(text, file)
    if problem:
        return Taken(problems=(problem,))
    if not rows:
        return Taken(problems=(Problem("sheet-empty", "the file has no rows", "", Place(file)),))
    head = _Head(rows[0], file, tags_are_labels)
    if any(found.level is Level.ERROR for found in head.problems):
        return Taken(problems=tuple(head.problems))
    drafts = tuple(_Reading(row, head, order).draft() for row in rows[1:])
    if not drafts:
        head.problems.append(Problem("sheet-empty", "the file has headings and no rows", "", Place(file)))
    return Taken(drafts, tuple(head.problems))


def _rows(text: str, file: str) -> tuple[list[_Row], Problem | None]:
    """The rows that hold anything, each with the line where it begins."""
    said = _SAID.match(text)
    separator = said[1] if said else _separator(text)
    reader = csv.reader(_LINES.findall(text), delimiter=separator, strict=True)
    rows: list[_Row] = []
    begun = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not (said and begun == 1):
                rows.append(_Row(begun, row))
            begun = reader.line_num + 1
            if len(rows) > ROWS:
                return [], Problem("sheet-too-big", f"more than {ROWS:,} rows", "split the file", Place(file, begun))
    except csv.Error as err:
        what = f"the row that begins here can't be read: {err}"
        return [], Problem(
            "sheet-quotes", what, 'check the quotes: a " inside a text is written ""', Place(file, begun)
        )
    return rows, None


def _separator(text: str) -> str:
    """The separator of the headings: the character that gives the most known headings."""
    first = text.partition("\n")[0]

    def known(separator: str) -> int:
        return sum(bool(columns.key_of(cell)) for cell in next(csv.reader([first], delimiter=separator), []))

    return max(_SEPARATORS, key=known)


class _Head:
    """The headings, and the columns of each key."""

    def __init__(self, row: _Row, file: str, tags_are_labels: bool) -> None:
        self.file = file
        self.names = [name.strip() for name in row.cells]
        self.problems: list[Problem] = []
        self.at: dict[str, int] = {}
        for number, name in enumerate(self.names, 1):
            where = Place(file, row.line, number)
            key = columns.key_of(name)
            if tags_are_labels and name.casefold() == "tags":
                self.problems.append(lost("the column Tags holds labels of the tool, not hashtags", where))
            elif key in self.at:
                self._twice(key, number, where)
            elif key:
                self.at[key] = number
            elif name:
                self.problems.append(_not_used(name, where))
        self._check(Place(file, row.line))

    def _twice(self, key: str, number: int, where: Place) -> None:
        first = self.names[self.at[key] - 1]
        what = f"two columns mean {key}: {shown(first)} and {shown(self.names[number - 1])}"
        self.problems.append(Problem("sheet-headings", what, "rename or delete one of them", where))

    def _check(self, where: Place) -> None:
        """Report headings that name no files, or two ways to say when."""
        if not self.at:
            what = "the first row names no columns that are known"
            hint = "name them name, account, file, caption, publish_at, privacy, …"
            self.problems.append(Problem("sheet-headings", what, hint, where))
        elif not set(_MEDIA) & self.at.keys():
            self.problems.append(Problem("sheet-headings", "no column names the file", "add a column file", where))
        if "publish_at" in self.at and "date" in self.at:
            what = "there are a column publish_at and a column date"
            self.problems.append(Problem("sheet-headings", what, "keep one of them", where))


def _not_used(name: str, where: Place) -> Problem:
    meant = columns.near_miss(name)
    if meant:
        what = f"the column {shown(name)} is not known, and is nearly {meant}"
        return Problem("sheet-headings", what, f"rename it to {meant}, or to something else", where)
    return Problem("column-not-used", f"the column {shown(name)} is not used", "", where, Level.WARNING)


class _Reading:
    """One row on its way to a draft."""

    def __init__(self, row: _Row, head: _Head, order: Order | None) -> None:
        self._row, self._head, self._order = row, head, order
        self._values: dict[str, Value] = {}
        self._problems: list[Problem] = []

    def draft(self) -> Draft:
        """The draft, with all that is wrong with the row."""
        for key in self._head.at:
            if key not in _SINGLE and self._text(key).strip():
                self._read(key, self._text(key), key)
        self._when()
        self._allow()
        self._add_hashtags()
        shape, media = self._media()
        extra = [cell for cell in self._row.cells[len(self._head.names) :] if cell.strip()]
        if extra:
            what = f"the row has more cells than there are headings; the first is {shown(extra[0])}"
            hint = "put a text that contains the separator in quotes"
            self._problems.append(Problem("sheet-row", what, hint, self._place("")))
        where = Place(self._head.file, self._row.line)
        places = {key: (number, self._head.names[number - 1]) for key, number in self._columns().items()}
        return Draft(where, self._values, media, shape, places, tuple(self._problems))

    def _text(self, key: str) -> str:
        number = self._head.at.get(key, 0)
        return self._row.cells[number - 1] if 0 < number <= len(self._row.cells) else ""

    def _place(self, key: str) -> Place:
        return Place(self._head.file, self._row.line, self._head.at.get(key, 1))

    def _read(self, key: str, text: str, column: str) -> None:
        try:
            self._values[key] = cells.read(key, text, self._order)
        except ScalarError as err:
            self._refuse(err, column, text)

    def _refuse(self, err: ScalarError, column: str, text: str) -> None:
        name = self._head.names[self._head.at[column] - 1]
        what = f"{tidy(name)} {err.phrase.replace('{shown}', shown(text.strip()))}"
        self._problems.append(Problem(err.code, what, err.hint, self._place(column)))

    def _when(self) -> None:
        """Date and time of two columns as one value."""
        date, time = self._text("date").strip(), self._text("time").strip()
        if date:
            self._read("publish_at", f"{date} {time}".strip(), "date")
        elif time and "publish_at" not in self._head.at:
            err = ScalarError("date-unknown", "is a time without a date: {shown}", "add the date")
            self._refuse(err, "time", time)

    def _allow(self) -> None:
        """Columns comment, duet and stitch as one list."""
        for key in ("comment", "duet", "stitch"):
            if key not in self._head.at:
                continue
            try:
                allows = cells.switch(self._text(key))
            except ScalarError as err:
                self._refuse(err, key, self._text(key))
                continue
            there = self._values.setdefault("allow", [])
            if allows and isinstance(there, list) and key not in there:
                there.append(key)

    def _add_hashtags(self) -> None:
        tags = self._text("hashtags")
        if tags.strip():
            self._values["caption"] = cells.hashtags(tags, str(self._values.get("caption", "")))

    def _media(self) -> tuple[Shape, tuple[str, ...]]:
        given = [(key, cells.files(self._text(key))) for key in _MEDIA]
        found = [(key, files) for key, files in given if files]
        if not found:
            key = next(key for key in _MEDIA if key in self._head.at)
            self._problems.append(Problem("media-missing", "the row names no file", "name it", self._place(key)))
            return Shape.FILE, ()
        if len(found) > 1:
            what = f"the row has a file under {found[0][0]} and one under {found[1][0]}"
            self._problems.append(Problem("media-both", what, "keep one of them", self._place(found[1][0])))
        return Shape(found[0][0]), found[0][1]

    def _columns(self) -> Mapping[str, int]:
        """The column of each key of the manifest."""
        at = dict(self._head.at)
        for key, parts in _MADE_OF.items():
            for part in parts:
                if key not in at and part in at:
                    at[key] = at[part]
        return at


_MADE_OF: Final[dict[str, Sequence[str]]] = {
    "publish_at": ("date", "time"),
    "video": ("file",),
    "photos": ("file",),
    "caption": ("hashtags",),
    "allow": ("comment", "duet", "stitch"),
}
