"""What happens to a declared post whose manifest has errors? Nothing new begins; an open attempt is still followed.

Its row does not count as the row of a vanished post: no other post may take its name, its media or its history.
"""

from __future__ import annotations

from contentsync.faulty import Faulty
from contentsync.lifecycle import Phase
from contentsync.plan.action import Action, Kind
from contentsync.plan.scene import Scene, settle, unsettled
from contentsync.plan.unfinished import is_live


def faulty_action(scene: Scene | None, post: Faulty) -> Action:
    """The one action for a faulty post. scene: its account; None for an account that the plan does not cover."""
    row = scene.rows.get(post.name) if scene else None
    last = unsettled(row) if row else None
    if last is None:
        return _action(Kind.BLOCKED, post, "")
    if last.phase is Phase.UNKNOWN:
        return _action(Kind.UNKNOWN, post, f"may be live, and its manifest has errors; {settle(post.key)}")
    if is_live(last):
        return _action(
            Kind.RESUME, post, "its manifest has errors; TikTok is still asked for the outcome of its attempt"
        )
    return _action(Kind.BLOCKED, post, f"its upload was left {last.phase}, and its manifest has errors")


def _action(kind: Kind, post: Faulty, reason: str) -> Action:
    count = len(post.problems)
    usual = post.problems[0].what if count == 1 else f"its manifest has {count} errors"
    return Action(kind, post.key, reason or usual, where=str(post.where), problems=post.problems)
