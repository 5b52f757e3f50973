"""What does this machine know that a plan without TikTok leaves out? Files that are pointers, and missing scopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contentsync.errors import ContentsyncError
from contentsync.operations.plan import Made
from contentsync.plan.action import Action, Kind
from contentsync.plan.blocks import scope_missing
from contentsync.plan.pointers import held_for_files
from contentsync.project import Project
from contentsync.tiktok.overriding_token import override_of


def with_what_is_known_here(project: Project, made: Made) -> Iterator[Action]:
    """The actions, with those blocked whose files are pointers, or whose account's stored token lacks a scope."""
    held = held_for_files(made.plan.actions, made.posts, made.world)
    scopes = {name: _stored_scopes(project, name) for name in {action.account for action in held} & made.zones.keys()}
    for action in held:
        post = made.posts.get(action.post)
        facts = made.world.accounts.get(action.account)
        lacks = post and facts and scope_missing(post, replace(facts, scopes=scopes[action.account]))
        if not lacks or not action.kinds & {Kind.CREATE, Kind.WAIT}:
            yield action
        elif Kind.WAIT in action.kinds:
            yield replace(action, problems=(*action.problems, *lacks), blocked_then=True)
        else:
            yield replace(
                action, kind=Kind.BLOCKED, then=None, reason=lacks[0].what, problems=(*lacks, *action.problems)
            )


def _stored_scopes(project: Project, name: str) -> frozenset[str] | None:
    """The scopes of the sign-in that is stored on this machine; None if there is none or it is not used."""
    if override_of(project.account(name), project.environ):
        return None
    try:
        return project.at_work(name).credentials.scopes()
    except ContentsyncError:
        return None
