"""How does a JSON file become text that the YAML reader accepts? JSON is YAML, with two exceptions.

JSON may be indented with tabs, and may write a character beyond the first 65,536 as two escapes.
"""

from __future__ import annotations

import re
from typing import Final

from contentsync.errors import Problem
from contentsync.manifest.decoding import decoded
from contentsync.manifest.document import Document, Lines
from contentsync.manifest.source import read_text

SUFFIXES: Final = (".json",)
_PAIR: Final = re.compile(r"((?<!\\)(?:\\\\)*+)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_TABS: Final = re.compile(r"^[ \t]+", re.MULTILINE)


def read_json(data: bytes, file: str) -> tuple[list[Document], list[Problem]]:
    """The document of a JSON file, and the problems of the file as a whole."""
    text, problem = decoded(data, file)
    if problem:
        return [], [problem]
    written = Lines(text)
    if "\t" in text:
        text = _TABS.sub(lambda found: " " * len(found[0]), text)
    return read_text(_PAIR.sub(_character, text), file, lines=written)


def _character(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
