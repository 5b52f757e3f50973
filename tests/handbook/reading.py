"""What a page tells its reader to do, in order: commands to type, files to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)
#: What differs from run to run, and what is compared in its place.
VARIABLE = (
    (r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2}(?: \d{4})?(?: \d\d:\d\d [A-Z]{3,4})?", "TIME"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?: UTC|Z)?", "TIME"),
    (r"in (?:\d+ (?:d|h|min|s) ?)+\b", "SPAN"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\b\d{18,20}\b", "ID"),
    (r"-000[0-9a-f]+", "ID"),
    (r"\b[0-9a-f]{12,64}\b", "DIGEST"),
    (r"(?<=grant this to )/\S+(?=:)", "FOLDER"),
    (r"(?<=by )[\w.-]+(?=[ ,;]|$)", "WHO"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """A line to type, and what appears then. terminal: which one, by its title."""

    line: str
    shown: str
    terminal: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to write, whole."""

    path: str
    text: str = field(repr=False)


def steps(page: str) -> Iterator[Command | File]:
    """Everything in ```console blocks, and each other block that has a file's path as its title."""
    for kind, title, body in FENCE.findall(page):
        if kind == "console":
            yield from _commands(body, title or "Terminal 1")
        elif title:
            yield File(title, body)


def _commands(body: str, terminal: str) -> Iterator[Command]:
    assert body.startswith("$ "), f"a block of commands begins with a command, not with {body[:40]!r}"
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        line, _, shown = part.partition("\n")
        while line.endswith("\\"):
            more, _, shown = shown.partition("\n")
            line = line[:-1].rstrip() + " " + more.lstrip("> ")
        yield Command(line.partition("  # ")[0].rstrip(), shown, terminal)


def answers(shown: str) -> Iterator[str]:
    """What the reader types at the questions that a command asks, in order."""
    return iter(re.findall(r"^(?:Type \w+.*|.*\[y/N\]): ?(\w+)$", shown, re.M))


def same(text: str) -> str:
    """Text without what differs from run to run, and without the places at which a terminal folds it."""
    text = " ".join(text.split())
    for pattern, word in VARIABLE:
        text = re.sub(pattern, word, text)
    return text


def fits(shown: str, expected: str) -> bool:
    """Whether this output is the one on the page, where `…` at the end of a line stands for any text."""
    parts = re.split(r"(?<=\s)…$|^…$", expected, flags=re.M)
    wanted = r"\s*.*\s*".join(re.escape(same(part)) for part in parts)
    return re.fullmatch(wanted, same(shown)) is not None
