"""What does the state know of a post? Its row, and the attempts to publish it. Plain values; times are aware UTC."""

from __future__ import annotations

import json
from dataclasses import field, replace
from datetime import datetime
from typing import Any, Final, Self

from contentsync.frozen import frozen
from contentsync.lifecycle import OPEN, SUCCESS, Event, Phase, advance
from contentsync.post import Kind, Mode

BY_HAND: Final = "by-hand"  # the run of an attempt that only records a person's word


@frozen
class Attempt:
    """One try to publish a post, as its row in the state describes it.

    digest: DesiredPost.digest at the time. sent: DesiredPost.sent_values as JSON. upload_url: only while it is
    of use; never shown (it bears a token).
    last_put_at: when the PUT with the last byte was about to start; from then on it may be live.
    tiktok_opened_at: when TikTok gave the upload address, by its own clock; None where it did not say.
    number: counts the attempts of a post from 1. version: counts the writes of the row; an older one is refused.
    sent_bytes: what TikTok acknowledged. wire_bytes, wire_sha256: how many of the file's first bytes went out or may
    have gone out, and their digest; on disk before the chunk that ends there is sent.
    retry: whether a definite failure may be followed by a new attempt without a person. not_before: the earliest
    time for that.
    """

    id: str
    post_uid: str
    open_id: str
    generation: int
    phase: Phase
    mode: Mode
    pulls: bool
    digest: str
    media_digest: str
    sha256: str
    size: int
    created_at: datetime
    updated_at: datetime
    run_id: str = ""
    plan_digest: str = ""
    sent: str = "{}"
    caption: str = ""
    privacy: str = ""
    duration: float | None = None
    init_sent_at: datetime | None = None
    publish_id: str = ""
    upload_url: str = field(default="", repr=False)
    upload_expires_at: datetime | None = None
    chunk_size: int = 0
    chunk_count: int = 0
    sent_bytes: int = 0
    last_put_at: datetime | None = None
    finished_at: datetime | None = None
    post_id: str = ""
    problem_code: str = ""
    problem_what: str = ""
    log_id: str = ""
    retry: bool = False
    not_before: datetime | None = None
    number: int = 0
    version: int = 0
    tiktok_opened_at: datetime | None = None
    wire_bytes: int = 0
    wire_sha256: str = ""
    #: The machine that began it, where the state is shared; empty where it is not.
    machine: str = ""

    def after(self, event: Event, now: datetime, **changes: Any) -> Self:
        """This attempt once `event` is known. Raises ImpossibleEvent where the table has no such step."""
        phase = advance(self.phase, event)
        ended = None if phase in OPEN else (self.finished_at or now)
        steps: dict[str, Any] = {"phase": phase, "updated_at": now, "finished_at": ended}
        return replace(self, **(steps | changes))

    def noting(self, now: datetime, **changes: Any) -> Self:
        """This attempt with more known of it, in the same phase."""
        return replace(self, updated_at=now, **changes)

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN

    @property
    def is_photos(self) -> bool:
        """Whether it was a photo post, as far as what it sent is on record."""
        try:
            told = json.loads(self.sent)
        except ValueError:
            return False
        return isinstance(told, dict) and told.get("kind") == Kind.PHOTOS

    @property
    def may_be_live(self) -> bool:
        """Whether the commit point was passed: after it only evidence allows a new attempt."""
        return self.last_put_at is not None or (self.pulls and self.init_sent_at is not None)

    @property
    def host(self) -> str:
        """The name, for people, of the machine that began it; empty where no state is shared."""
        return self.machine.partition("/")[0]

    def is_of_another(self, machine: str) -> bool:
        """Whether another machine than this one began it. machine: this one; empty where no state is shared."""
        return self.machine not in {"", machine}

    def is_begun_elsewhere(self, machine: str) -> bool:
        """Whether another machine than this one is sending it: nobody here may do anything for it yet.

        Once its last byte is announced, anyone may follow it. machine: as in `is_of_another`.
        """
        begun = self.phase is Phase.INTENT or (self.phase is Phase.UPLOADING and self.last_put_at is None)
        return begun and self.is_of_another(machine)


@frozen
class PostState:
    """What the state knows of one post.

    attempts: all of them, oldest first. slot_at: the slot that was given out, and slot_rule by which slots of the
    account (plan.schedule.rule_of); empty where an older version gave it out. acked_digest: an edit after
    publication that a person accepted. bound_post_id: an existing video bound to it by hand or by import.
    removed_at: a tombstone. public_at: when it was last seen in the public list. edited_media: what its manifest had
    in the place of the media that were sent, whenever an apply looked: digests, parted by blanks.
    """

    uid: str
    open_id: str
    name: str
    account: str
    generation: int = 1
    attempts: tuple[Attempt, ...] = ()
    media_digest: str = ""
    slot_at: datetime | None = None
    acked_digest: str = ""
    bound_post_id: str = ""
    removed_at: datetime | None = None
    public_at: datetime | None = None
    edited_media: str = ""
    slot_rule: str = ""

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"

    @property
    def last(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def success(self) -> Attempt | None:
        """The newest attempt that ended as a post or a draft."""
        return next((a for a in reversed(self.attempts) if a.phase in SUCCESS), None)

    @property
    def post_id(self) -> str:
        done = self.success
        return (done.post_id if done else "") or self.bound_post_id
