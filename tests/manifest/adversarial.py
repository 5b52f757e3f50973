"""Manifests that were written to hold a reader up, and how long a bare parser takes for them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import yaml

MEBIBYTE: Final = 1_048_576
HEAD: Final = "name: a\naccount: acme\nvideo: clip.mp4\n"


@dataclass(frozen=True)
class Flood:
    """A text of any size: `unit`, as often as it goes between `head` and `tail`; an N in it is the number of each."""

    unit: str
    head: str = ""
    tail: str = ""

    def of(self, size: int) -> bytes:
        left = size - len(self.head.encode()) - len(self.tail.encode())
        if "N" not in self.unit:
            return (self.head + self.unit * (left // max(1, len(self.unit.encode()))) + self.tail).encode()
        made, number = "", 0
        while len(made) + len(self.unit) + 6 < left:
            made += self.unit.replace("N", str(number))
            number += 1
        return (self.head + made + self.tail).encode()


FLOODS: Final[dict[str, Flood]] = {
    # blank lines and comments behind a caption
    "blank lines with CR LF": Flood("\r\n", HEAD.replace("\n", "\r\n") + "caption: Hello there"),
    "blank lines": Flood("\n", HEAD + "caption: Hello there"),
    "lines of one blank": Flood(" \n", HEAD + "caption: Hello there\n"),
    "comments": Flood("# x\n", HEAD + "caption: Hello there\n"),
    "indented comments": Flood("  # x\n", HEAD + "caption: |\n  Hello there\n"),
    "a block whose sign has a comment": Flood("\n", HEAD + "caption: | # x\n"),
    # long
    "a line of letters": Flood("a", HEAD + "caption: "),
    "a line of words": Flood("ab ", HEAD + "caption: "),
    "a line of blanks": Flood(" ", HEAD + "caption: x", "#y\n"),
    "a line of number signs": Flood("# ", HEAD + "caption: 'x' "),
    "a line of escapes": Flood("\\x41", HEAD + 'caption: "', '"\n'),
    "a line of hashtags": Flood("#a ", HEAD + "caption: '", "'\n"),
    "a line of emoji": Flood("\U0001f600", HEAD + "caption: '", "'\n"),
    "a line of zero-width characters": Flood("\u200b", HEAD + "caption: '", "'\n"),
    "a line of secrets": Flood("client_secret: ", HEAD + "foo: 'x", "'\n"),
    "a secret before blanks": Flood(" ", HEAD + "foo: 'client_secret:", "x'\nfoo: y\n"),
    "a line of passwords": Flood("://a:", HEAD + "foo: 'x", "'\n"),
    "a path of folders": Flood("a/", HEAD[:-9]),
    "a path that goes up": Flood("../", HEAD[:-9]),
    "a name": Flood("a", "name: "),
    # deep
    "brackets": Flood("[", HEAD + "foo: "),
    "braces": Flood("{a: ", HEAD + "foo: "),
    "indented keys": Flood("", HEAD + "foo:\n" + "".join(" " * n + "a:\n" for n in range(1, 700))),
    # many documents
    "empty documents": Flood("---\n"),
    "documents of text": Flood("x\n---\n"),
    "faulty documents": Flood("a: b\n---\n"),
    "documents with one key": Flood(HEAD + "---\n"),
    "sound documents": Flood("name: pN\naccount: acme\nvideo: clip.mp4\n---\n"),
    "documents without their media": Flood("name: pN\naccount: acme\nvideo: missing-N.mp4\n---\n"),
    # many items and keys
    "items": Flood("- a\n", HEAD + "accounts:\n"),
    "items that differ": Flood("- aN\n", HEAD + "accounts:\n"),
    "items in brackets": Flood("a,", HEAD + "x: [", "]\n"),
    "items on a line after a tab": Flood("a, ", HEAD + "caption: |\n  x\n\t\nx: [", "]\n"),
    "lists of items": Flood("kN: [a, a, a]\n", HEAD),
    "keys": Flood("kN: v\n", HEAD),
    "one key": Flood("a: b\n", HEAD),
    "keys in braces": Flood("kN: v, ", HEAD + "foo: {", "}\n"),
    # many errors
    "items that are wrong": Flood("- x\n", HEAD + "allow:\n"),
    "photos that are no text": Flood("- {}\n", "name: a\naccount: acme\nphotos:\n"),
    "keys that are lists": Flood("? [a]\n: b\n"),
    "aliases": Flood("- *a\n", HEAD + "accounts:\n"),
    "tags": Flood("- !a b\n", HEAD + "accounts:\n"),
    "keys without a value": Flood("kN:\n", HEAD),
    "conflict markers": Flood("<<<<<<< HEAD\n=======\n>>>>>>> b\n", HEAD),
}


def plain_parse(data: bytes) -> None:
    """What anyone would do: libyaml, and Python objects from it."""
    with contextlib.suppress(yaml.YAMLError, RecursionError):
        for _ in yaml.load_all(data, yaml.CSafeLoader):
            pass


def comparable(flood: str, data: bytes) -> bytes:
    """What a bare parser is to be timed with: a flood, or one text of its size where it refuses the first lines."""
    text = b"a: " + b"x" * (len(data) - 3)
    if is_too_deep(flood):
        return text
    return max((text, data), key=lambda one: cpu_seconds(lambda: plain_parse(one)))


def is_too_deep(flood: str) -> bool:
    """Whether PyYAML's own composer ends the process on it, so that it can't be compared."""
    return flood in {"brackets", "braces"}


def cpu_seconds(work: Callable[[], object], rounds: int = 1) -> float:
    """The least processor time of some rounds: others on the machine make no difference."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)
