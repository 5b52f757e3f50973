"""What is the result of one step of an attempt? A value, and the fields in which an attempt stores a problem."""

from __future__ import annotations

from datetime import datetime

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.post import Mode
from contentsync.post_state import Attempt


class WindowOver(Exception):
    """The window of the post ended while its last PUT was under way; the bytes held back are not sent."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


class HourOver(Exception):
    """The upload's hour ended while its last bytes were held back."""


@frozen
class Step:
    """The result of one step of an attempt."""

    attempt: Attempt
    #: Seconds until another step makes sense; None if this run can do no more.
    again_in: float | None = None
    #: Why the attempt can go no further now.
    problem: Problem | None = None
    #: Whether only a sign-in fixes the problem.
    sign_in: bool = False
    #: Whether the account's other posts would have the same problem.
    stop: bool = False
    #: Whether `stop` holds for one mode only; None for all posts.
    of_mode: Mode | None = None
    #: Until when waiting for the outcome is of no use; None where it may come at any time.
    no_end_before: datetime | None = None


def said(problem: Problem, log_id: str = "") -> dict[str, object]:
    """The fields in which an attempt stores a problem."""
    return {"problem_code": problem.code, "problem_what": problem.what, "log_id": log_id}
