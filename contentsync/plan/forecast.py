"""When does a planned post go out, as things are now? What the calendar shows for the future. Pure.

The plan already counts everything that delays a post: its time or slot, caps of every sliding day, earlier failures.
So a forecast adds nothing; it only reads the time from the action. A post that does not go out as things are (held,
paused, blocked now or by then) is shown at the time that its author wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from contentsync.frozen import frozen
from contentsync.plan.action import Action, Kind
from contentsync.plan.schedule import FreeSlots, window_of
from contentsync.post import DesiredPost
from contentsync.post_state import PostState


@frozen
class Forecast:
    """When one post goes out, or would."""

    #: Its place in a calendar; None if neither the plan nor the manifest has a time.
    at: datetime | None
    #: Whether it goes out at that time, as things are now.
    goes_out: bool
    #: Whether the manifest, or a slot that was given out, fixes the time. Else it is due now, or follows from caps.
    is_fixed: bool
    #: After which it is not sent any more; None for no end.
    ends_at: datetime | None = None


def forecast_of(
    action: Action, post: DesiredPost | None, row: PostState | None, now: datetime, *, stopped: bool = False
) -> Forecast:
    """The forecast for an action.

    post: None where the manifest is gone or can't be read. row: without a slot that it gave up, as in Scene.rows.
    stopped: whether an unknown outcome stops the account until a person settles it.
    """
    window = window_of(post, row, None) if post else None
    wished, ends_at = (window.opens_at, window.ends_at) if window else (None, None)
    if action.kinds & {Kind.CREATE, Kind.RESUME}:
        return Forecast(now, goes_out=True, is_fixed=False, ends_at=ends_at)
    if Kind.WAIT in action.kinds and action.due_at:
        fixed = action.due_at == wished or (post is not None and post.next_slot and not action.left)
        goes_out = not (action.blockers or action.blocked_then or stopped)
        return Forecast(action.due_at, goes_out=goes_out, is_fixed=fixed, ends_at=ends_at)
    return Forecast(wished, goes_out=False, is_fixed=wished is not None, ends_at=ends_at)


def free_slots(slots: FreeSlots, given: Collection[datetime], until: datetime) -> Iterator[datetime]:
    """The slots of an account until a time that no post has. given: those that the plan gives out next."""
    while (slot := slots.look()) is not None and slot < until:
        if slot not in given:
            yield slot
        slots.take()
