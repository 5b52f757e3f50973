"""One YAML document as written: its values, their places, and its problems."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from contentsync.errors import Level, Place, Problem
from contentsync.manifest.wording import printable

Path = tuple[str | int, ...]
Spot = tuple[int, int, int]  # line and column from 1, and how many columns to underline
PROBLEMS_OF_A_DOCUMENT: Final = 100
TOO_MANY: Final = Problem(
    "too-many-problems", f"more than {PROBLEMS_OF_A_DOCUMENT} problems here; the others are not listed"
)
_SECRET: Final = re.compile(r"(client_secret[\"']?\s*:\s*)(?!\$\{|[\"']\$\{)\S.*")
_SECRET_BELOW: Final = re.compile(r"(?:client_secret|\burl)[\"']?\s*+:\s*+(?:[|>][-+0-9]*+\s*+)?(?:#.*)?$")
_NOTIFY_URL: Final = re.compile(r"(\burl[\"']?\s*:\s*)(?![\"']?\$\{[A-Z_]+\}[\"']?\s*(?:$|[,}#]))[^\s#].*")
_PASSWORD: Final = re.compile(r"://[^/\s@]+@")


class Lines:
    """The lines of a file, cut when one is first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[str] | None = None
        self._last: tuple[int, str] = (0, "")

    def __getitem__(self, line: int) -> str:
        """The line that counts `line` from 1, without its end, without secrets; empty past the last one."""
        if self._last[0] != line:
            self._last = line, self._shown(line)
        return self._last[1]

    def _shown(self, line: int) -> str:
        above = self._raw(line - 1)
        if ("client_secret" in above or "url" in above) and _SECRET_BELOW.search(above):
            return "…"
        text = self._raw(line)
        if "client_secret" in text:
            text = _SECRET.sub(r"\1…", text)
        if "url" in text:
            text = _NOTIFY_URL.sub(r"\1…", text)
        if "://" in text:
            text = _PASSWORD.sub("://…@", text)
        return printable(text.replace("\t", " "))

    def _raw(self, line: int) -> str:
        if self._lines is None:
            text = self._text
            text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
            self._lines = text.split("\n")
        return self._lines[line - 1] if 0 < line <= len(self._lines) else ""


@dataclass(slots=True)
class Document:
    """A mapping with its places.

    value: text, lists and mappings only; a scalar without quotes is a Plain. spots: of values. keys: of the keys
    that lead to them. broken: what was refused already, so that nothing more is said about it.
    raw: the value before ${NAME} was read; messages name that one. is_whole: it was read to its end.
    """

    file: str
    lines: Lines
    start: Spot
    value: dict[str, Any] = field(default_factory=dict)
    spots: dict[Path, Spot] = field(default_factory=dict)
    keys: dict[Path, Spot] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    raw: dict[str, Any] | None = None
    is_whole: bool = False

    def place(self, path: Path = ()) -> Place:
        """The place of the value at `path`, or of the nearest mapping or list around it."""
        line, column, _ = self.spot(path)
        return Place(self.file, line, column)

    def spot(self, path: Path, at_key: bool = False) -> Spot:
        """The place of a value, or of its key, as line, column and width."""
        found = self.keys.get(path) if at_key else None
        found = found or self.spots.get(path)
        if found:
            return found
        return self.spot(path[:-1], at_key) if path else self.start

    def tell(self, problem: Problem, path: Path = (), at_key: bool = False) -> Problem:
        """`problem` with its place, its source line and the columns to underline."""
        return at(problem, self.file, self.spot(path, at_key), self.lines)

    def add(self, problem: Problem, path: Path = (), at_key: bool = False) -> Problem:
        """Keep a problem of this document, as it is returned; past a hundred only that there are more."""
        kept = len(self.problems)
        if kept > PROBLEMS_OF_A_DOCUMENT:
            return self.problems[-1]
        told = self.tell(problem if kept < PROBLEMS_OF_A_DOCUMENT else TOO_MANY, path, at_key)
        self.problems.append(told)
        return told

    def refuse(self, problem: Problem, path: Path, at_key: bool = False) -> None:
        """Keep a problem, and say nothing more about `path`."""
        self.broken.add(path)
        self.add(problem, path, at_key)

    def is_broken(self, path: Path) -> bool:
        """Whether `path`, or what holds it, was refused."""
        return any(path[:length] in self.broken for length in range(1, len(path) + 1))

    def written(self, path: Path) -> object:
        """The value at `path` as the author wrote it; None where there is none."""
        value: Any = self.value if self.raw is None else self.raw
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    @property
    def is_full(self) -> bool:
        """Whether no further problem would be listed."""
        return len(self.problems) > PROBLEMS_OF_A_DOCUMENT

    @property
    def errors(self) -> int:
        """How many problems forbid posting it."""
        return sum(problem.level is Level.ERROR for problem in self.problems)

    @property
    def has_errors(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)


def at(problem: Problem, file: str, spot: Spot, lines: Lines | None = None) -> Problem:
    """`problem` at `spot` of `file`."""
    line, column, width = spot
    source = lines[line] if lines else ""
    return replace(problem, where=Place(file, line, column), source=source, width=max(1, width))
