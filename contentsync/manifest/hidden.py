"""Which characters of a text can nobody see? Zero-width ones, and those that turn the reading order.

They are legal, and sent as they are: this only says where they are. A joiner inside an emoji or between letters of a
script that joins is how such text is written, and no surprise. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ALWAYS: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\uffa0"
)
_HIDDEN: Final = re.compile(f"[{_ALWAYS}\u200c\u200d\U000e0000-\U000e0fff]")
_JOINERS: Final = "\u200c\u200d"
_FLAG: Final = "\U0001f3f4"
_LONGEST: Final = 24


def hidden(text: str) -> list[int]:
    """The indices of the characters in `text` that a reader can't see."""
    if text.isascii():
        return []
    return [match.start() for match in _HIDDEN.finditer(text) if not _belongs(text, match.start())]


def escaped(text: str) -> str:
    """`text` with its hidden characters written as `\\u200b`."""
    found = set(hidden(text))
    return "".join(_escape(char) if index in found else char for index, char in enumerate(text)) if found else text


def sample(text: str, index: int) -> str:
    """What stands round a hidden character, on one line, with all hidden ones escaped."""
    start = max(0, index - _LONGEST // 2)
    cut = text[start : index + 1 + _LONGEST // 2]
    found = set(hidden(text[: index + 1 + _LONGEST // 2]))
    shown = "".join(_escape(char) if start + at in found else char for at, char in enumerate(cut))
    return ("…" if start else "") + shown.replace("\n", " ") + ("…" if start + len(cut) < len(text) else "")


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _belongs(text: str, index: int) -> bool:
    """Whether the character is part of how its neighbours are written."""
    before, after = text[index - 1 : index] if index else "", text[index + 1 : index + 2]
    if text[index] in _JOINERS:
        return bool(before and after) and not (before + after).isascii() and _joins(before) and _joins(after)
    if text[index] >= "\U000e0000":
        return before == _FLAG or (before >= "\U000e0000" and _FLAG in text[max(0, index - 8) : index])
    return False


def _joins(char: str) -> bool:
    """Whether a joiner beside `char` can be meant: an emoji, its variant sign, or a letter or mark beyond Latin."""
    return not char.isascii() and unicodedata.category(char) in {"So", "Sk", "Mn", "Mc", "Lo", "Sm"}
