"""Which posts of a plan must the project's own program see? Asks it until it saw all that the plan would send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from contentsync.plan.action import Kind, Plan, Verdict, World
from contentsync.plan.unfinished import is_live
from contentsync.post_state import PostState
from contentsync.project import Project

Make = Callable[[World], tuple[Plan, World]]


def judged(project: Project, make: Make, world: World) -> tuple[Plan, World]:
    """The plan that `make` gives, without what the program refuses of all that it would send.

    A refused post gives its room under a cap to others. So the program is asked again until it saw every such post.
    """
    plan, world = make(world)
    if not project.settings.policy_cmd:
        return plan, world
    while unseen := _to_send(plan, world) - world.verdict.seen:
        from contentsync.operations.policy_cmd import ask  # processes and plans as JSON are slow to import

        world = replace(world, verdict=_joined(world.verdict, ask(project, plan), unseen))
        plan, world = make(world)
        if world.verdict.every:
            break
    return plan, world


def _to_send(plan: Plan, world: World) -> frozenset[str]:
    """The keys of the posts that a plan would make public: creates, and uploads that are not complete."""
    rows = {f"{name}/{row.name}": row for name, facts in world.accounts.items() for row in facts.rows}
    return frozenset(
        action.post
        for action in plan.actions
        if Kind.CREATE in action.kinds or (Kind.RESUME in action.kinds and is_to_be_sent(rows.get(action.post)))
    )


def is_to_be_sent(row: PostState | None) -> bool:
    """Whether the last attempt of a post may still be kept from going out."""
    return row is not None and row.last is not None and not is_live(row.last)


def _joined(before: Verdict, now: Verdict, seen: frozenset[str]) -> Verdict:
    return Verdict(now.every, {**before.refused, **now.refused}, before.seen | seen)
