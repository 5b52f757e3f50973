"""How does a statement of queries.sql become a function? By its name and the mark behind it.

The file has the format of aiosql, so that aiosql can read it for another driver. For SQLite these lines read it:
importing aiosql and making all its functions takes 40 ms, which every command would pay.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

_HEAD: Final = re.compile(r"^-- name: (?P<name>\w+)\([^)]*\)(?P<mark>\S*)[ ]*$", re.MULTILINE)

Statement = Callable[..., Any]


class Statements:
    """Every statement as a function: its first argument is the connection, the others are its values by name."""

    def __init__(self, text: str) -> None:
        heads = [*_HEAD.finditer(text)]
        ends = [*(head.start() for head in heads[1:]), len(text)]
        self._found = {
            head["name"]: (head["mark"], _bare(text[head.end() : end])) for head, end in zip(heads, ends, strict=True)
        }

    def __getattr__(self, name: str) -> Statement:
        if name.startswith("_") or name not in self._found:
            raise AttributeError(name)
        mark, sql = self._found[name]
        made = _MARKS[mark](sql)
        setattr(self, name, made)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)


def _bare(text: str) -> str:
    """A statement without the comments behind it, which belong to the next one."""
    lines = text.strip().splitlines()
    while lines and lines[-1].startswith("--"):
        lines.pop()
    return "\n".join(lines)


def _rows(sql: str) -> Statement:
    def rows(db: sqlite3.Connection, **values: object) -> Iterable[sqlite3.Row]:
        return db.execute(sql, values)

    return rows


def _one(sql: str) -> Statement:
    def one(db: sqlite3.Connection, **values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = db.execute(sql, values).fetchone()
        return found

    return one


def _changed(sql: str) -> Statement:
    def changed(db: sqlite3.Connection, **values: object) -> int:
        return db.execute(sql, values).rowcount

    return changed


def _changed_by_many(sql: str) -> Statement:
    def changed_by_many(db: sqlite3.Connection, several: Iterable[Mapping[str, object]]) -> int:
        return db.executemany(sql, several).rowcount

    return changed_by_many


#: Behind a name: nothing for rows, `^` for one row or None, `!` for how many rows changed, `*!` for many at a time.
_MARKS: Final[Mapping[str, Callable[[str], Statement]]] = {
    "": _rows,
    "^": _one,
    "!": _changed,
    "*!": _changed_by_many,
}
