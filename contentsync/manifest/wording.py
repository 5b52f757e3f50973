"""How are names and values put into a message? Short, on one line, and without terminal control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from contentsync.suggestions import near

_LONGEST: Final = 40
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def shown(value: object) -> str:
    """A value as a message names it: text in quotes, cut at 40 characters; a list or mapping by its kind."""
    if isinstance(value, str):
        return f'"{tidy(value)}"'
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)


def tidy(text: str) -> str:
    """`text` on one line, at most 40 characters, each control character as a replacement character."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return printable(cut)


def printable(text: str) -> str:
    """`text` with each control character replaced by one mark, so that columns hold."""
    return text if text.isprintable() else _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def listed(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    head, last = ", ".join(names[:-1]), names[-1]
    return f"{head} or {last}" if head else last


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name; empty where none is near."""
    found = near(name, known)
    return f'did you mean "{tidy(found[0])}"?' if found else ""
