"""What does a cell say? Reads the text of a cell as the value of its key; a cell that can't be read is refused. Pure.

Names of privacy, mode, … are only tidied here; the rules of manifests judge them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from contentsync.importers.dates import Order, publish_time
from contentsync.manifest.scalars import ScalarError
from contentsync.manifest.writer import Value

_YES: Final = frozenset({"yes", "y", "true", "1", "x", "on", "✓", "✔", "ja", "oui", "si", "sí"})
_NO: Final = frozenset({"no", "n", "false", "0", "", "-", "–", "off", "nein", "non"})
_BREAKS: Final = re.compile(r"[,;|\n]+")
_FILE_BREAKS: Final = re.compile(r"\s*[;|\n]\s*|,\s+|,(?=https?://)")
_ALL: Final = ["comment", "duet", "stitch"]
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def switch(text: str) -> bool:
    """Whether a cell says yes. Raises ScalarError."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ScalarError("not-a-switch", "takes yes or no, not {shown}", "write yes or no")


def number(text: str) -> Value:
    """A whole number where the cell holds one; spreadsheets write 2 as 2.0."""
    found = re.fullmatch(r"\s*(\d{1,9})(?:\.0+)?\s*", text)
    if not found:
        raise ScalarError("not-a-number", "takes a whole number, not {shown}", "write digits only")
    return int(found[1])


def words(text: str) -> list[str]:
    """The words of a cell, as manifests spell them; none where the cell says none."""
    found = [re.sub(r"[\s-]+", "_", word.strip().casefold()) for word in _BREAKS.split(text) if word.strip()]
    return [] if found in (["none"], ["no"], ["-"]) else found


def allowed(text: str) -> list[str]:
    """What viewers may do."""
    found = words(text)
    return list(_ALL) if found in (["all"], ["everything"]) else [word.removesuffix("s") for word in found]


def word(text: str) -> str:
    """One word, as manifests spell it."""
    return re.sub(r"[\s-]+", "_", text.strip().casefold())


def files(text: str) -> tuple[str, ...]:
    """The files or URLs in a cell: one a line, or parted by ; or |, or by a comma with a blank."""
    found = [part.strip().strip('"').replace("\\", "/") for part in _FILE_BREAKS.split(text.strip())]
    return tuple(part.removeprefix("./") for part in found if part)


def caption(text: str) -> str:
    """The text of a post, without blanks and blank lines around it. Raises ScalarError for a control character."""
    found = _CONTROLS.search(text)
    if found:
        what = f"contains the control character U+{ord(found[0]):04X}"
        raise ScalarError("control-character", what, "delete it")
    return text.strip(" \t\n")


def hashtags(text: str, given: str) -> str:
    """`given` with the hashtags of a cell below it, those left out that it has already."""
    names = [name.strip().lstrip("#") for name in re.split(r"[\s,;|#]+", text)]
    there = {tag.casefold() for tag in re.findall(r"#(\w+)", given)}
    tags = [f"#{name}" for name in dict.fromkeys(names) if name and name.casefold() not in there]
    return "\n".join(part for part in (given, " ".join(tags)) if part)


def read(key: str, text: str, order: Order | None) -> Value:
    """The value of a key that one cell holds. Raises ScalarError."""
    if key in ("publish_at", "expires_at"):
        return publish_time(text, order)
    return _READ.get(key, str.strip)(text)


_READ: Final[dict[str, Callable[[str], Value]]] = {
    "accounts": lambda text: [part.strip() for part in _BREAKS.split(text) if part.strip()],
    "caption": caption,
    "title": caption,
    "privacy": word,
    "mode": word,
    "allow": allowed,
    "disclosure": words,
    "ai_generated": switch,
    "auto_music": switch,
    "hold": switch,
    "cover": number,
    "generation": number,
}
