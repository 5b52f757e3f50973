"""Approve posts as they lie on disk. For users who chose to publish every valid post without a person's approval.

A person's no counts: what was revoked stays revoked until its content changes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from contentsync.approval import Approval, digest_for_approval
from contentsync.errors import Problem
from contentsync.operations.approvals import SENT_LATER, held, lack, record
from contentsync.operations.plan import Made
from contentsync.plan.action import Action
from contentsync.project import Project

HOW: Final = "auto"


def approve_as_it_lies(project: Project, made: Made, keys: Collection[str]) -> list[Approval]:
    """Record an approval of each of these posts, as the plan has it, where it has none that holds.

    A file that changes afterwards voids the approval: it names the digest of every byte.
    """
    wanted = [
        action
        for action in made.plan.actions
        if action.post in keys and action.post in made.posts and action.kinds & SENT_LATER
    ]
    lacking = [action for action in wanted if lack(project, made, action.post)]
    return record(project, made, [a for a in lacking if not _revoked(project, made, a)], HOW)


def without_revoked(project: Project, made: Made) -> Made:
    """The plan with those posts held back whose approval a person revoked."""
    actions = tuple(
        held(action, why) if (why := _revoked(project, made, action)) else action for action in made.plan.actions
    )
    return replace(made, plan=replace(made.plan, actions=actions))


def _revoked(project: Project, made: Made, action: Action) -> Problem | None:
    """Why a post may not be sent, where a person revoked the approval of exactly this content."""
    post = made.posts.get(action.post)
    open_id = made.world.accounts[action.account].open_id if post else None
    if post is None or not open_id or not action.kinds & SENT_LATER:
        return None
    given = project.reading_store.approvals.find(open_id, post.name, post.generation)
    if given is None or given.revoked_at is None or given.digest != digest_for_approval(post, open_id):
        return None
    return lack(project, made, action.post)
