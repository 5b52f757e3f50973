"""What is the result of a post in this run? From its attempt's last step, or the problem that held it back."""

from __future__ import annotations

from typing import Final

from contentsync.attempt.step import Step
from contentsync.attempt.told import Result
from contentsync.errors import Problem
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.plan.action import Kind
from contentsync.plan.last_look import Against
from contentsync.post_state import Attempt
from contentsync.tiktok.refusals import hint_of

NOT_FETCHABLE: Final = frozenset({"url-refused", "url-other-file", "photo-not-proven"})
NOT_AS_PLANNED: Final = frozenset(
    {"media-changed", "edited-before-sent", "edited-while-uploading", "edited-after-approval"}
)
RESULT_OF: Final = {
    Phase.PUBLISHED: Result.PUBLISHED,
    Phase.DELIVERED: Result.DELIVERED,
    Phase.FAILED: Result.FAILED,
    Phase.ORPHANED: Result.FAILED,
    Phase.UNKNOWN: Result.UNKNOWN,
    Phase.ABANDONED: Result.OBSERVED,
    Phase.PROCESSING: Result.PROCESSING,
    Phase.UPLOADING: Result.UPLOADING,
    Phase.INTENT: Result.UPLOADING,
}


def ended(step: Step) -> tuple[Result, Problem | None]:
    """The result and the problem of an attempt after its last step in this run."""
    attempt = step.attempt
    result = RESULT_OF[attempt.phase]
    if attempt.phase is Phase.FAILED and attempt.retry and attempt.not_before:
        result = Result.HELD  # a cap: nothing is wrong with the post
    problem = step.problem or _problem_of(attempt)
    if attempt.phase in SUCCESS or attempt.phase is Phase.PROCESSING:
        problem = None if attempt.phase in SUCCESS else step.problem
    if problem is not None and problem.code in NOT_AS_PLANNED:
        result = Result.CHANGED
    elif problem is not None and problem.code == "missed" and not attempt.is_open:
        result = Result.HELD  # its window ended while it was sent
    elif problem is not None and problem.code == "paused":
        result = Result.WAITING
    elif attempt.is_open and is_all_sent(attempt):
        result = Result.PROCESSING
    return result, problem


def not_ready(problem: Problem) -> Result:
    """The result of a post whose media TikTok could not fetch."""
    if problem.code in NOT_FETCHABLE:
        return Result.HELD
    return Result.CHANGED if problem.code in NOT_AS_PLANNED else Result.FAILED


def result_of(against: Against) -> Result:
    """The result of a post that the last look held back."""
    if against.problem.code in NOT_AS_PLANNED:
        return Result.CHANGED
    if against.kind is Kind.WAIT and not against.left:
        return Result.WAITING
    return Result.HELD if against.kind in {Kind.WAIT, Kind.BLOCKED} else Result.NOT_STARTED


def is_all_sent(attempt: Attempt) -> bool:
    """Whether TikTok can only be asked: it has all bytes, or the upload address is gone."""
    over = attempt.phase is Phase.UPLOADING and attempt.last_put_at is not None and not attempt.upload_url
    return attempt.phase is Phase.PROCESSING or over


def _problem_of(attempt: Attempt) -> Problem | None:
    if not attempt.problem_code:
        return None
    hint = hint_of(attempt.problem_code, photos=attempt.is_photos)
    return Problem(attempt.problem_code, attempt.problem_what, hint)
