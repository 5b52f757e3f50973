"""What will block a waiting post later, as things are now? Warnings, while there is time to act. Pure."""

from __future__ import annotations

from contentsync.errors import Level, Problem
from contentsync.plan.action import World
from contentsync.plan.schedule import Window
from contentsync.post import DesiredPost
from contentsync.times import span


def window_too_short(post: DesiredPost, window: Window, world: World) -> tuple[Problem, ...]:
    """The warning about a window that may pass between two runs of apply, where it is known how often it runs."""
    every, opens, ends = world.run_every, window.opens_at, window.ends_at
    if every is None or opens is None or ends is None or ends - opens >= every:
        return ()
    what = f"its window is {span(ends - opens)} long, and apply runs every {span(every)}: it may be missed"
    hint = "give it a longer grace, or run apply more often (run_every says how often)"
    return (Problem("window-short", what, hint, post.place_of("publish_at"), Level.WARNING),)
