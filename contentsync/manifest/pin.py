"""How is an account's open_id written into the project file without changing anything else in it?

One new line is added below the account's name, or one entry after the brace of `acme: {…}`; every other byte stays.
The new text is parsed, and is written only if
it says the same as before plus the open_id.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Final

from contentsync.errors import ContentsyncError, Level, Place, Problem
from contentsync.files import replace_whole
from contentsync.manifest.document import Document
from contentsync.manifest.source import read_yaml
from contentsync.standard_paths import PROJECT_FILE

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_OPEN_ID: Final = re.compile(r"[!-~]{1,128}")
_BOM: Final = b"\xef\xbb\xbf"


class NotPinned(ContentsyncError):
    """The file was left as it is; the problem, a warning, says what to write where."""


def pin(root: Path, account: str, open_id: str) -> None:
    """Write the open_id below `account` in the project file of `root`, whole or not at all. Raises NotPinned."""
    path = (root / PROJECT_FILE).resolve()
    try:
        before = path.read_bytes()
        replace_whole(path, with_pin(before, account, open_id), path.stat().st_mode & 0o7777)
    except OSError as err:
        raise _not_pinned(f"it can't be written: {err.strerror or type(err).__name__}", account, open_id) from err


def with_pin(data: bytes, account: str, open_id: str) -> bytes:
    """The file with the new entry. Raises NotPinned where it can't be put in without changing anything else."""
    document = _read(data)
    path = ("accounts", account)
    if document is None or path not in document.keys or not _OPEN_ID.fullmatch(open_id) or "${" in open_id:
        raise _not_pinned("the file was changed or can't be read", account, open_id)
    where = document.place(path)
    if (*path, "open_id") in document.keys:
        where = document.place((*path, "open_id"))
        raise _not_pinned("the account has another open_id there, or is gone", account, open_id, where)
    bom = _BOM if data.startswith(_BOM) else b""
    lines = _LINE.findall(data.removeprefix(bom).decode())
    key_line, (line, column, _) = document.keys[path][0], document.spots[path]
    before, entry = lines[line - 1][: column - 1], f"open_id: {json.dumps(open_id)}"
    if lines[line - 1][column - 1 :].startswith("{"):
        lines[line - 1] = before + _within_braces(lines[line - 1][column - 1 :], entry)
    elif line <= key_line or before.strip(" "):
        raise _not_pinned("the account is not written as a block of lines", account, open_id, where)
    else:
        line_end = _BREAK.search(lines[key_line - 1])
        lines.insert(key_line, f"{before}{entry}{line_end[0] if line_end else ''}")
    after = bom + "".join(lines).encode()
    if not _says_only_more(document, _read(after), account, open_id):
        raise _not_pinned("a line there would change what the file says", account, open_id, where)
    return after


def _within_braces(text: str, entry: str) -> str:
    """The text, which begins with a brace, with the entry as the first one inside."""
    rest = text[1:].lstrip(" ")
    return f"{text[: len(text) - len(rest)]}{entry}{'' if rest.startswith('}') else ', '}{rest}"


def _read(data: bytes) -> Document | None:
    documents, problems = read_yaml(data, PROJECT_FILE)
    if problems or len(documents) != 1 or documents[0].has_errors or not documents[0].is_whole:
        return None
    return documents[0]


def _says_only_more(before: Document, after: Document | None, account: str, open_id: str) -> bool:
    wanted = copy.deepcopy(before.value)
    wanted["accounts"][account]["open_id"] = open_id
    return after is not None and after.value == wanted


def _not_pinned(why: str, account: str, open_id: str, where: Place | None = None) -> NotPinned:
    what = f"the open_id of {account} was not written into {PROJECT_FILE}: {why}"
    hint = f"write it there yourself, under accounts: {account}:, as: open_id: {json.dumps(open_id)}"
    return NotPinned(Problem("open-id-not-pinned", what, hint, where, level=Level.WARNING))
