"""Make a plan or take a saved one, get it approved, carry it out. The lock is held until everything is sent.

The caller decides how to ask a person and how to show progress. The report has the outcome of each post.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import field, replace
from datetime import datetime

from contentsync.account import NeverStop, say_nothing
from contentsync.attempt.told import Outcome, Tell
from contentsync.attempt.waiting import Stop, StoppableClock
from contentsync.errors import ContentsyncError, StalePlan
from contentsync.frozen import frozen
from contentsync.operations.approvals import only_approved, record
from contentsync.operations.branch_approvals import approve_by_branch
from contentsync.operations.carry_out import DOING, apply_plan
from contentsync.operations.earlier_videos import AskAboutVideos, noted_after_asking
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.saved_plan import Saved, to_do
from contentsync.operations.selection import Wish
from contentsync.plan.action import Action, Kind
from contentsync.plan.pointers import held_for_files
from contentsync.project import Project


@frozen
class Proposal:
    """The actions that a person is asked to approve."""

    made: Made
    actions: tuple[Action, ...]
    #: What a saved plan says and is not done any more, with the reason.
    refused: tuple[StalePlan, ...] = ()

    @property
    def left(self) -> list[Action]:
        """The actions that the plan holds back, by themselves or after a move."""
        return [action for action in self.actions if _is_left(action)]


def _is_left(action: Action) -> bool:
    return bool(action.kinds & {Kind.BLOCKED, Kind.UNKNOWN}) or (Kind.WAIT in action.kinds and action.left)


@frozen
class Report:
    """The result of an apply."""

    proposal: Proposal
    #: False where the answer was no: then nothing was sent.
    is_approved: bool
    outcomes: tuple[Outcome, ...] = ()
    #: The accounts that could not be asked or stopped with an error, by name.
    failures: dict[str, ContentsyncError] = field(default_factory=dict)
    #: When the next of the waiting posts is due; None where none waits for a time.
    next_due: datetime | None = None
    #: Whether a stop was asked for meanwhile.
    is_interrupted: bool = False


Approve = Callable[[Proposal], bool]


def apply(
    project: Project,
    wish: Wish | None = None,
    *,
    saved: Saved | None = None,
    approve: Approve,
    tell: Tell = say_nothing,
    stop: Stop | None = None,
    wait: float = 600.0,
    lock_timeout: float = 0.0,
    on_lock: Callable[[], None] = lambda: None,
    approved_only: bool = False,
    how: str = "",
    ask_about_videos: AskAboutVideos | None = None,
    still: NothingToDo | None = None,
) -> Report:
    """Plan, ask `approve`, and carry out what was approved.

    wish: which posts, and how; all of them where it is not given. saved: a plan from a file, instead of a wish.
    tell: told of each thing that happens. stop: once it is set, the chunk under way is finished and nothing new
    begins. wait: seconds to wait for TikTok's final states. lock_timeout: seconds to wait for the lock. on_lock:
    called once the lock is held. approved_only: send only what a person approved beforehand. how: by which way a
    person approves in `approve`, for the record; empty where nobody is asked. ask_about_videos: whether the videos of
    an account are from before this project; None where nobody can be asked. still: as in make_plan.
    Raises StoreLocked; StalePlan for a saved plan that no longer holds; ManifestError for an unsound project.
    """
    stop = stop or NeverStop()
    with ExitStack() as held:
        held.enter_context(project.lock(DOING, lock_timeout))
        on_lock()
        project.clock = StoppableClock(project.clock, stop)  # no wait of any kind goes on after a stop
        if saved:
            saved.check_state(project)
        asked = wish or Wish()
        if saved or asked.allow:
            still = None  # a saved plan is compared with one of all posts, and a lifted guard is about all of them
        made = make_plan(project, replace(saved.wish, strict=asked.strict) if saved else asked, still)
        if ask_about_videos and not saved and noted_after_asking(project, made, ask_about_videos):
            made = make_plan(project, asked)
        if approved_only:
            made = only_approved(project, approve_by_branch(project, made))
        actions, refused = to_do(saved, made, project) if saved else (made.plan.actions, [])
        actions = held_for_files(actions, made.posts, made.world)
        if not saved:
            made = replace(made, plan=replace(made.plan, actions=actions))
        proposal = Proposal(made, actions, tuple(refused))
        if not approve(proposal):
            return Report(proposal, False, failures=made.failures)
        if how:
            record(project, made, [a for a in actions if Kind.CREATE in a.kinds and a.post in made.posts], how)
        done = apply_plan(
            project,
            made,
            actions,
            tell=tell,
            stop=stop,
            wait=wait,
            plan_digest=saved.digest if saved else "",
            lock_timeout=lock_timeout,
            sent=held.close,
        )
    failures = made.failures | done.failures
    return Report(proposal, True, tuple(done.outcomes), failures, done.next_due, stop.is_set())
