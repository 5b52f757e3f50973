"""What does one witness say about one post? Values only; other modules read them from their sources.

A witness is anything that knows of attempts to publish a post: the row of this state, the post's receipt in the
repository, this machine's journal. All describe attempts in the same form (`Tried`), so one comparison serves them
all (`compare.py`). The list of public videos knows no attempts; `plan/match.py` reads it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.post_state import Attempt

MADE_UP: Final = "told-"  # begins the id of an attempt whose witness did not know its id


class Source(StrEnum):
    """Who tells."""

    RECEIPT = "receipt"
    JOURNAL = "journal"


@frozen
class Tried:
    """One attempt as a witness tells of it. An empty value is one that the witness does not tell."""

    #: How far it got, by this witness.
    phase: Phase
    #: The place among the attempts of its post, from 1; 0 where that is not told.
    number: int = 0
    generation: int = 1
    #: As the state that began it named it.
    id: str = ""
    publish_id: str = ""
    #: To the second.
    started_at: datetime | None = None
    #: As DesiredPost.media_digest.
    media: str = ""
    #: When its state last wrote it down, to the millisecond.
    updated_at: datetime | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """What the row of an attempt says. In a shared state an intent is a claim: its init may have been sent."""
        claimed = attempt.phase is Phase.INTENT and attempt.machine
        return cls(
            phase=Phase.UPLOADING if claimed else attempt.phase,
            number=attempt.number,
            generation=attempt.generation,
            id=attempt.id if is_own(attempt) else "",
            publish_id=attempt.publish_id,
            started_at=to_the_second(attempt.created_at),
            media=attempt.media_digest,
            updated_at=to_the_millisecond(attempt.updated_at),
        )


@frozen
class Witness:
    """What one witness says of one post."""

    source: Source
    #: The post's name, as it was when this was written.
    name: str
    tried: tuple[Tried, ...] = ()
    #: The video that it is bound to without an attempt of ours.
    bound: str = ""
    #: The generation that the binding belongs to.
    generation: int = 1
    #: The media of the newest attempt, as DesiredPost.media_digest.
    media: str = ""
    #: False for a file that can't be read: it proves only that there was something to tell.
    legible: bool = True
    #: The state that wrote it; empty where that is not told.
    lineage: str = ""

    @property
    def tells_something(self) -> bool:
        """Whether it tells of more than that a post was declared."""
        return bool(self.tried or self.bound or not self.legible)


def is_own(attempt: Attempt) -> bool:
    """Whether the id of an attempt is the one that its state gave it, and not one made up for its row.

    Rows that earlier versions made from receipts have made-up ids, and no run.
    """
    return bool(attempt.run_id) and not attempt.id.startswith(MADE_UP)


def to_the_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def to_the_millisecond(moment: datetime) -> datetime:
    """A time as exact as the state keeps it."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
