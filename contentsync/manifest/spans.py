"""Where in a YAML text does each key begin and end, and which comments belong to it?

A comment on lines of its own belongs to the key below it; one that is indented, to the key above it. What stands
before the first key stays there, apart from comments right above it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from contentsync.manifest.source import event_source

_COMMENT: Final = re.compile(r"#[^\n]*")
_HEADER_END: Final = re.compile(r"[|>][-+0-9]*[ \t]*")
_MODELINE: Final = re.compile(r"# *yaml-language-server:")


@dataclass(slots=True)
class Entry:
    """One key at the top of a document, with its value."""

    key: str
    #: From the beginning of the key's line to the end of the value's last line.
    begin: int
    end: int
    #: Whether the value is a block, whose trailing blanks are part of it.
    is_text: bool = False
    #: The comment beside the value, or beside the sign of a block, and its column from 0.
    comment: str = ""
    column: int = 0
    has_inner_comments: bool = False
    #: Comment lines and blank lines above the key.
    above: tuple[str, ...] = ()
    #: Indented comment lines below the value.
    below: tuple[str, ...] = ()

    def raw(self, text: str) -> list[str]:
        """The lines of key and value as they are written, including the comment after them."""
        return text[self.begin : self.end].removesuffix("\n").split("\n")


@dataclass(slots=True)
class Layer:
    """One document: its keys, from the first key's comments to the last value."""

    entries: list[Entry] = field(default_factory=list)
    begin: int = 0
    end: int = 0


def comments_in(text: str) -> list[str]:
    """Every comment of a YAML text."""
    return [found for _, found in _comments(text, list(_events(text)))]


def layers_of(text: str) -> list[Layer] | None:
    """The documents of a text; None where the keys of one do not each begin a line."""
    events = list(_events(text))
    comments = _comments(text, events)
    layers: list[Layer] = []
    for pairs in _documents(events):
        layer = Layer([_entry(text, key, last, comments) for key, last in pairs])
        if not layer.entries or any(entry.begin < 0 for entry in layer.entries):
            return None
        _share(text, layer, layers[-1].end if layers else 0)
        layers.append(layer)
    return layers


def _events(text: str) -> Iterator[Any]:
    source = event_source(text)
    while type(event := source()) is not StreamEndEvent:
        yield event


def _documents(events: list[Any]) -> Iterator[list[tuple[Any, Any]]]:
    """Of each document the events of its keys, each with the event that ends its value."""
    depth = 0
    pairs: list[tuple[Any, Any]] = []
    key: Any = None
    scalar: Any = None
    for event in events:
        if isinstance(event, DocumentStartEvent):
            depth, pairs, key = 0, [], None
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif isinstance(event, ScalarEvent):
            scalar = event
            if depth == 1 and key is None:
                key = event
            elif depth == 1:
                pairs.append((key, event))
                key = None
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
            if depth == 1:
                pairs.append((key, scalar if _is_block_end(event) else event))
                key = None
            elif depth == 0:
                yield pairs


def _is_block_end(event: Any) -> bool:
    """Whether nothing is written where a list or mapping ends: the parser then gives the place of what follows."""
    return bool(event.start_mark.index == event.end_mark.index)


def _comments(text: str, events: list[Any]) -> list[tuple[int, str]]:
    """Every comment with its place: what begins with # outside of all scalars, or after the indicator of a block."""
    found: list[tuple[int, str]] = []
    at = 0
    scalars: list[Any] = [event for event in events if type(event) is ScalarEvent]
    for event in scalars:
        start, end = event.start_mark.index, event.end_mark.index
        found += [(one.start(), one[0]) for one in _COMMENT.finditer(text, at, start)]
        at = end
        if event.style in ("|", ">") and (header := _HEADER_END.match(text, start)):
            beside = _COMMENT.match(text, header.end())
            found += [(beside.start(), beside[0])] if beside else []
    return found + [(one.start(), one[0]) for one in _COMMENT.finditer(text, at)]


def _entry(text: str, key: Any, last: Any, comments: list[tuple[int, str]]) -> Entry:
    """A key with its value. Its beginning is -1 where it does not begin a line."""
    begin = text.rfind("\n", 0, key.start_mark.index) + 1
    if begin != key.start_mark.index:
        return Entry(key.value, -1, -1)
    is_text = isinstance(last, ScalarEvent) and last.style in ("|", ">")
    stop = last.end_mark.index
    if is_text:
        last_char = len(text[begin:stop].rstrip()) + begin  # blank lines below a block are those above the next key
        end = text.find("\n", last_char) + 1 or len(text)
    else:
        line_end = text.find("\n", stop)
        end = len(text) if line_end < 0 else line_end + 1
    mine = [(at, told.rstrip()) for at, told in comments if begin <= at < end]
    beside = mine[-1:] if mine and (is_text or mine[-1][0] >= stop) else []
    entry = Entry(key.value, begin, end, is_text, has_inner_comments=len(mine) > len(beside))
    for at, told in beside:
        entry.comment, entry.column = told, at - text.rfind("\n", 0, at) - 1
    return entry


def _share(text: str, layer: Layer, after: int) -> None:
    """Give each line between two keys to one of them. after: where the document before ends."""
    entries = layer.entries
    for place, entry in enumerate(entries):
        until = entries[place + 1].begin if place + 1 < len(entries) else _end_of_remarks(text, entry.end)
        between = text[entry.end : until].removesuffix("\n").split("\n") if until > entry.end else []
        count = _indented(between)
        entry.below = tuple(between[:count])
        if place + 1 < len(entries):
            entries[place + 1].above = tuple(between[count:])
    layer.end = _end_of_remarks(text, entries[-1].end)
    layer.begin = _begin(text, after, entries[0].begin)
    entries[0].above = tuple(text[layer.begin : entries[0].begin].split("\n")[:-1])


def _indented(lines: list[str]) -> int:
    """How many lines, up to the last indented comment, belong to the value above them."""
    marks = [place for place, line in enumerate(lines) if line[:1] in (" ", "\t") and line.strip()]
    return marks[-1] + 1 if marks else 0


def _end_of_remarks(text: str, at: int) -> int:
    """The end of the indented comments right below a value."""
    end = at
    for found in re.compile(r"[ \t]*(#[^\n]*)?(?:\n|\Z)").finditer(text, at):
        if found.start() != end or not found[0] or text[found.start()] not in " \t" or not found[1]:
            break
        end = found.end()
    return end


def _begin(text: str, after: int, first: int) -> int:
    """The beginning of the comments right above the first key; of a line for editors they are not part."""
    begin = first
    while begin > after:
        line = text.rfind("\n", 0, begin - 1) + 1
        told = text[line : begin - 1]
        if not told.startswith("#") or _MODELINE.match(told) or line < after:
            break
        begin = line
    return begin
