"""How is TikTok stopped from fetching a post? Reads the status, cancels once, then follows the post to its outcome.

Source: Media Transfer Guide, "Cancel": best effort, for downloads only, and not near their end.
"""

from __future__ import annotations

from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.attempt.waiting import Stop, Stopped
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.operations.state_rows import NotSettled, row_of, written
from contentsync.operations.under_lock import under_lock
from contentsync.post_state import Attempt, PostState
from contentsync.project import Project
from contentsync.store.port.conflicts import Superseded
from contentsync.tiktok import refusals


@frozen
class Cancelled:
    """The outcome. asked: TikTok was asked to cancel the post. problem: why that failed.

    sign_in: TikTok can't be asked without a new sign-in.
    """

    row: PostState
    asked: bool
    problem: Problem | None = None
    sign_in: bool = False

    @property
    def attempt(self) -> Attempt:
        assert self.row.last is not None
        return self.row.last

    @property
    def is_cancelled(self) -> bool:
        return self.attempt.phase is Phase.FAILED and self.attempt.problem_code == "publish-cancelled"


def find(project: Project, name: str) -> PostState:
    """The row of a post that may be cancelled, as the state knows it. Raises NotSettled where it is none."""
    row = row_of(project, name)
    _cancellable(row)
    return row


@under_lock("contentsync cancel")
def cancel(project: Project, row: PostState, wait: float, stop: Stop) -> Cancelled:
    """Stop TikTok's download of a post. wait: seconds to wait for the outcome.

    Raises NotSettled if nothing is under way any more.
    """
    steps = project.at_work(row.account).steps(stop=stop)
    step = steps.advance(_cancellable(project.store.post(row.uid) or row), None)
    attempt = step.attempt
    if step.sign_in or step.problem is not None:  # where it stands is not known: nothing is asked for
        problem = step.problem and step.problem.addressed(row.key)
        return Cancelled(written(project, row.uid), False, problem, step.sign_in)
    if attempt.phase is not Phase.PROCESSING:
        return Cancelled(written(project, row.uid), False, _too_late(row, attempt))
    problem, sign_in = _asked(steps, row, attempt)
    seen = _followed(steps, project.store.attempt(attempt.id), wait)
    return Cancelled(written(project, row.uid), True, problem or seen.problem, sign_in or seen.sign_in)


def _cancellable(row: PostState) -> Attempt:
    """The attempt whose media TikTok is fetching. Raises NotSettled."""
    last = row.last
    if last is None or not last.is_open:
        stands = f"it is {last.phase}" if last else "it was never attempted"
        hint = f"contentsync explain {row.key} shows its state"
        raise NotSettled(Problem("nothing-to-cancel", f"{row.key} has nothing under way: {stands}", hint))
    if not last.pulls:
        hint = "let it go on; or delete or edit its manifest: without its last bytes it is never published"
        if last.may_be_live:
            hint = "all bytes may be there: wait for it, then delete it in TikTok's app"
        what = f"{row.key} is uploaded from here, and TikTok cancels only downloads of its own"
        raise NotSettled(Problem("upload-not-cancellable", what, hint))
    if last.phase is Phase.INTENT:
        what = f"{row.key} was not sent yet, or its answer is lost"
        raise NotSettled(Problem("nothing-to-cancel", what, f"see: contentsync explain {row.key}"))
    return last


def _too_late(row: PostState, attempt: Attempt) -> Problem:
    what = f"{row.key} was {attempt.phase} before anything was cancelled"
    return Problem("nothing-to-cancel", what, f"contentsync explain {row.key} shows its state")


def _asked(steps: Steps, row: PostState, attempt: Attempt) -> tuple[Problem | None, bool]:
    """Record the request, then ask TikTok once. Returns why it failed, and whether a new sign-in is needed.

    A lost answer tells nothing: what became of it is looked at like after a yes.
    """
    try:
        steps.note(attempt, "cancel")
        steps.client.cancel(attempt.publish_id)
    except Superseded:
        hint = f"look again: contentsync explain {row.key}"
        return Problem("changed-meanwhile", f"{row.key} was changed meanwhile; nothing was cancelled", hint), False
    except Refused as err:
        found = refusals.refusal(err.error_code)
        return err.problem.addressed(row.key), found is not None and found.family is refusals.Family.SIGN_IN
    except (Unanswered, NotSent) as err:
        return err.problem, False
    except SignInNeeded as err:
        return err.problems[0], True
    return None, False


def _followed(steps: Steps, attempt: Attempt, wait: float) -> Step:
    """Ask until the outcome is final, the time is over, or a person asks to stop."""
    until, pause = steps.clock.monotonic() + wait, steps.at_work.poll_initial
    step = steps.advance(attempt, None)
    while step.attempt.phase is Phase.PROCESSING and step.again_in is not None:
        if steps.clock.monotonic() + pause > until:
            break
        try:
            steps.clock.sleep(pause)
        except Stopped:
            break
        pause = min(pause * 1.5, steps.at_work.poll_max)
        step = steps.advance(step.attempt, None)
    return step
