"""`contentsync apply`: carry out the plan that was shown, or a saved one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from contentsync.attempt.told import Outcome, Result, Told
from contentsync.attempt.waiting import StoppableClock
from contentsync.cli import exits
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.main import Context
from contentsync.cli.options import allowing, as_json, locking, selecting, waiting
from contentsync.cli.terminal import text
from contentsync.cli.terminal.consent import PROCESSING, NotApproved, ask_for_consent, declarations
from contentsync.cli.terminal.interrupt import Stop, outliving_output, stoppable
from contentsync.cli.terminal.plan_text import show_plan, summary
from contentsync.cli.terminal.progress import showing
from contentsync.cli.terminal.summary import Summary, Summed
from contentsync.errors import ContentsyncError, StalePlan
from contentsync.operations.apply import DOING, Report, apply_plan
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.saved_plan import Saved, open_saved, to_do
from contentsync.operations.selection import Wish, full_keys
from contentsync.plan.action import Action, Kind
from contentsync.plan.planfile import problem_as_json, when
from contentsync.project import Project


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of an apply. summary: of the JSON lines, where they are asked for."""

    summary: Summary | None
    wait: float
    auto_approve: bool
    wish: Wish
    saved: Saved | None
    lock_timeout: float

    @property
    def json(self) -> bool:
        return self.summary is not None

    def leave(self) -> None:
        """The last word before the process goes."""
        if self.summary is not None:
            self.summary.end_at_once(exits.INTERRUPTED)


