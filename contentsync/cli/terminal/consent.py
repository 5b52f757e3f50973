"""What is a person asked before anything is sent? The prompts, with TikTok's own sentences.

Source: Content Sharing Guidelines, 1a and 4 (the declaration), 5d (processing takes a few minutes).
"""

from __future__ import annotations

from collections.abc import Mapping

import click

from contentsync.cli.terminal import text
from contentsync.plan.action import Kind, Plan
from contentsync.plan.declaration import PROCESSING, declarations
from contentsync.post import DesiredPost, Mode, Privacy
from contentsync.visible import visible


class NotApproved(click.Abort):
    """The answer was not `yes`."""


def ask_about_videos(account: str, count: int) -> bool:
    """Ask whether the videos that an account has are from before this project. Raises click.Abort."""
    text.tell(f"{account} already has {text.many(count, 'public video')} that this project did not post.")
    text.tell("If one of them is a post of this project, answer no: contentsync would not recognise it later.")
    return click.confirm("Take note of them, so that they do not hold new posts back?", default=False, err=True)


def ask_for_consent(plan: Plan, posts: Mapping[str, DesiredPost]) -> None:
    """Ask, and go on only at `yes`. Raises click.Abort."""
    created = [a for a in plan.actions if Kind.CREATE in a.kinds]
    for view in plan.accounts:
        mine = [posts[a.post] for a in created if a.account == view.name and a.post in posts]
        if not mine:
            continue
        direct = [post for post in mine if post.mode is Mode.DIRECT]
        public = sum(post.privacy is Privacy.EVERYONE for post in direct)
        creator = view.creator
        who = f"{creator.nickname} (@{creator.username})" if creator and creator.username else view.name
        if creator and not creator.username and creator.nickname:
            who = creator.nickname
        told = f"{text.many(len(direct), 'post')}, {public} of them public" if direct else "no post"
        drafts = len(mine) - len(direct)
        text.tell(f"{visible(who)}: {told}; {text.many(drafts, 'draft')}")
    for sentence in declarations(plan.actions):
        text.tell(f"\t{sentence}")
    text.tell(f"\tTikTok has no edit and no delete by API. {PROCESSING}")
    answer = click.prompt("Type yes to publish", default="", show_default=False, err=True)
    if answer.strip() != "yes":
        raise NotApproved
