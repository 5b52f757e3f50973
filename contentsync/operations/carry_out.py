"""How is a plan carried out? All accounts send side by side, under the locks; then one loop waits for all of them.

The caller holds the apply lock and releases it when `sent` is called. After that nothing is sent, except to repeat a
passing failure, and for that the locks are taken again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field
from datetime import datetime

from contentsync.account import AccountAtWork
from contentsync.apply.account_run import AccountRun
from contentsync.apply.around import Run
from contentsync.apply.following import Following
from contentsync.attempt.told import Outcome, Tell
from contentsync.attempt.waiting import Stop
from contentsync.errors import ContentsyncError
from contentsync.frozen import frozen
from contentsync.operations.last_look import LastLook
from contentsync.operations.plan import Made
from contentsync.operations.side_by_side import SIDE_BY_SIDE, in_turns
from contentsync.operations.slots import give_slots
from contentsync.plan.action import Action, Kind
from contentsync.plan.existing_posts import EXISTING, ExistingPosts
from contentsync.project import Project
from contentsync.store.lock import SharedLock

DOING = "contentsync apply"


@frozen
class CarriedOut:
    """The result of carrying out a plan."""

    #: One for each action that was begun or refused, account by account.
    outcomes: list[Outcome] = field(default_factory=list)
    #: Accounts at which something went wrong, by name.
    failures: dict[str, ContentsyncError] = field(default_factory=dict)
    #: When the next post is due, as far as the plan knows; None for nothing.
    next_due: datetime | None = None


def apply_plan(
    project: Project,
    made: Made,
    actions: Iterable[Action],
    *,
    tell: Tell,
    stop: Stop,
    wait: float,
    plan_digest: str = "",
    lock_timeout: float = 0.0,
    sent: Callable[[], None] = lambda: None,
) -> CarriedOut:
    """Do what the actions say, and wait for final states.

    wait: seconds to wait; 0 not at all. lock_timeout: seconds to wait for another checkout that sends for an account.
    sent: called once everything is sent; the caller then releases the apply lock.
    """
    doing = tuple(actions)
    run = Run(tell, _Around(project, made, stop, lock_timeout), plan_digest)
    _record_guards(project, made, {action.post for action in doing}, run.id)
    failures: dict[str, ContentsyncError] = {}
    runs = _send_all(project, made, doing, run, stop, failures)
    sent()
    _follow_all(project, runs, wait, stop, failures)
    outcomes = [outcome for one in runs.values() for outcome in one.outcomes]
    return CarriedOut(outcomes, failures, _next_due(made.plan.actions))


def _send_all(
    project: Project,
    made: Made,
    actions: Iterable[Action],
    run: Run,
    stop: Stop,
    failures: dict[str, ContentsyncError],
) -> dict[str, AccountRun]:
    """The sending phase: a bounded number of accounts at a time, each in its order. Returns outcomes by account."""
    by_account: dict[str, list[Action]] = {}
    for action in actions:
        if action.account in made.world.accounts:  # the others are faulty posts: nothing is done for them
            by_account.setdefault(action.account, []).append(action)
    give_slots(project, made, actions)
    accounts = [project.at_work(name) for name in by_account]
    for account in accounts:  # one after another: each may write into the project file
        if any(Kind.CREATE in action.kinds for action in by_account[account.name]):
            account.pin(run.tell)
    runs: dict[str, AccountRun] = {}
    left = {name: deque(todo) for name, todo in by_account.items()}

    def send(account: AccountAtWork) -> float:
        name = account.name
        if name not in runs:
            runs[name] = _account_run(account, made, by_account[name], run, stop)
        return runs[name].send_some(left[name], made.posts)

    in_turns(accounts, send, failures, project.clock, stop)
    return {name: runs[name] for name in by_account if name in runs}


def _account_run(account: AccountAtWork, made: Made, actions: list[Action], run: Run, stop: Stop) -> AccountRun:
    assert account.open_id == made.world.accounts[account.name].open_id  # the plan was made with fresh answers
    steps = account.steps(run.tell, stop)
    if any(action.kinds & {Kind.CREATE, Kind.RESUME} for action in actions):
        account.credentials.ensure_fresh()
        account.note_lineage()
    return AccountRun(account.open_id, steps, run)


def _follow_all(
    project: Project, runs: dict[str, AccountRun], wait: float, stop: Stop, failures: dict[str, ContentsyncError]
) -> None:
    """The following phase: one loop over all accounts."""
    left = [followed for one in runs.values() for followed in one.take_followed()]
    if not left:
        return
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as workers:
        following = Following(left, project.clock, stop, workers)
        following.run(wait)
    for name, one in runs.items():
        if one.open_id in following.failures:
            failures.setdefault(name, following.failures[one.open_id])


def _next_due(actions: Iterable[Action]) -> datetime | None:
    due = (action.due_at for action in actions if Kind.WAIT in action.kinds)
    return min(filter(None, due), default=None)


def _record_guards(project: Project, made: Made, planned: set[str], run_id: str) -> None:
    for guard in made.plan.allow:
        project.store.record("guard-lifted", project.clock.now(), guard=guard, run=run_id)
    if EXISTING in made.plan.allow:
        _keep_left_out(project, made, planned)


def _keep_left_out(project: Project, made: Made, planned: set[str]) -> None:
    """Keep a guard for the posts that were not selected when it was lifted."""
    for name, facts in made.world.accounts.items():
        others = [p for key, p in made.posts.items() if p.account == name and key not in planned]
        if facts.open_id:
            guard = ExistingPosts(facts)
            held = [post for post in others if guard.problem(post)]
            left_out = {mark for post in held for mark in (post.name, post.media_digest) if mark}
            project.store.leave_out(facts.open_id, left_out, project.clock.now())


class _Around:
    """The project, as a run asks for it on its way."""

    def __init__(self, project: Project, made: Made, stop: Stop, lock_timeout: float) -> None:
        self.last_look = LastLook(project, made)
        self._stop, self._timeout = stop, lock_timeout
        self._accounts = {facts.open_id: project.at_work(name) for name, facts in made.world.accounts.items()}
        self._apply_lock = SharedLock(lambda: project.bare_lock(DOING))

    def sending(self, open_id: str) -> AbstractContextManager[None]:
        return self._accounts[open_id].right_to_send(DOING, self._timeout, self._stop.is_set)

    @contextmanager
    def sending_again(self, open_id: str) -> Iterator[None]:
        with self._apply_lock.held(), self._accounts[open_id].right_to_send(DOING):
            yield