@click.command(cls=Summed)
@click.argument("planfile", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal and no PLANFILE.")
@as_json
@waiting(600.0)
@allowing
@click.option("--retry", multiple=True, metavar="POST", help="Try a failed, unchanged post again. Repeatable.")
@locking
@selecting
@click.pass_obj
def apply(
    context: Context,
    planfile: Path | None,
    auto_approve: bool,
    json_: bool,
    wait: float,
    allow: tuple[str, ...],
    retry: tuple[str, ...],
    lock_timeout: float,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    accounts: tuple[str, ...],
) -> int:
    """Carry out a plan: the one that is made and shown now, or PLANFILE, which is its own approval.

    Sends every byte, then waits for TikTok's final word. Stopped or killed at any moment, the next apply goes on
    where this one was, and posts nothing twice.
    """
    saved = open_saved(planfile) if planfile else None
    if saved and (only or exclude or accounts or allow or retry):
        raise click.UsageError("a saved plan is applied as it is; make a new one to choose posts or lift guards")
    if not saved and not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: give --auto-approve, or a plan saved with plan --out")
    project = context.project()
    wish = saved.wish if saved else Wish(only, exclude, accounts, allow, full_keys(project, retry))
    summary = (context.summary or Summary()) if json_ else None
    asked = Asked(summary, wait, auto_approve or saved is not None, wish, saved, lock_timeout)
    try:
        with ExitStack() as held:
            held.enter_context(project.lock(DOING, lock_timeout))
            with outliving_output(), stoppable(asked.leave) as stop:
                project.clock = StoppableClock(project.clock, stop)  # no wait of any kind goes on after a stop
                return _apply(project, asked, stop, held.close)
    finally:
        project.close()


def _apply(project: Project, asked: Asked, stop: Stop, unlock: Callable[[], None]) -> int:
    if asked.saved:
        asked.saved.check_state(project)
    made = make_plan(project, asked.wish)
    text.show_problems(made.notes)
    actions, refused = to_do(asked.saved, made, project) if asked.saved else (made.plan.actions, [])
    if not asked.json and not asked.saved:
        _show_plan(made)
    show_failures(made.failures)
    if not asked.auto_approve and made.plan.does_something:
        stop.asking = True
        try:
            ask_for_consent(made.plan, made.posts)
        except NotApproved:
            text.tell("Not applied: the answer was not `yes`.")
            return exits.INTERRUPTED
        except KeyboardInterrupt:  # here and not by click, which ends with a line that a lost terminal can't take
            raise click.Abort from None
        finally:
            stop.asking = False
    elif not asked.json and any(Kind.CREATE in action.kinds for action in actions):
        for sentence in (*declarations(actions, made.posts), PROCESSING):
            text.tell(sentence)
    with showing(asked.summary) as show:
        for action in filter(_is_left, actions):
            show(_as_left(action))
        digest = asked.saved.digest if asked.saved else ""
        report = apply_plan(
            project,
            made,
            actions,
            tell=show,
            stop=stop,
            wait=asked.wait,
            plan_digest=digest,
            lock_timeout=asked.lock_timeout,
            sent=unlock,
        )
    show_failures(report.failures)
    return _end(asked, made, actions, report, refused, stop)


def _show_plan(made: Made) -> None:
    """The plan that is about to be carried out; one line where all that it holds is waiting for its time."""
    if all(action.kind is Kind.WAIT and not action.left for action in made.plan.actions) and made.plan.actions:
        text.say(summary(made.plan))
    else:
        show_plan(made.plan, made.posts, failed=bool(made.failures))


def _end(
    asked: Asked,
    made: Made,
    actions: Sequence[Action],
    report: Report,
    refused: list[StalePlan],
    stop: Stop,
) -> int:
    failures = [*made.failures.values(), *report.failures.values()]
    code = exit_code(actions, report.outcomes, [*failures, *refused], interrupted=stop.is_set())
    if asked.summary is not None:
        asked.summary.unchanged = made.plan.unchanged
        asked.summary.blame(*failures, *refused)
    for err in refused:
        text.show_error(err)
    if not asked.json:
        for action in filter(_is_left, actions) if asked.saved else ():
            _show_left(action)
        _show_outcomes(report, code)
    return code


def _is_left(action: Action) -> bool:
    """Whether something is left undone that the plan holds back, by itself or after a move."""
    return bool(action.kinds & {Kind.BLOCKED, Kind.UNKNOWN}) or (Kind.WAIT in action.kinds and action.left)


def _as_left(action: Action) -> Told:
    problems = [problem_as_json(problem) for problem in action.problems]
    detail = {"action": str(action.then or action.kind), "reason": action.reason, "due_at": when(action.due_at)}
    return Told("left", action.post, detail | {"problems": problems})


def _show_left(action: Action) -> None:
    """What a saved plan can't do any more, and why: no plan was shown that would tell it."""
    what = f"{action.then or action.kind}: {text.printable(action.reason)}"
    text.say(f"  {text.style('✗', fg='red', bold=True)} {action.post}  {what}")
    for problem in action.problems:
        for line in text.problem_lines(problem):
            text.say(f"      {line}")


def exit_code(
    actions: Sequence[Action], outcomes: list[Outcome], errors: Sequence[ContentsyncError], *, interrupted: bool
) -> int:
    """The exit code of an apply: what was left undone, by its kind."""
    codes = [exits.of_error(err) or exits.FAILED for err in errors]
    codes += [_CODES.get(outcome.result, exits.DONE) for outcome in outcomes]
    codes += [exits.SIGN_IN for outcome in outcomes if outcome.sign_in]
    codes += [exits.STALE for o in outcomes if o.problem and o.problem.code in {"plan-used", "plan-expired"}]
    codes += [exits.UNKNOWN for action in actions if Kind.UNKNOWN in action.kinds]
    codes += [exits.HELD for action in actions if Kind.BLOCKED in action.kinds]
    codes += [exits.HELD for action in actions if Kind.WAIT in action.kinds and action.left]
    codes += [exits.SIGN_IN for action in actions if any(p.code == "scope-missing" for p in action.blockers)]
    if interrupted:
        codes.append(exits.INTERRUPTED)
    return exits.worst(codes)


_CODES = {
    Result.FAILED: exits.FAILED,
    Result.CHANGED: exits.FAILED,
    Result.UPLOADING: exits.FAILED,
    Result.PROCESSING: exits.NOT_FINAL,
    Result.UNKNOWN: exits.UNKNOWN,
    Result.HELD: exits.HELD,
    Result.NOT_STARTED: exits.HELD,
    Result.WAITING: exits.DONE,
}
_MARKS = {
    Result.PUBLISHED: ("✓", "green"),
    Result.DELIVERED: ("✓", "green"),
    Result.ADOPTED: ("=", "cyan"),
    Result.MOVED: ("→", "cyan"),
    Result.PROCESSING: ("…", "blue"),
    Result.UPLOADING: ("…", "yellow"),
    Result.UNKNOWN: ("!", "magenta"),
    Result.HELD: ("⏸", "blue"),
    Result.WAITING: ("⏸", "blue"),
    Result.NOT_STARTED: ("⏸", "blue"),
}
_SAID = {
    Result.DELIVERED: "delivered: the creator posts it in TikTok's app",
    Result.PROCESSING: "TikTok has it and is not done; contentsync status --wait 10m",
    Result.UPLOADING: "not all bytes are there; the next apply goes on",
    Result.UNKNOWN: "may be live or not; nothing more is sent for this account",
}


def _show_outcomes(report: Report, code: int) -> None:
    outcomes = report.outcomes
    for outcome in outcomes:
        mark, colour = _MARKS.get(outcome.result, ("✗", "red"))
        said = _SAID.get(outcome.result, str(outcome.result).replace("-", " "))
        identity = f" as {outcome.post_id}" if outcome.post_id else ""
        text.say(f"  {text.style(mark, fg=colour, bold=True)} {outcome.post}  {said}{identity}")
        if outcome.problem is not None and outcome.result not in {Result.PUBLISHED, Result.DELIVERED}:
            for line in text.problem_lines(outcome.problem):
                text.say(f"      {line}")
    done = sum(o.result in {Result.PUBLISHED, Result.DELIVERED, Result.ADOPTED, Result.MOVED} for o in outcomes)
    if outcomes:
        text.say(f"Applied: {done} of {text.many(len(outcomes), 'action')} done; exit {code}.")
    if report.next_due and code != exits.STALE:
        text.say(f"The next is due at {text.when(report.next_due)}.")
