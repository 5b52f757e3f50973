"""Does a `#` cut off text that the author meant? YAML reads `#fyp` as a comment after any blank.

A `#` with a blank after it begins a comment. On the lines below a caption, a commented-out key (`#hold: true`)
and a ruler (`#----`) are comments too. Every pattern here is linear: no two of its repetitions can match the same
character. Pure.
"""

from __future__ import annotations

import re
from typing import Final

TEXTS: Final = frozenset({"caption", "title"})
NAMES: Final = frozenset({"name", "account", "accounts", "video", "photos", "moved_from", "manifests", "state"})
KEYS: Final = TEXTS | NAMES
_BEHIND: Final = re.compile(r",?[ \t]*+#++[^\s#]")
_REST_OF_LINE: Final = r"[ \t]*+(?:#[^\n]*+)?\n"
_REMARK: Final = r"#++(?:[a-z_]++:(?:[ \t]|$)|[ \t!-/:-@\[-`{-~]|$)[^\n]*+"
_LOST: Final = rf"[ \t\n]*+(?:{_REMARK}\n[ \t\n]*+)*+(?!{_REMARK})#"
_BELOW: Final = re.compile(_LOST, re.MULTILINE)
_BEHIND_OR_BELOW: Final = re.compile(_REST_OF_LINE + _LOST, re.MULTILINE)
_COLON: Final = re.compile(r"\s*+:?")
_BLOCK_SIGN: Final = re.compile(r"[|>]?[-+0-9]*+")


def key_of(path: tuple[str | int, ...]) -> str:
    """The key whose text a `#` must not cut: of the value at `path`, or of the list it is an item of; else empty."""
    key = path[0] if len(path) == 1 or (len(path) == 2 and isinstance(path[1], int)) else ""
    return str(key) if key in KEYS else ""


def cuts_before(text: str, key_end: int, start: int, key: str) -> bool:
    """Whether a `#` between a key and its value cuts text off: `caption: #fyp`, and the value below."""
    colon = _COLON.match(text, key_end, start)
    return _cuts(text, colon.end() if colon else key_end, start, key)


def cuts_after(text: str, end: int, key: str) -> bool:
    """Whether a `#` after a value cuts text off; for a caption or title also on the lines below."""
    return _cuts(text, end, len(text), key)


def cuts_block(text: str, start: int, end: int, key: str) -> bool:
    """The same for a block: after its `|` or `>`, or below its last line."""
    sign = _BLOCK_SIGN.match(text, start)
    if _BEHIND.match(text, sign.end() if sign else start):
        return True
    return key in TEXTS and bool(_BELOW.match(text, text.rfind("\n", 0, end) + 1))


def _cuts(text: str, at: int, end: int, key: str) -> bool:
    return bool(_BEHIND.match(text, at, end)) or (key in TEXTS and bool(_BEHIND_OR_BELOW.match(text, at, end)))
