"""What may happen next to an attempt? Phases, events, and the one table that connects them.

An attempt is one try to publish a post. Nothing here knows of requests, rows or time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """The phase of an attempt, by what is on disk."""

    INTENT = "intent"  # written before init is sent
    UPLOADING = "uploading"  # publish_id and upload_url are known; bytes may have gone
    PROCESSING = "processing"  # TikTok has, or fetches, all that it needs
    PUBLISHED = "published"
    DELIVERED = "delivered"  # a draft in the creator's inbox
    FAILED = "failed"  # a definite no
    ORPHANED = "orphaned"  # ended before the commit point: it provably published nothing
    UNKNOWN = "unknown"  # may be live; only evidence or a person settles it
    ABANDONED = "abandoned"  # an unknown that a person left out of the way for good


class Event(StrEnum):
    """What was learnt about an attempt, from TikTok, from the wire or from a person."""

    UPLOAD_OPENED = "upload-opened"  # init answered with an upload URL
    PULL_STARTED = "pull-started"  # init answered; TikTok fetches by itself
    NOT_SENT = "not-sent"  # the request for init never left
    REFUSED = "refused"  # init answered with a known refusal
    LOST_BEFORE_COMMIT = "lost-before-commit"  # init's answer is lost, and nothing can come of it
    LOST_AFTER_COMMIT = "lost-after-commit"  # init's answer is lost, and TikTok may be at work
    ALL_SENT = "all-sent"  # the last byte was acknowledged
    UPLOAD_ENDED = "upload-ended"  # the upload provably can't finish
    PUBLISHED = "published"
    DELIVERED = "delivered"
    FAILED = "failed"  # TikTok's word; evidence may still speak against it
    LOST_SIGHT = "lost-sight"  # after the commit point, TikTok no longer tells
    CONTRADICTED = "contradicted"  # TikTok says failed, and something else says that it is there
    SEEN = "seen"  # TikTok tells of an unknown one again
    FOUND = "found"  # identified as an existing video
    RULED_OUT = "ruled-out"  # a person says that it was not published
    KEPT = "kept"  # a person leaves it for good


_FINAL_WORDS: Final = {
    Event.PUBLISHED: Phase.PUBLISHED,
    Event.DELIVERED: Phase.DELIVERED,
    Event.FAILED: Phase.FAILED,
}

NEXT: Final[dict[Phase, dict[Event, Phase]]] = {
    Phase.INTENT: {
        Event.UPLOAD_OPENED: Phase.UPLOADING,
        Event.PULL_STARTED: Phase.PROCESSING,
        Event.NOT_SENT: Phase.ORPHANED,
        Event.REFUSED: Phase.FAILED,
        Event.LOST_BEFORE_COMMIT: Phase.ORPHANED,
        Event.LOST_AFTER_COMMIT: Phase.UNKNOWN,
    },
    Phase.UPLOADING: {
        Event.ALL_SENT: Phase.PROCESSING,
        Event.UPLOAD_ENDED: Phase.ORPHANED,
        Event.LOST_SIGHT: Phase.UNKNOWN,
        Event.CONTRADICTED: Phase.UNKNOWN,
        **_FINAL_WORDS,
    },
    Phase.PROCESSING: {Event.LOST_SIGHT: Phase.UNKNOWN, Event.CONTRADICTED: Phase.UNKNOWN, **_FINAL_WORDS},
    Phase.DELIVERED: {Event.PUBLISHED: Phase.PUBLISHED},  # the creator posted the draft
    Phase.UNKNOWN: {
        Event.SEEN: Phase.PROCESSING,
        Event.UPLOAD_ENDED: Phase.ORPHANED,  # TikTok tells of it again, and that its bytes never came
        Event.FOUND: Phase.PUBLISHED,
        Event.RULED_OUT: Phase.ORPHANED,
        Event.KEPT: Phase.ABANDONED,
        **_FINAL_WORDS,
    },
    Phase.PUBLISHED: {},
    Phase.FAILED: {  # TikTok was seen to take that word back
        Event.PUBLISHED: Phase.PUBLISHED,
        Event.DELIVERED: Phase.DELIVERED,
        Event.CONTRADICTED: Phase.UNKNOWN,
    },
    Phase.ORPHANED: {},
    Phase.ABANDONED: {},
}

OPEN: Final = frozenset({Phase.INTENT, Phase.UPLOADING, Phase.PROCESSING})
OVER: Final = frozenset(Phase) - OPEN - {Phase.UNKNOWN}  # by what is known; evidence may still overturn a failure
SUCCESS: Final = frozenset({Phase.PUBLISHED, Phase.DELIVERED})


class ImpossibleEvent(Exception):
    """A bug in contentsync: an event that NEXT does not allow in this phase."""


def advance(phase: Phase, event: Event) -> Phase:
    """The phase that follows; NEXT is the only place that knows the order of things.

    Raises ImpossibleEvent for a pair that is not in the table.
    """
    try:
        return NEXT[phase][event]
    except KeyError:
        raise ImpossibleEvent(f"{event} can't happen to an attempt that is {phase}") from None


#: How much a phase tells of one and the same attempt. A witness or machine that is behind is never ahead by this.
TELLS: Final[dict[Phase, int]] = {
    Phase.INTENT: 0,
    Phase.UPLOADING: 1,
    Phase.PROCESSING: 2,
    Phase.UNKNOWN: 2,
    Phase.FAILED: 3,
    Phase.ORPHANED: 3,
    Phase.ABANDONED: 4,
    Phase.DELIVERED: 5,
    Phase.PUBLISHED: 6,
}
