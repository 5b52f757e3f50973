"""`contentsync apply`: carry out the plan that was shown, or a saved one."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import click

from contentsync.attempt.told import Outcome, Result, Told
from contentsync.cli import complete, exits, left
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.main import Context
from contentsync.cli.options import allowing, as_json, locking, selecting, strict, waiting
from contentsync.cli.terminal import text
from contentsync.cli.terminal.consent import NotApproved, ask_about_videos, ask_for_consent
from contentsync.cli.terminal.interrupt import Stop, outliving_output, stoppable
from contentsync.cli.terminal.notifying import Notifying
from contentsync.cli.terminal.once import Once
from contentsync.cli.terminal.outcomes import SUCCESSES, Outcomes
from contentsync.cli.terminal.plan_text import show_plan
from contentsync.cli.terminal.plan_text import summary as plan_summary
from contentsync.cli.terminal.progress import Show, showing
from contentsync.cli.terminal.summary import Summary, Summed
from contentsync.errors import ContentsyncError, ManifestError
from contentsync.operations import apply as operation
from contentsync.operations.apply import Proposal, Report
from contentsync.operations.plan import Made
from contentsync.operations.quick import view_of
from contentsync.operations.saved_plan import open_saved
from contentsync.operations.selection import Wish, full_keys
from contentsync.plan.action import Action, Kind
from contentsync.plan.declaration import PROCESSING, declarations
from contentsync.views import apply_events
from contentsync.visible import visible


@click.command(cls=Summed)
@click.argument("planfile", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal and no PLANFILE.")
@click.option("--approved", is_flag=True, help="Do not ask: send only what `contentsync approve` recorded.")
@as_json
@waiting(600.0, "Do not wait for final states; every byte is still sent.")
@allowing
@click.option(
    "--retry",
    multiple=True,
    metavar="POST",
    shell_complete=complete.posts,
    help="Try a failed, unchanged post again. Repeatable.",
)
@locking
@selecting
@strict
@click.pass_obj
def apply(
    context: Context,
    planfile: Path | None,
    auto_approve: bool,
    approved: bool,
    json_: bool,
    wait: float,
    allow: tuple[str, ...],
    retry: tuple[str, ...],
    lock_timeout: float,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    accounts: tuple[str, ...],
    strict: bool,
) -> int:
    """Carry out a plan: the one that is made and shown now, or PLANFILE, which is its own approval.

    Sends every byte, then waits for TikTok's final word. Stopped or killed at any moment, the next apply goes on
    where this one was, and posts nothing twice.

    \b
    Examples:
      contentsync apply
      contentsync apply plan.json
      contentsync apply --auto-approve --only 'acme/*' --wait 30m
      contentsync apply --retry acme/launch
    """
    saved = open_saved(planfile) if planfile else None
    chooses = bool(only or exclude or accounts or allow or retry)
    _refuse_what_does_not_fit(saved is not None, chooses, auto_approve=auto_approve, approved=approved)
    project = context.project()
    wish = Wish(only, exclude, accounts, allow, full_keys(project, retry), strict=strict)
    asks = not (auto_approve or approved or saved)
    summary = (context.summary or Summary()) if json_ else None

    def leave() -> None:  # the last word before a second Ctrl-C ends the process
        if summary is not None:
            summary.end_at_once(exits.INTERRUPTED)

    try:
        notifying = Notifying(project)
        with outliving_output(), stoppable(leave) as stop:
            with Conversation(summary, stop, is_saved=saved is not None, asks=asks) as talk:
                report = operation.apply(
                    project,
                    wish,
                    saved=saved,
                    approve=talk.approve,
                    tell=talk.tell,
                    stop=stop,
                    wait=wait,
                    lock_timeout=lock_timeout,
                    on_lock=talk.begin,
                    approved_only=approved,
                    how="saved plan" if saved else "prompt" if asks else "",
                    ask_about_videos=talk.ask_about_videos if asks else None,
                    still=view_of(project),
                )
            if not report.is_approved:
                return exits.INTERRUPTED
            code = _end(report, summary, project.clock.now(), is_saved=saved is not None)
            notifying.show_refused()
            notifying.tell(report.proposal.made, send=not report.is_interrupted)
            return code
    finally:
        project.close()


def _refuse_what_does_not_fit(saved: bool, chooses: bool, *, auto_approve: bool, approved: bool) -> None:
    """Raise UsageError for options that exclude each other, and where nobody can be asked.

    chooses: whether posts are chosen, or guards lifted.
    """
    if saved and chooses:
        raise click.UsageError("a saved plan is applied as it is; make a new one to choose posts or lift guards")
    if approved and (saved or auto_approve):
        raise click.UsageError(
            "--approved sends what was approved before: it goes with no PLANFILE or --auto-approve"
        )
    if not (saved or auto_approve or approved) and not sys.stdin.isatty():
        raise click.UsageError(
            "there is no terminal to ask at: give --auto-approve, --approved, or a plan saved with plan --out FILE"
        )


class Conversation:
    """What an apply shows and asks on the way. asks: whether a person is asked; is_saved: by a plan from a file."""

    def __init__(self, summary: Summary | None, stop: Stop, *, is_saved: bool, asks: bool) -> None:
        self._summary, self._stop, self._is_saved, self._asks = summary, stop, is_saved, asks
        self._opened = contextlib.ExitStack()
        self._show: Show | None = None

    def __enter__(self) -> Self:
        self._stop.asking = True  # until the lock is held, a signal ends the wait for it
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def begin(self) -> None:
        """The lock is held: from now on a signal asks to stop."""
        self._stop.asking = False

    def tell(self, told: Told) -> None:
        assert self._show is not None  # nothing happens before it is approved
        self._show(told)

    def approve(self, proposal: Proposal) -> bool:
        """Show what would be done, and ask for approval where that is needed."""
        made = proposal.made
        text.show_problems(made.notes)
        if self._summary is None and not self._is_saved:
            _show_plan(made)
        show_failures(made.failures)
        if self._asks and made.plan.does_something:
            if not self._consents(made):
                return False
        elif self._summary is None and any(Kind.CREATE in action.kinds for action in proposal.actions):
            for sentence in (*declarations(proposal.actions), PROCESSING):
                text.tell(f"\t{sentence}")
        self._show = self._opened.enter_context(showing(self._summary))
        for action in proposal.left:
            self._show(_as_left(action))
        return True

    def ask_about_videos(self, account: str, count: int) -> bool:
        """Whether the account's videos are from before this project."""
        with self._asking():
            return ask_about_videos(account, count)

    def _consents(self, made: Made) -> bool:
        try:
            with self._asking():
                ask_for_consent(made.plan, made.posts)
        except NotApproved:
            text.tell("Not applied: the answer was not `yes`.")
            return False
        return True

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """While a person is asked, a signal ends the command."""
        self._stop.asking = True
        try:
            yield
        except KeyboardInterrupt:  # here and not by click, which ends with a line that a lost terminal can't take
            raise click.Abort from None
        finally:
            self._stop.asking = False


