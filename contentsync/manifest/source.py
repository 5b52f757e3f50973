"""What is in a YAML file, and where? Strict: refuses, with its place, whatever could be misread.

Reads text, gives documents; schema.py knows what the keys mean. YAML's own guesses are not used: every scalar stays
text. A UTF-8 byte order mark at the start is skipped. Exactly one trailing newline of a block scalar (`|`, `>`) is
removed, so `|+` keeps the blank lines that its author asked for. A plain `null`, `~` or nothing is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from contentsync.errors import Problem
from contentsync.manifest import comments
from contentsync.manifest.decoding import decoded
from contentsync.manifest.document import PROBLEMS_OF_A_DOCUMENT, TOO_MANY, Document, Lines, Path, Spot, at
from contentsync.manifest.scalars import Plain
from contentsync.manifest.syntax import syntax_problem
from contentsync.manifest.wording import shown, tidy

_libyaml: Callable[[str], Any] | None
try:
    from yaml._yaml import CParser as _libyaml  # noqa: N813
except ImportError:  # a PyYAML without libyaml
    _libyaml = None

DEPTH: Final = 32
DOCUMENTS: Final = 10_000
VALUES: Final = 50_000  # of one document
ITEMS: Final = 2_000  # of one list
_REFUSED_VALUE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_TABBED: Final = re.compile(r"^( *+)\t[ \t]*+", re.MULTILINE)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BAD_KEYS: Final = _NULLS | {"<<"}


class _PurePythonParser(Reader, Scanner, Parser):
    """PyYAML's own parser, for machines without libyaml; about seven times slower."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


def pure_python_parser(text: str) -> Any:
    """A parser of PyYAML that needs no libyaml."""
    return _PurePythonParser(text)


def event_source(text: str) -> Callable[[], Any]:
    """Yields the YAML events of a text one by one, with their marks."""
    found: Callable[[], Any] = (_libyaml or pure_python_parser)(text).get_event
    return found


def is_fast() -> bool:
    """Whether PyYAML came with libyaml."""
    return _libyaml is not None


