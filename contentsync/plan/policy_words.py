"""Does a text hold a word, a hashtag or a mention, however it is written? Pure.

The danger: a banned word is spelt so that people read it and a comparison does not: in full-width or mathematical
letters, with invisible characters in it, with marks over its letters, with Cyrillic or Greek
letters that look Latin, in small capitals.
So text and word are brought to one form before they are compared. Spellings with blanks between letters or with
digits for letters are not recognised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from contentsync.visible import without_unseen

# Letters of other alphabets and what they look like, after case is folded.
_PAIRS: Final = (
    "аa еe оo рp сc уy хx іi јj ѕs һh ԁd ԛq ԝw ӏl кk мm нh тt вb ɡg ıi "  # Cyrillic, Latin extensions
    "αa βb εe ηn ιi κk νv οo ρp τt υu χx ωw γy "  # Greek
    "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ɪi"  # small capitals
)
_LATIN: Final = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_SPACELESS: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HASHTAG: Final = re.compile(r"#(\w+)")
_MENTION: Final = re.compile(r"@([\w.]+)")


def folded(text: str) -> str:
    """A text in the form in which texts are compared."""
    plain = without_unseen(unicodedata.normalize("NFKC", without_unseen(text)).casefold())
    kept = (char for char in unicodedata.normalize("NFKC", plain) if unicodedata.category(char) not in ("Mn", "Me"))
    return "".join(kept).translate(_LATIN)


def found(words: tuple[str, ...], text: str) -> list[str]:
    """Which of the words a text holds, as they are written in the rule. A * at the end stands for any ending."""
    if not words or not text:
        return []
    compared = folded(text)
    return [word for word in words if _pattern(word).search(compared)]


def lacking_hashtags(names: Iterable[str], text: str) -> list[str]:
    """The hashtags that a text does not have."""
    there = set(_HASHTAG.findall(folded(text)))
    return [f"#{name.lstrip('#')}" for name in names if folded(name.lstrip("#")) not in there]


def lacking_mentions(names: Iterable[str], text: str) -> list[str]:
    """The mentions that a text does not have."""
    there = {name.rstrip(".") for name in _MENTION.findall(folded(text))}
    return [f"@{name.lstrip('@')}" for name in names if folded(name.lstrip("@")) not in there]


@lru_cache(maxsize=10_000)
def _pattern(word: str) -> re.Pattern[str]:
    """A word, or several with any signs between them. Scripts without blanks between words are found anywhere."""
    is_begin = word.endswith("*")
    parts = re.findall(r"\w+", folded(word.rstrip("*")))
    if not parts:
        return re.compile(re.escape(folded(word)) or r"(?!)")
    body = r"[\W_]*".join(map(re.escape, parts))
    before = "" if _SPACELESS.match(parts[0][0]) else r"(?<![^\W_])"
    after = "" if is_begin or _SPACELESS.match(parts[-1][-1]) else r"(?![^\W_])"
    return re.compile(before + body + after)
