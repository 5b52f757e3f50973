"""What does apply report while it works? Small values that `cli/` shows or prints as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.times import rfc3339


class Result(StrEnum):
    """The result of a post at the end of apply."""

    PUBLISHED = "published"
    DELIVERED = "delivered"
    PROCESSING = "processing"  # TikTok has it, and is not done
    UPLOADING = "uploading"  # bytes are missing; the next run goes on
    ELSEWHERE = "elsewhere"  # another machine is sending it, and has not announced its last byte
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"  # its time has not come, or its author or a person wants it to wait; nothing was sent
    HELD = "held"  # a cap or a switch; nothing was sent
    NOT_STARTED = "not-started"  # something before it stopped the account
    ADOPTED = "adopted"
    MOVED = "moved"
    CHANGED = "changed"  # the media are no longer those of the plan
    OBSERVED = "observed"


@frozen
class Told:
    """One event of a run."""

    #: Its name.
    event: str
    post: str
    #: What belongs to the event, ready for JSON.
    detail: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Outcome:
    """How one action ended."""

    post: str
    result: Result
    problem: Problem | None = None
    post_id: str = ""
    #: Whether only a sign-in fixes the problem.
    sign_in: bool = False
    #: Whether nothing more was sent for the account.
    stops_account: bool = False
    #: When it is tried again by itself; None where that takes a person, or is not needed.
    again_at: datetime | None = None

    @property
    def detail(self) -> dict[str, Any]:
        """What the event that ends an action tells."""
        told: dict[str, Any] = {"result": str(self.result), "post_id": self.post_id or None}
        if self.again_at is not None:
            told["again_at"] = rfc3339(self.again_at)
        if self.problem is not None:
            told |= {"code": self.problem.code, "what": self.problem.what, "hint": self.problem.hint}
        return told


Tell = Callable[[Told], None]