class _Stop(Exception):
    """Nothing after this point of the file can be read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def read_yaml(
    data: bytes, file: str, parser: Callable[[str], Any] | None = None
) -> tuple[list[Document], list[Problem]]:
    """The documents of a file, and the problems of the file as a whole; those of a document are in it.

    data: at most 1 MiB of UTF-8. parser: makes a source of YAML events; libyaml's where it is there.
    """
    text, problem = decoded(data, file)
    if problem:
        return [], [problem]
    return read_text(text, file, parser)


def read_text(
    text: str, file: str, parser: Callable[[str], Any] | None = None, lines: Lines | None = None
) -> tuple[list[Document], list[Problem]]:
    """The same of decoded text. lines: of the whole file, where `text` is only its beginning."""
    reader = _Reader(text, file, parser or _libyaml or pure_python_parser, lines or Lines(text))
    documents: list[Document] = []
    problems: list[Problem] = []
    try:
        documents.extend(reader.documents(problems))
    except _Stop as stop:
        problems.append(stop.problem)
    except (yaml.YAMLError, ValueError, OverflowError) as err:  # the two latter: escapes past the last character
        problems.append(syntax_problem(err, text, file, reader.lines))
    if not documents and not problems:
        problem = Problem("document-empty", "the file contains no document", "write name, account and video")
        problems.append(at(problem, file, (1, 1, 1), reader.lines))
    return documents, problems


class _Reader:
    """Builds documents from YAML events, one event at a time, and never deeper than DEPTH."""

    def __init__(self, text: str, file: str, parser: Callable[[str], Any], lines: Lines) -> None:
        self.text = text
        self.file = file
        self.lines = lines
        self.tabs = _tabbed_lines(text)
        self.next: Callable[[], Any] = parser(text).get_event
        self.document = Document(file, self.lines, (1, 1, 1))

    def documents(self, problems: list[Problem]) -> Iterator[Document]:
        """Each mapping of the stream; a document that is none goes to `problems`.

        Raises _Stop, or what the parser raises, where the text is no YAML.
        """
        started = 0
        while type(event := self.next()) is not StreamEndEvent:
            if type(event) is not DocumentStartEvent:
                continue
            root = self.next()
            started += 1
            if started > DOCUMENTS:
                self._too_many(root, f"more than {DOCUMENTS:,} documents in one file", "split the file")
            self.document = document = Document(self.file, self.lines, self._spot(root))
            if type(root) is MappingStartEvent:
                yield document  # handed out first: one that breaks off later keeps its problems
                self._refuse_marks(root, ())
                self._mapping(document.value, (), 1)
                document.is_whole = True
            else:
                problems.append(document.tell(_not_mapping(root)))
                if len(problems) == PROBLEMS_OF_A_DOCUMENT:
                    raise _Stop(document.tell(TOO_MANY))
                self._skip(root, 0)

    def _spot(self, event: Any) -> Spot:
        start, end = event.start_mark, event.end_mark
        if self.tabs:
            self._refuse_tab(start)
        width = end.column - start.column if end.line == start.line else 1
        return start.line + 1, start.column + 1, width

    def _refuse_tab(self, mark: Any) -> None:
        tab, end = self.tabs.get(mark.line, (0, -1))
        if tab < mark.column <= end:
            problem = Problem("yaml-tab", "the indentation contains a tab", "indent with spaces")
            raise _Stop(at(problem, self.file, (mark.line + 1, tab + 1, 1), self.lines))

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        kind = type(event)
        spots = self.document.spots
        spots[path] = self._spot(event)
        if len(spots) > VALUES:
            self._too_many(event, f"more than {VALUES:,} values in one document", "split it")
        if kind is ScalarEvent:
            if event.anchor or event.tag:
                self._refuse_marks(event, path)
            return self._scalar(event, path)
        if kind is AliasEvent:
            problem = Problem("yaml-alias", f"the alias *{tidy(event.anchor)} is not allowed", "write it out")
            self.document.refuse(problem, path)
            return ""
        self._refuse_marks(event, path)
        return self._collection(event, path, depth + 1)

    def _collection(self, event: Any, path: Path, depth: int) -> Any:
        if depth > DEPTH:
            self._too_deep(event)
        if type(event) is MappingStartEvent:
            return self._mapping({}, path, depth)
        items: list[Any] = []
        while type(item := self.next()) is not SequenceEndEvent:
            if len(items) == ITEMS:
                self._too_many(item, f"more than {ITEMS:,} items in one list", "shorten the list")
            items.append(self._value(item, (*path, len(items)), depth))
        return items

    def _too_many(self, event: Any, what: str, hint: str) -> NoReturn:
        raise _Stop(at(Problem("yaml-too-many", what, hint), self.file, self._spot(event), self.lines))

    def _too_deep(self, event: Any) -> NoReturn:
        problem = Problem("yaml-depth", f"nested deeper than {DEPTH} levels", "flatten it")
        raise _Stop(at(problem, self.file, self._spot(event), self.lines))

    def _mapping(self, into: dict[str, Any], path: Path, depth: int) -> dict[str, Any]:
        keys = self.document.keys
        while type(event := self.next()) is not MappingEndEvent:
            if type(event) is not ScalarEvent:
                self._refuse_key(event, depth)
                continue
            key = sys.intern(event.value)  # many documents have the same few keys
            inner = (*path, key)
            spot = self._spot(event)
            if key in into or not self._is_good_key(event, spot):
                if key in into:
                    self._duplicate(key, inner, spot)
                self._skip(self.next(), depth)
                continue
            keys[inner] = spot
            into[key] = ""  # a duplicate inside its own value's problems still finds it
            value = self.next()
            into[key] = self._value(value, inner, depth)
            if depth == 1 and key in comments.KEYS and type(value) is not MappingStartEvent:
                self._check_between(event, value, inner)
        return into

    def _check_between(self, key: Any, value: Any, path: Path) -> None:
        if comments.cuts_before(self.text, key.end_mark.index, value.start_mark.index, key.value):
            self._refuse_cut(self.document.value[key.value], path)

    def _is_good_key(self, event: Any, spot: Spot) -> bool:
        key: str = event.value
        plain = not event.style
        if plain and key not in _BAD_KEYS and event.anchor is None and event.tag is None:
            return True
        problem = None
        if event.anchor:
            problem = Problem("yaml-anchor", f"the anchor &{tidy(event.anchor)} is not allowed", "take it out")
        elif event.tag:
            problem = Problem("yaml-tag", f"the tag {_tag(event)} is not allowed", "take it out")
        elif plain and key == "<<":
            problem = Problem("yaml-merge-key", "the merge key << is not allowed", "write the keys out")
        elif plain:
            problem = Problem("yaml-key", "a key is missing before the colon", "write a key")
        elif _REFUSED_VALUE.search(key):
            problem = Problem("control-character", "a key contains a control character", "take it out")
        if problem:
            self._keep(problem, spot)
        return problem is None

    def _keep(self, problem: Problem, spot: Spot) -> None:
        self.document.spots[("<key>",)] = spot
        self.document.add(problem, ("<key>",))

    def _duplicate(self, key: str, path: Path, spot: Spot) -> None:
        first = self.document.keys[path][0]
        hint = "keep one of them"
        self._keep(
            Problem("duplicate-key", f"{shown(key)} is a repeated key; the first is in line {first}", hint), spot
        )

    def _refuse_key(self, event: Any, depth: int) -> None:
        if type(event) is AliasEvent:
            problem = Problem("yaml-alias", "an alias is not allowed as a key", "write the key out")
        else:
            problem = Problem("yaml-key", "a key must be text, not a list or mapping", "write one word")
        self._keep(problem, self._spot(event))
        self._skip(event, depth)
        self._skip(self.next(), depth)

    def _skip(self, event: Any, depth: int) -> None:
        open_ones = 0
        while True:
            kind = type(event)
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                open_ones += 1
                if open_ones + depth > DEPTH:
                    self._too_deep(event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                open_ones -= 1
            if open_ones == 0:
                return
            event = self.next()

    def _refuse_marks(self, event: Any, path: Path) -> None:
        if event.anchor:
            problem = Problem("yaml-anchor", f"the anchor &{tidy(event.anchor)} is not allowed", "take it out")
            self.document.add(problem, path)
        if event.tag:
            problem = Problem(
                "yaml-tag", f"the tag {_tag(event)} is not allowed", "delete it, or put the text in quotes"
            )
            self.document.refuse(problem, path)

    def _scalar(self, event: Any, path: Path) -> str:
        value: str = event.value
        style = event.style
        key = comments.key_of(path)
        if key and self._is_cut(event, key):
            self._refuse_cut(value, path)
        elif not style and value in _NULLS:
            self._refuse_null(value, path)
        if not style:
            return Plain(value)
        if style in "|>":
            value = value.removesuffix("\n")
        match = _REFUSED_VALUE.search(value)
        if match:
            what = f"the text contains the control character U+{ord(match[0]):04X}"
            self.document.refuse(Problem("control-character", what, "delete it"), path)
        return value

    def _is_cut(self, event: Any, key: str) -> bool:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in ("|", ">"):
            return comments.cuts_block(self.text, start, end, key)
        return comments.cuts_after(self.text, end, key)

    def _refuse_cut(self, value: object, path: Path) -> None:
        if path in self.document.broken:
            return
        key = comments.key_of(path)
        what = f"YAML reads the text after # as a comment, so {key} would be {shown(value)}"
        if key in comments.TEXTS:
            problem = Problem(
                "caption-cut-by-comment", what, f'put the whole text in quotes, or in a block below "{key}: |"'
            )
        else:
            problem = Problem(
                "text-cut-by-comment", what, "put the whole text in quotes; a comment needs a blank after #"
            )
        self.document.refuse(problem, path)

    def _refuse_null(self, value: str, path: Path) -> None:
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        what = f"{tidy(key)} has no value" if not value else f"{tidy(key)} is {value}, which counts as no value"
        hint = "write a value, or take the key out" + (f'; "{value}" in quotes is the text' if value else "")
        self.document.refuse(Problem("no-value", what, hint), path, at_key=not value)


def _tabbed_lines(text: str) -> dict[int, tuple[int, int]]:
    """The lines, from 0, whose indentation contains a tab: the column of the first one, and where the blanks end."""
    if "\t" not in text:
        return {}
    found: dict[int, tuple[int, int]] = {}
    line = at_ = 0
    for match in _TABBED.finditer(text):
        line += text.count("\n", at_, match.start())
        at_ = match.start()
        found[line] = (match.end(1) - match.start(), match.end() - match.start())
    return found


def _tag(event: Any) -> str:
    return tidy(event.tag.replace("tag:yaml.org,2002:", "!!"))


def _not_mapping(root: Any) -> Problem:
    if type(root) is ScalarEvent and not root.style and not root.value:
        return Problem("document-empty", "the document is empty", "delete it, or write name, account and video")
    kind = {ScalarEvent: "text", SequenceStartEvent: "a list", AliasEvent: "an alias"}[type(root)]
    return Problem("document-not-mapping", f"the document is {kind}, not a mapping", "write keys: name, account …")
