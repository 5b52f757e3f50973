"""Why was a change of the state refused? Somebody else changed it first."""

from __future__ import annotations

from contentsync.errors import Problem


class Conflict(Exception):
    """The state changed meanwhile: read it again, then decide again."""


class AttemptOpen(Conflict):
    """The post has an open or unknown attempt, or a success of this generation: no second one may begin."""


class Overtaken(Conflict):
    """Another machine wrote to a shared state since the decision to begin was made: nothing of ours is left there."""


class Superseded(Conflict):
    """The row was changed by someone else since it was read."""


def moved(place: str, to: str) -> Problem:
    """Why a state that was moved refuses to work."""
    what = f"the state at {place} moved to {to}, and is closed"
    return Problem("state-moved", what, f"write `state: {to}` in contentsync.yaml")
