"""Are an account's public videos from before this project? A person is asked once, and the answer yes is recorded.

Only where nothing but public videos speaks for an earlier state: what a receipt or another state on this machine says
is never answered away here.
"""

from __future__ import annotations

from collections.abc import Callable

from contentsync.operations.import_videos import import_videos
from contentsync.operations.plan import Made
from contentsync.plan.action import Kind
from contentsync.plan.existing_posts import EXISTING, old_videos
from contentsync.project import Project

#: Given an account's name and how many videos it has: whether they are from before this project.
AskAboutVideos = Callable[[str, int], bool]


def earlier_videos(project: Project, account: str) -> int:
    """How many public videos of the account would hold its new posts back; asks TikTok for its newest videos."""
    project.catch_up()
    at_work = project.at_work(account)
    return old_videos(at_work.facts(at_work.ask().creator))


def noted_after_asking(project: Project, made: Made, ask: AskAboutVideos) -> bool:
    """Ask about each account whose old videos block a create of the plan, and record them after a yes.

    Returns whether any were noted, so that the plan must be made again. The caller holds the lock.
    """
    blocked = {
        action.account
        for action in made.plan.actions
        if Kind.BLOCKED in action.kinds and any(problem.code == EXISTING for problem in action.blockers)
    }
    noted = False
    for name in sorted(blocked):
        count = old_videos(made.world.accounts[name])
        if count and ask(name, count):
            import_videos(project, project.account(name), None)
            noted = True
    return noted
