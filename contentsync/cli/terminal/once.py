"""Which reasons concern an account as a whole? They are shown once, not again at each of its posts."""

from __future__ import annotations

from typing import Final

from contentsync.errors import Problem
from contentsync.plan.action import Action
from contentsync.plan.existing_posts import EXISTING

_OF_ACCOUNTS: Final = frozenset({EXISTING, "list-not-read"})


def account_wide(action: Action) -> Problem | None:
    """The first problem of the action that concerns its whole account; None if there is none."""
    return next((problem for problem in action.problems if problem.code in _OF_ACCOUNTS), None)


class Once:
    """Remembers what was shown of each account. A reason whose hint names the post counts as one of its own."""

    def __init__(self) -> None:
        self._shown: set[tuple[str, str, str]] = set()

    def is_new(self, account: str, problem: Problem) -> bool:
        """Whether the problem was not shown for the account yet; from now on it was."""
        if problem.code not in _OF_ACCOUNTS:
            return True
        mark = (account, problem.what, problem.hint)
        is_new = mark not in self._shown
        self._shown.add(mark)
        return is_new
