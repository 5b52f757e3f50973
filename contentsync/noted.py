"""Which attempts does this machine remember that a state knows nothing of? Then it is a new state, or an older copy.

The notes lie in the user's data folder and outlive the project; a state that knows all of them has lost nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from contentsync.post import PostState


@dataclass(frozen=True, slots=True)
class Noted:
    """That a state began an attempt of an identity on this machine.

    lineage: the state's. attempt: its id; empty where only that the state works for the identity was noted.
    number: it was the post's attempt of this number. media: DesiredPost.media_digest.
    """

    lineage: str
    attempt: str = ""
    name: str = ""
    generation: int = 1
    number: int = 1
    media: str = ""


def not_known(noted: Iterable[Noted], rows: Collection[PostState]) -> list[Noted]:
    """The attempts that were noted, and that none of these rows can be.

    A row made again from its receipt has attempts with other ids: it knows those of its name or media by number.
    """
    ids = {attempt.id for row in rows for attempt in row.attempts}
    most: dict[str, float] = {}
    for row in rows:
        count = math.inf if row.removed_at else len(row.attempts)
        for mark in {row.name, row.media_digest, *(attempt.media_digest for attempt in row.attempts)} - {""}:
            most[mark] = max(most.get(mark, 0), count)
    begun = [note for note in noted if note.attempt and note.attempt not in ids]
    return [note for note in begun if max(most.get(note.name, 0), most.get(note.media, 0)) < note.number]
