"""What does a plan note about its accounts? That one is left out, paused, or not bound to a TikTok account yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contentsync.errors import ContentsyncError, Level, Problem
from contentsync.plan.action import AccountFacts, Kind, Plan
from contentsync.project import Project


def left_out(failures: dict[str, ContentsyncError]) -> Iterator[Problem]:
    """A problem for each account that is not in the plan."""
    for name, err in failures.items():
        for problem in err.problems:
            told = problem.addressed(name)
            yield replace(told, what=f"account {name} is left out: {told.what}", level=Level.WARNING)


def paused(facts: Mapping[str, AccountFacts]) -> list[Problem]:
    """A note for each account that a person paused."""
    found = []
    for name, known in facts.items():
        if known.pause:
            what = f"account {name}: {known.pause.said(known.account.timezone)}; to end it: {known.pause.ends_by}"
            found.append(Problem("account-paused", what, level=Level.NOTE))
    return found


def not_pinned(project: Project, plan: Plan) -> list[Problem]:
    """A note for each account that is not bound to a TikTok account yet: whom its first post goes out as."""
    creating = {action.account for action in plan.actions if Kind.CREATE in action.kinds}
    found = []
    for view in plan.accounts:
        if view.name in creating and view.creator is not None and not project.at_work(view.name).is_pinned:
            handle = f" (@{view.creator.username})" if view.creator.username else ""
            who = f"{view.creator.nickname or view.open_id}{handle}"
            what = f"{view.name} is not pinned to a TikTok account yet: it posts as {who}"
            pinned = f'apply writes open_id: "{view.open_id}" under accounts: {view.name}:'
            hint = f"{pinned}; from then on only this TikTok account may post for it"
            found.append(Problem("open-id-not-pinned", what, hint, level=Level.NOTE))
    return found
