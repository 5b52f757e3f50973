"""In which order does a person list names? As file managers do: `slide 2` before `slide 10`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_DIGITS: Final = re.compile(r"([0-9]+)")

Key = tuple[tuple[tuple[int, str], ...], str]


def natural(name: str) -> Key:
    """The sort key of `name`: its numbers compare by their value. No two different names have one key."""
    pieces = _DIGITS.split(unicodedata.normalize("NFC", name).casefold())
    return tuple(_number(piece) if index % 2 else (-1, piece) for index, piece in enumerate(pieces)), name


def _number(digits: str) -> tuple[int, str]:
    """Its length without leading zeros, then its digits: compares as the number would, however long it is."""
    significant = digits.lstrip("0")
    return len(significant), significant
