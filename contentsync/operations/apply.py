"""How is a plan carried out? Every account of it at the same time, under the lock of the caller."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from contentsync.apply import AccountRun, Run
from contentsync.attempt.steps import Stop
from contentsync.attempt.told import Outcome, Tell
from contentsync.errors import ContentsyncError
from contentsync.plan.action import Action, Kind
from contentsync.plan.guards import ExistingPosts
from contentsync.project import Project

if TYPE_CHECKING:
    pass
from contentsync.account import AccountAtWork
from contentsync.operations.plan import Made
from contentsync.operations.side_by_side import side_by_side


def apply_plan(
    project: Project,
    made: Made,
    actions: Iterable[Action],
    *,
    tell: Tell,
    stop: Stop,
    wait: float,
    plan_digest: str = "",
) -> tuple[list[Outcome], dict[str, ContentsyncError]]:
    """Do what the actions say. The lock is held by the caller. Returns the outcomes, and the accounts that failed."""
    store, run_id = project.store, uuid.uuid4().hex  # never a copy that only a look may have
    run = Run(tell, wait, plan_digest, run_id)
    for guard in made.plan.allow:
        store.record("guard-lifted", project.clock.now(), guard=guard, run=run_id)
    if "existing-posts" in made.plan.allow:
        _keep_left_out(project, made, {action.post for action in actions})
    by_account: dict[str, list[Action]] = {}
    for action in actions:
        by_account.setdefault(action.account, []).append(action)
    failures: dict[str, ContentsyncError] = {}
    accounts = [project.at_work(name) for name in by_account]

    def work(account: AccountAtWork) -> list[Outcome]:
        return _apply_account(account, made, by_account[account.name], run, stop)

    done = side_by_side(accounts, work, failures)
    return [outcome for _, outcomes in done for outcome in outcomes], failures


def _keep_left_out(project: Project, made: Made, planned: set[str]) -> None:
    """A guard that is lifted for some posts stays where it is for those that were not asked for."""
    for name, facts in made.world.accounts.items():
        others = [p for key, p in made.posts.items() if p.account == name and key not in planned]
        if facts.open_id:
            guard = ExistingPosts(facts)
            held = [post for post in others if guard.problem(post)]
            left_out = {mark for post in held for mark in (post.name, post.media_digest) if mark}
            project.store.leave_out(facts.open_id, left_out, project.clock.now())


def _apply_account(account: AccountAtWork, made: Made, actions: list[Action], run: Run, stop: Stop) -> list[Outcome]:
    assert account.open_id == made.world.accounts[account.name].open_id  # the plan was made with fresh answers
    steps = account.steps(run.tell, stop)
    if any(action.kinds & {Kind.CREATE, Kind.RESUME} for action in actions):
        account.credentials.ensure_fresh()
        account.note_lineage()
    return AccountRun(account.open_id, steps, run).carry_out(actions, made.posts)
