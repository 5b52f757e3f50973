"""Is the window of a post over, so that nothing more of it may be sent?

The danger: an upload takes minutes or hours, and a process may be stopped for longer, so its last byte would go out
after the author's time. The rule: nothing is sent for a post whose window is over. An attempt whose last PUT never
started ends as orphaned, so that a later publish_at begins a new one. One whose last PUT had started may be live:
TikTok is only asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contentsync.errors import Problem
from contentsync.plan.schedule import late_clock, missed, window_of
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt

if TYPE_CHECKING:
    from contentsync.attempt.steps import Steps


def window_over(steps: Steps, attempt: Attempt, post: DesiredPost) -> Problem | None:
    """The problem of a window that is over, by the clock that counts; None while it is not."""
    window = window_of(post, steps.store.post(attempt.post_uid), None)
    late = late_clock(steps.now, steps.tiktok_now(attempt) or steps.client.tiktok_now)
    return missed(window, steps.now, late, steps.at_work.timezone) if window.is_over(late) else None
