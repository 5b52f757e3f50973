"""Which text do the bytes of an exported file hold? UTF-8 or UTF-16, as Excel writes them; never a guess. Pure."""

from __future__ import annotations

import codecs
from typing import Final

from contentsync.errors import Place, Problem

BYTES: Final = 16_777_216
_AS_CSV: Final = "in the spreadsheet choose File, Save as, CSV UTF-8, and import that file"
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes, file: str) -> tuple[str, Problem | None]:
    """The text with `\\n` for every line end; or why the file can't be read."""
    where = Place(file)
    if len(data) > BYTES:
        what = f"the file has {len(data):,} bytes; at most {BYTES:,} are read"
        return "", Problem("sheet-too-big", what, "split it", where)
    if data[:4] in (_ZIP, _OLD_EXCEL):
        return "", Problem("sheet-not-text", "the file is a workbook, not text", _AS_CSV, where)
    encoding = "utf-16" if data[:2] in _UTF16 else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as err:
        line = data[: err.start].count(b"\n") + 1
        return "", Problem("sheet-encoding", f"the file is not {encoding[:6].upper()}", _AS_CSV, Place(file, line))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return "", Problem("sheet-not-text", "the file contains a NUL, so it is not text", _AS_CSV, Place(file, line))
    return text, None
