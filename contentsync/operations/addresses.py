"""Can TikTok fetch what a plan would send? Each plan checks the addresses that it would give TikTok."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contentsync import limits
from contentsync.plan.action import Action, Kind, Plan, World
from contentsync.plan.planner import make_plan
from contentsync.plan.pull_checks import to_look_at
from contentsync.post import DesiredPost
from contentsync.project import Project

LIFE: Final = timedelta(hours=limits.PLAN_LIFE_HOURS)


def decided(
    project: Project, posts: dict[str, DesiredPost], world: World, selected: frozenset[str] | None
) -> tuple[Plan, World]:
    """The plan after a check of the addresses that it would give TikTok; and the facts it was made from.

    Again where a refused address gave its room under a cap to another post. Without a network where none was asked.
    """
    plan = make_plan(posts.values(), world, selected)
    while world.refreshed:
        given = [posts[a.post] for a in plan.actions if a.post in posts and _may_be_sent(a, world.now)]
        urls = {url: size for post in given for url, size in to_look_at(post, world.hosting).items()}
        new = {url: size for url, size in urls.items() if url not in world.looks}
        if not new:
            break
        world = replace(world, looks={**world.looks, **project.look_at(new)})
        plan = make_plan(posts.values(), world, selected)
    return plan, world


def _may_be_sent(action: Action, now: datetime) -> bool:
    """Whether this plan may give its addresses to TikTok."""
    soon = action.due_at is not None and action.due_at <= now + LIFE
    return Kind.CREATE in action.kinds or (Kind.WAIT in action.kinds and soon)
