"""Which words differ between two texts? Bounded, for the texts are other people's. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
_PAIRS: Final = 160_000  # words of one text times words of the other: about 20 ms
_ALL_PAIRS: Final = 8_000_000


class Side(StrEnum):
    """In which of the two texts words are."""

    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"


@dataclass
class Differ:
    """Compares words until the page has enough of them; after that, whole texts."""

    left: int = _ALL_PAIRS

    def words(self, before: str, after: str) -> list[tuple[Side, str]]:
        """The parts of both texts in reading order; each difference appears once for each text."""
        old, new = _WORD.findall(before), _WORD.findall(after)
        head = _alike(old, new)
        tail = _alike(old[head:][::-1], new[head:][::-1])
        middle = slice(head, len(old) - tail), slice(head, len(new) - tail)
        parts = [(Side.BOTH, "".join(old[:head])), *self._middle(old[middle[0]], new[middle[1]])]
        parts.append((Side.BOTH, "".join(old[len(old) - tail :])))
        return [(side, text) for side, text in parts if text]

    def _middle(self, old: list[str], new: list[str]) -> Iterator[tuple[Side, str]]:
        cost = len(old) * len(new)
        if cost > min(_PAIRS, self.left):
            yield from ((Side.BEFORE, "".join(old)), (Side.AFTER, "".join(new)))
            return
        from difflib import SequenceMatcher

        self.left -= cost
        for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                yield Side.BOTH, "".join(old[a:b])
            else:
                yield from ((Side.BEFORE, "".join(old[a:b])), (Side.AFTER, "".join(new[c:d])))


def _alike(old: list[str], new: list[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