def _show_plan(made: Made) -> None:
    """The plan that is about to be carried out; one line where all that it holds is waiting for its time."""
    if all(action.kind is Kind.WAIT and not action.left for action in made.plan.actions) and made.plan.actions:
        text.say(plan_summary(made.plan))
    else:
        show_plan(made.plan, made.posts, made.zones, failed=made.is_partial)


def _end(report: Report, summary: Summary | None, now: datetime, *, is_saved: bool) -> int:
    proposal = report.proposal
    failures, planned = list(report.failures.values()), proposal.made.failures
    show_failures({name: err for name, err in report.failures.items() if planned.get(name) is not err})
    code = exit_code(
        proposal.actions,
        report.outcomes,
        [*failures, *proposal.refused],
        interrupted=report.is_interrupted,
    )
    faults = [ManifestError(*proposal.made.faults)] if proposal.made.faults else []
    if faults:
        code = exits.worst([code, exits.FAILED])
    if summary is not None:
        summary.unchanged = proposal.made.plan.unchanged
        summary.waiting = sum(Kind.WAIT in action.kinds for action in proposal.actions)
        summary.next_due = report.next_due
        summary.blame(*failures, *proposal.refused, *faults)
    for err in proposal.refused:
        text.show_error(err)
    if summary is None:
        once = Once()
        for action in proposal.left if is_saved else ():
            _show_left(action, once)
        _show_outcomes(report, code, now)
    return code


