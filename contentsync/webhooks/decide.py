"""What follows from an event? The table of all events, and the decision about what was found. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync.frozen import frozen
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.post_state import Attempt
from contentsync.stored_event import EventState


class Effect(StrEnum):
    """What an event makes the receiver do."""

    LOOK = "look"  # ask TikTok where the attempt stands
    HINT = "hint"  # the same, where the id that it tells is a publish_id of ours; else of the account's open attempts
    VISIBLE = "visible"  # the same; then bind the video, which is public
    HIDDEN = "hidden"  # the same; then note that the video is not public any more
    REMOVED = "removed"  # mark the account: its token is dead
    KEEP = "keep"  # nothing; it is kept


EFFECTS: Final[dict[str, Effect]] = {
    "post.publish.complete": Effect.LOOK,
    "post.publish.inbox_delivered": Effect.LOOK,
    "post.publish.failed": Effect.LOOK,
    "post.publish.publicly_available": Effect.VISIBLE,
    "post.publish.publicaly_available": Effect.VISIBLE,
    "post.publish.no_longer_publicaly_available": Effect.HIDDEN,  # TikTok's spelling
    "post.publish.no_longer_publicly_available": Effect.HIDDEN,
    "authorization.removed": Effect.REMOVED,
    # Documented for the Share Kit, with a share_id. Some guides name them as the events of the Content Posting API.
    "video.publish.completed": Effect.HINT,
    "video.upload.failed": Effect.HINT,
    "portability.download.ready": Effect.KEEP,
}
_WANTED: Final = {
    "post.publish.complete": frozenset({Phase.PUBLISHED}),
    "post.publish.inbox_delivered": SUCCESS,
    "post.publish.failed": frozenset({Phase.FAILED}),
    "video.upload.failed": frozenset({Phase.FAILED}),
}
_GOES_ON: Final = frozenset({Phase.INTENT, Phase.UPLOADING, Phase.PROCESSING, Phase.UNKNOWN})

FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(hours=24)
SECOND: Final = timedelta(seconds=1)  # events tell whole seconds


_WHY: Final = {
    "no-id-of-ours": "publish_id not in the state; the account's open attempts were checked; none has changed",
    "others-changed": "publish_id not in the state; the account's open attempts were checked; one has changed",
}


@frozen
class Came:
    """The result of an event: its new state, and the reason in a word."""

    state: EventState
    outcome: str

    @property
    def why(self) -> str:
        """An explanation of an outcome whose name is not enough."""
        return _WHY.get(self.outcome, "")


NOT_YET: Final = Came(EventState.WAITING, "not-yet")


def effect_of(name: str) -> Effect:
    """The effect of an event; an unknown event is kept."""
    return EFFECTS.get(name, Effect.KEEP)


def judged(name: str, attempt: Attempt) -> Came:
    """The result of comparing TikTok's answer about the attempt with the event."""
    wanted = _WANTED.get(name, SUCCESS)
    if attempt.phase in wanted:
        return Came(EventState.DONE, "seen")
    if attempt.phase in _GOES_ON or (attempt.phase is Phase.DELIVERED and Phase.PUBLISHED in wanted):
        return NOT_YET
    return Came(EventState.KEPT, "contradicts")


def speaks_for(name: str) -> bool:
    """Whether an event says that a post is published, even if its status does not."""
    return _WANTED.get(name, SUCCESS) <= SUCCESS and effect_of(name) in {Effect.LOOK, Effect.VISIBLE, Effect.HIDDEN}


def next_try(tries: int, received_at: datetime, now: datetime) -> datetime | None:
    """When an event is tried again; None if it was tried for long enough. tries: so far."""
    if now - received_at >= GIVE_UP:
        return None
    return now + min(FIRST_WAIT * (1 << min(tries, 16)), LONGEST_WAIT)


class Token(StrEnum):
    """What is known of an account's token when its access was taken away."""

    NEWER = "newer"
    DEAD = "dead"
    ASK = "ask"  # only TikTok can tell


def token_after(
    removed_at: datetime, saved_at: datetime | None, seen_at: datetime | None, given_at: datetime | None
) -> Token:
    """Whether the token is newer than the removal; an old event must not disable a newer sign-in.

    saved_at: when it was saved. seen_at: when a token of the account last worked. given_at: when this process was
    given it; each None where not known.
    """
    if saved_at is not None:
        return Token.NEWER if saved_at > removed_at else Token.DEAD
    if seen_at is not None and seen_at > removed_at + SECOND:
        return Token.NEWER
    return Token.DEAD if given_at is not None and given_at <= removed_at + SECOND else Token.ASK


def comes_first(post_id: str, at: datetime, other: str, other_at: datetime) -> bool:
    """Which of two videos of one attempt is the first: by time, then by id."""
    return (at, int(post_id)) < (other_at, int(other))
