"""Which text do the bytes of a YAML or Markdown file hold? Refuses what such a file must not contain.

Line ends become newlines here, so that all later patterns need to know only the newline. A UTF-8 byte order
mark at the start is skipped.
"""

from __future__ import annotations

import re
from typing import Final

from contentsync.errors import Problem
from contentsync.manifest.document import Lines, Spot, at

FILE_BYTES: Final = 1_048_576
_REFUSED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_MARKS: Final = ("<<<<<<<", ">>>>>>>", "|||||||")
_CONFLICT: Final = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: |$)", re.MULTILINE)
_WHOLE_FILE: Final = (1, 1, 1)


def decoded(data: bytes, file: str) -> tuple[str, Problem | None]:
    """The text of a file with `\\n` for every line end; or why the file can't be used at all."""
    if len(data) > FILE_BYTES:
        what = f"{len(data):,} bytes; a manifest holds at most {FILE_BYTES:,}"
        return "", at(Problem("file-too-big", what, "split it into several files"), file, _WHOLE_FILE)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        problem = Problem("not-utf8", "the file is UTF-16, not UTF-8", "save it as UTF-8")
        return "", at(problem, file, _WHOLE_FILE)
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as err:
        return "", _not_utf8(data, err, file)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, _refused(text, file)


def _refused(text: str, file: str) -> Problem | None:
    control = _REFUSED.search(text)
    if control:
        return _control(text, control.start(), file)
    marker = any(mark in text for mark in _MARKS) and _CONFLICT.search(text)
    return _conflict(text, marker.start(), file) if marker else None


def _not_utf8(data: bytes, err: UnicodeDecodeError, file: str) -> Problem:
    before = data[: err.start].decode("utf-8")
    what = f"byte {data[err.start]:#04x} is not UTF-8"
    lines = Lines(data.decode("utf-8", "replace"))
    return at(Problem("not-utf8", what, "save the file as UTF-8"), file, _spot_after(before), lines)


def _control(text: str, index: int, file: str) -> Problem:
    char = text[index]
    if char == "\0":
        problem = Problem("nul", "the file contains a NUL", "save it as UTF-8 text, not UTF-16")
    else:
        what = f"the file contains the control character U+{ord(char):04X}"
        problem = Problem("control-character", what, "delete it")
    return at(problem, file, _spot_after(text[:index]), Lines(text))


def _conflict(text: str, index: int, file: str) -> Problem:
    """A merge that was committed, or is not finished; the first of its marker lines."""
    more = sum(1 for _ in _CONFLICT.finditer(text, index)) - 1
    also = f" ({more} more marker lines follow)" if more > 1 else ""
    what = f"the file contains an unresolved merge conflict{also}"
    hint = "keep one side, and delete the marker lines <<<<<<<, ======= and >>>>>>>"
    line, column, _ = _spot_after(text[:index])
    return at(Problem("merge-conflict", what, hint), file, (line, column, 7), Lines(text))


def _spot_after(before: str) -> Spot:
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1, 1
