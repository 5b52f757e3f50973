"""What would even a perfect apply leave undone? Exit codes of a plan's actions, for `apply`, `plan` and `status`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contentsync.cli import exits
from contentsync.plan.action import Action, Kind

# A shared state that can't be read or written now: no policy holds the post back.
_STATE_TROUBLE: Final = frozenset(
    {"state-unreachable", "state-rewound", "state-left-behind", "state-corrupt", "state-newer", "state-conflict"}
)


def for_a_person(actions: Iterable[Action]) -> list[int]:
    """The codes of what only a person can fix: an unknown outcome, a block, a missed window."""
    codes = []
    for action in actions:
        if Kind.UNKNOWN in action.kinds:
            codes.append(exits.UNKNOWN)
        if Kind.BLOCKED in action.kinds:
            codes.append(exits.HELD)
        if any(problem.code == "scope-missing" for problem in action.blockers):
            codes.append(exits.SIGN_IN)
        if has_state_trouble(action):
            codes.append(exits.FAILED)
    return codes


def has_state_trouble(action: Action) -> bool:
    """Whether a post is held back because the shared state can't be read or written."""
    return any(problem.code in _STATE_TROUBLE for problem in action.blockers)


def undone(actions: Iterable[Action]) -> list[int]:
    """The same, with what a cap or a limit puts off."""
    found = tuple(actions)
    put_off = [exits.HELD for action in found if Kind.WAIT in action.kinds and action.left]
    return [*for_a_person(found), *put_off]