def _as_left(action: Action) -> Told:
    return Told("left", action.post, apply_events.held_back(action))


def _show_left(action: Action, once: Once) -> None:
    """What a saved plan can't do any more, and why: no plan was shown that says so."""
    what = f"{action.then or action.kind}: {visible(action.reason)}"
    text.say(f"  {text.style('✗', fg='red', bold=True)} {action.post}  {what}")
    for problem in filter(lambda one: once.is_new(action.account, one), action.problems):
        for line in text.problem_lines(problem, 6):
            text.say(line)


def exit_code(
    actions: Sequence[Action], outcomes: Sequence[Outcome], errors: Sequence[ContentsyncError], *, interrupted: bool
) -> int:
    """The exit code of an apply: what was left undone, by its kind."""
    codes = [exits.of_error(err) or exits.FAILED for err in errors]
    codes += [_CODES.get(outcome.result, exits.DONE) for outcome in outcomes]
    codes += [exits.SIGN_IN for outcome in outcomes if outcome.sign_in]
    codes += [exits.STALE for o in outcomes if o.problem and o.problem.code in {"plan-used", "plan-expired"}]
    known = {outcome.post for outcome in outcomes}
    codes += left.undone(action for action in actions if not (action.in_other_hands and action.post in known))
    if interrupted:
        codes.append(exits.INTERRUPTED)
    return exits.worst(codes)


_CODES = {
    Result.FAILED: exits.FAILED,
    Result.CHANGED: exits.FAILED,
    Result.UPLOADING: exits.FAILED,
    Result.PROCESSING: exits.NOT_FINAL,
    Result.ELSEWHERE: exits.NOT_FINAL,
    Result.UNKNOWN: exits.UNKNOWN,
    Result.HELD: exits.HELD,
    Result.NOT_STARTED: exits.HELD,
    Result.WAITING: exits.DONE,
}


def _why(report: Report, code: int) -> str:
    """What the exit code means, if every action was carried out anyway."""
    if code == exits.DONE or any(outcome.result not in SUCCESSES for outcome in report.outcomes):
        return ""
    held = [action for action in report.proposal.actions if exit_code([action], [], [], interrupted=False) == code]
    if held:
        return f": {text.many(len(held), 'post')} held back, as the plan says"
    return ": some posts or accounts could not be planned, as said above"


def _show_outcomes(report: Report, code: int, now: datetime) -> None:
    made = report.proposal.made
    shown = Outcomes(made.plan, made.posts, made.zones, now)
    for outcome in report.outcomes:
        shown.show(outcome)
    done = sum(outcome.result in SUCCESSES for outcome in report.outcomes)
    if report.outcomes:
        counted = f"{done} of {text.many(len(report.outcomes), 'action')}"
        ended = " done" if done == len(report.outcomes) else ""
        text.say(f"Applied: {counted}{ended}; exit {code}{_why(report, code)}.")
    if report.next_due and code != exits.STALE:
        next_one = next((a.post for a in report.proposal.actions if a.due_at == report.next_due), "")
        text.say(f"The next is due {shown.when(report.next_due, next_one)}.")
