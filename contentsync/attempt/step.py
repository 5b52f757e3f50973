"""What is the result of one step of an attempt? A value, and the fields in which an attempt stores a problem."""

from __future__ import annotations

from dataclasses import dataclass

from contentsync.errors import Problem
from contentsync.post import Attempt, Mode


class HourOver(Exception):
    """The upload's hour ended while its last bytes were held back."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to. again_in: seconds after which another makes sense; None: this run can do no more.

    problem: why the attempt stands where it stands. sign_in: only a sign-in mends it. stop: the account's other
    posts would meet the same. of_mode: of these only posts of that mode; None: all of them.
    """

    attempt: Attempt
    again_in: float | None = None
    problem: Problem | None = None
    sign_in: bool = False
    stop: bool = False
    of_mode: Mode | None = None


def said(problem: Problem, log_id: str = "") -> dict[str, object]:
    """The fields of an attempt that keep a problem."""
    return {"problem_code": problem.code, "problem_what": problem.what, "log_id": log_id}
