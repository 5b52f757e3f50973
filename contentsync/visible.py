"""Which characters may be shown as they are? All others are shown as escapes. Pure.

The danger: a caption, a username or TikTok's own text may contain characters that move a terminal's cursor, change
its colours, turn the reading direction or take no room. They make one text look like another, and a person approves
something else than what is sent. The rule: an invisible character is shown as its escape. What is sent and what is
stored stays exact.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final

# Controls, halves of pairs, separators of lines, and Unicode's Default_Ignorable_Code_Point: what takes no room.
# Source: Unicode, DerivedCoreProperties.txt; general categories Cc, Cs, Zl, Zp.
_UNSEEN: Final = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_PICTURE: Final = (
    "[\u00a9\u00ae\u203c\u2049\u2122-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?\u20e3?"
    "|[0-9#*]\ufe0f\u20e3"
)
_FLAG: Final = "\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f"
# Pictures of several characters, and joiners between letters of scripts whose spelling needs them.
_WHOLE: Final = (
    f"{_FLAG}|(?:{_PICTURE})(?:\u200d(?:{_PICTURE}))*"
    "|(?<=[\u0620-\u06ff\u0900-\u0dff])[\u200c\u200d](?=[\u0620-\u06ff\u0900-\u0dff])"
)


_BREAKS: Final = str.maketrans("\n\t", "  ")


@cache
def _token() -> re.Pattern[str]:
    """What is shown whole, and what is not shown. Compiled at the first use: ASCII text needs neither pattern."""
    return re.compile(f"(?P<whole>{_WHOLE})|[{_UNSEEN}]")


@cache
def _in_json() -> re.Pattern[str]:
    return re.compile(f"[{_UNSEEN}]")


def visible(text: str) -> str:
    """`text` with an escape in the place of each character that could not be seen; a line break as well."""
    if text.isascii() and text.isprintable():
        return text  # nearly all texts, at a tenth of the cost
    return _token().sub(lambda found: found["whole"] or _escape(found[0]), text)


def unseen(text: str) -> list[int]:
    """Where in `text` characters stand that could not be seen, line breaks and tabs apart."""
    if text.isascii() and text.translate(_BREAKS).isprintable():
        return []
    return [found.start() for found in _token().finditer(text) if not found["whole"] and found[0] not in "\n\t"]


def without_unseen(text: str) -> str:
    """`text` without the characters that can't be seen, those that join letters or pictures among them.

    Line breaks and tabs stay. Only for comparisons.
    """
    if text.isascii() and text.isprintable():
        return text
    return _in_json().sub(lambda found: found[0] if found[0] in "\n\t" else "", text)


def visible_lines(text: str) -> str:
    """The same for text of several lines: its line breaks stay."""
    return "\n".join(map(visible, text.replace("\r\n", "\n").split("\n")))


def _escape(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def as_json(value: Any, indent: int | None = None) -> str:
    """`value` as JSON that can be encoded and shown as it is: every unseen character is an escape in it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _in_json().sub(lambda found: found[0] if found[0] == "\n" else json.dumps(found[0])[1:-1], text)
