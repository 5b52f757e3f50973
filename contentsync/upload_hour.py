"""Is the hour of an upload address over? The only decision on which the end of an upload may rest.

An address is valid for an hour. This machine's clock may have been changed since then, so TikTok's clock, the `Date`
of its answers, counts too: it can make the hour longer, never shorter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync import limits
from contentsync.post_state import Attempt

HOUR: Final = timedelta(seconds=limits.UPLOAD_URL_SECONDS)
IN_FLIGHT: Final = timedelta(minutes=5)  # what was sent before the hour ended may be counted that much later
PATIENCE: Final = timedelta(hours=24)  # a clock that asks to wait longer tells nothing that can be waited for


class Hour(StrEnum):
    """What two clocks say together."""

    RUNS = "runs"
    OVER = "over"
    DISPUTED = "disputed"  # over by the machine's clock; by TikTok's not for more than a day


def judge(attempt: Attempt, now: datetime, date: datetime | None, ends: datetime | None = None) -> Hour:
    """Whether the hour is over by both clocks; by the machine's alone where TikTok's is not known at both ends.

    now: by the machine's clock. date: by TikTok's. ends: the moment meant, by the machine's clock, where it is later
    than the end of the hour; TikTok's clock must then show as much time since the address was given.
    """
    expires = attempt.upload_expires_at
    if expires is None:
        return Hour.OVER
    if now < (ends or expires):
        return Hour.RUNS
    left = left_by_tiktok(attempt, date, ends)
    if left is None or left <= timedelta():
        return Hour.OVER
    return Hour.RUNS if left <= PATIENCE else Hour.DISPUTED


def left_by_tiktok(attempt: Attempt, date: datetime | None, ends: datetime | None = None) -> timedelta | None:
    """How much of the hour is left by TikTok's clock, negative once it is over; None where that can't be told."""
    expires, opened = attempt.upload_expires_at, attempt.tiktok_opened_at
    if expires is None or opened is None or date is None:
        return None
    return HOUR + ((ends or expires) - expires) - (date - opened)


def words(left: timedelta) -> str:
    """Why something is waited for that is over by the machine's clock. left: by TikTok's."""
    minutes = -(-left // timedelta(minutes=1))
    return f"the upload's hour is over by this machine's clock, but by TikTok's it has {minutes} min left"


def may_arrive_until(attempt: Attempt) -> datetime | None:
    """When the last of what was sent must have arrived, by the machine's clock; None where nothing can be told."""
    if attempt.upload_expires_at is None:
        return None
    if attempt.last_put_at is None:
        return attempt.upload_expires_at
    return max(attempt.upload_expires_at, attempt.last_put_at) + IN_FLIGHT
