"""How many posts are still allowed? The daily caps, counted over sliding 24 hours from the tasks themselves."""

from __future__ import annotations

from contentsync.emulator.refusal import Refused
from contentsync.emulator.tasks import Mode, Status, Task
from contentsync.emulator.world import DAY, World


def posts_used(world: World, account: str) -> int:
    """Direct posts that count toward the creator's cap."""
    return sum(_uses_post(world, task) for task in _recent(world, Mode.DIRECT, account))


def drafts_used(world: World, account: str) -> int:
    """Drafts that wait in the inbox, or are on their way there."""
    if world.config.quirks.drafts_cap == "held":
        mine = [task for task in world.tasks.values() if task.account == account and task.mode is Mode.DRAFT]
        return sum(_uses_draft(world, task) and not task.discarded for task in mine)
    return sum(_uses_draft(world, task) for task in _recent(world, Mode.DRAFT, account))


def check_creator(world: World, account: str, mode: Mode) -> None:
    """Raise Refused when the creator may not post, or has used up a cap."""
    creator = world.accounts[account]
    if creator.banned:
        raise Refused("spam_risk_user_banned_from_posting")
    if mode is Mode.DIRECT and _full(posts_used(world, account), creator.posts_per_day):
        raise Refused("spam_risk_too_many_posts")
    if mode is Mode.DRAFT and _full(drafts_used(world, account), creator.pending_drafts):
        raise Refused("spam_risk_too_many_pending_share")


def _full(used: int, cap: int | None) -> bool:
    return cap is not None and used >= cap


def check_app(world: World, account: str) -> None:
    """Raise Refused when one more account would pass the app's cap on posting users.

    An account counts from its init on: the stricter reading.
    """
    app = world.config.app
    cap = app.posting_users_audited if app.audited else app.posting_users_per_day
    if cap is None:
        return
    users = {task.account for task in _recent(world, Mode.DIRECT)}
    if account not in users and len(users) >= cap:
        raise Refused("reached_active_user_cap")


def over_cap(world: World, task: Task) -> bool:
    """True when a direct post arrived after enough others to fill the creator's cap."""
    cap, arrived = world.accounts[task.account].posts_per_day, task.committed_at
    if task.mode is not Mode.DIRECT or cap is None or arrived is None:
        return False
    others = [other for other in _recent(world, Mode.DIRECT, task.account) if other is not task]
    earlier = [other for other in others if other.committed_at is not None and other.committed_at <= arrived]
    return sum(_uses_post(world, other) for other in earlier) >= cap


def _recent(world: World, mode: Mode, account: str | None = None) -> list[Task]:
    since = world.now() - DAY
    return [
        task
        for task in world.tasks.values()
        if task.mode is mode and account in (None, task.account) and (task.committed_at or task.created_at) > since
    ]


def _uses_post(world: World, task: Task) -> bool:
    counts = world.config.quirks.posts_cap_counts
    if task.status is Status.FAILED:
        return "failed" in counts
    return task.committed_at is not None or "unfinished" in counts


def _uses_draft(world: World, task: Task) -> bool:
    if task.status in (Status.FAILED, Status.COMPLETE):
        return False
    return task.committed_at is not None or world.config.quirks.drafts_cap_counts_unfinished
