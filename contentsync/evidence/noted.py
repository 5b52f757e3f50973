"""Which attempts does this machine remember that a state knows nothing of? Then it is a new state, or an older copy.

The notes lie in the user's data folder and outlive the project; a state that knows all of them has lost nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from contentsync.post import Attempt, PostState


@dataclass(frozen=True, slots=True)
class Noted:
    """That a state began an attempt of an identity on this machine.

    lineage: the state's. attempt: its id; empty where only that the state works for the identity was noted.
    number: it was the post's attempt of this number. media: DesiredPost.media_digest. sent: TikTok took its init.
    at: its place among the notes of the identity.
    """

    lineage: str
    attempt: str = ""
    name: str = ""
    generation: int = 1
    number: int = 1
    media: str = ""
    sent: bool = False
    at: int = field(default=0, compare=False)


def not_known(noted: Iterable[Noted], rows: Collection[PostState]) -> list[Noted]:
    """The attempts that were noted, and that none of these rows can be; or that went further than the rows know.

    A row made again from its receipt has attempts with other ids, and of no run: it knows those of its name or media
    by their number.
    """
    own = {attempt.id: attempt for row in rows for attempt in row.attempts}
    restored = {
        (mark, attempt.number)
        for row in rows
        for attempt in row.attempts
        if not attempt.run_id
        for mark in (row.name, attempt.media_digest)
        if mark
    }
    return [note for note in noted if note.attempt and not _is_known(note, own, restored)]


def _is_known(note: Noted, own: Mapping[str, Attempt], restored: set[tuple[str, int]]) -> bool:
    if note.attempt in own:
        return not note.sent or own[note.attempt].init_sent_at is not None
    return note.sent or (note.name, note.number) in restored or (note.media, note.number) in restored
