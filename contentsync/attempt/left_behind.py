"""What is known of an upload that this process can't continue, although its last request began? Pure.

Its rest may still arrive: from a machine that is at work, or from one that stopped right after it sent. So nothing is
sent for it again before its hour is over (R4a). A machine that was heard of within `takeover` counts as at work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.post_state import Attempt
from contentsync.times import in_words
from contentsync.upload_hour import left_by_tiktok, may_arrive_until

#: How long TikTok may take to count the bytes of a last request whose answer nobody read.
_COUNTED_WITHIN: Final = timedelta(seconds=20)


@frozen
class LeftBehind:
    """An upload with an announced last request and no address, as TikTok counted it at the last look."""

    attempt: Attempt
    #: When its row in the state last changed.
    heard_at: datetime
    #: The name of this machine in a shared state; empty where the state is not shared.
    machine: str
    takeover: timedelta
    now: datetime
    #: TikTok's clock; None where it is not known.
    tiktok_now: datetime | None = None

    @property
    def is_elsewhere(self) -> bool:
        return self.attempt.is_of_another(self.machine)

    @property
    def is_being_sent(self) -> bool:
        """Whether another machine was at work on it a short time ago, and may finish it."""
        return self.is_elsewhere and self.heard_at + self.takeover > self.now

    @property
    def ends_at(self) -> datetime | None:
        """When nothing more can arrive, by both clocks; None where that can't be told."""
        until = may_arrive_until(self.attempt)
        left = left_by_tiktok(self.attempt, self.tiktok_now, until)
        return until if until is None or left is None else max(until, self.now + left)

    @property
    def no_end_before(self) -> datetime | None:
        """Until when waiting is of no use; None where the upload may still turn out to be whole."""
        put_at = self.attempt.last_put_at
        is_counted = put_at is not None and put_at + _COUNTED_WITHIN <= self.now
        return None if self.is_being_sent or not is_counted else self.ends_at

    def problem(self, zone: str) -> Problem | None:
        """What TikTok has, who sent it, and what follows when; None where the row says why. zone: of the account."""
        one, until = self.attempt, self.ends_at
        if one.problem_code and not self.is_elsewhere:
            return None
        there = f"TikTok has {one.sent_bytes:,} of {one.size:,} bytes"
        if until is None:
            what, hint = f"{there}; {self._who(zone)}", "run apply again later"
        else:
            at = in_words(until, zone, self.now)
            what = f"{there}; {self._who(zone)}; the rest may still arrive until {at}"
            hint = f"run apply again after {at}: it begins the post anew if bytes are still missing"
        return Problem("upload-left-behind", what, f"{hint}; the evidence: contentsync explain POST")

    def _who(self, zone: str) -> str:
        heard = f"last heard of {in_words(self.heard_at, zone, self.now)}"
        if self.is_being_sent:
            return f"{self.attempt.host} is sending the rest ({heard})"
        if self.is_elsewhere:
            return f"{self.attempt.host}, which was sending it, has stopped or is still at work ({heard})"
        return "its upload address can no longer be used here"
