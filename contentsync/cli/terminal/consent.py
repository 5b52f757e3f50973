"""What is a person asked before anything is sent? The prompts, with TikTok's own sentences.

Source: Content Sharing Guidelines, 1a and 4 (the declaration), 5d (processing takes a few minutes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import click

from contentsync.cli.terminal import text
from contentsync.cli.terminal.asking import says_yes
from contentsync.plan.action import AccountView, Kind, Plan
from contentsync.plan.declaration import PROCESSING, declarations
from contentsync.post import DesiredPost, Mode, Privacy
from contentsync.visible import visible

NAMED: Final = 10  # public posts that the question names; the rest is counted


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
        for line in _becomes(view, mine):
            text.tell(line)
    for sentence in declarations(plan.actions):
        text.tell(f"\t{sentence}")
    text.tell(f"\tTikTok has no edit and no delete by API. {PROCESSING}")
    if not says_yes("publish"):
        raise NotApproved


def _becomes(view: AccountView, posts: Sequence[DesiredPost]) -> Iterator[str]:
    """What the posts of one account become, those that everyone can see by their names."""
    direct = [post for post in posts if post.mode is Mode.DIRECT]
    public = [post.key for post in direct if post.privacy is Privacy.EVERYONE]
    told = [f"{text.many(len(direct), 'post')}, {len(public)} of them public"] if direct else []
    if drafts := len(posts) - len(direct):
        told.append(f"{text.many(drafts, 'draft')} for the inbox")
    if told:
        yield f"{visible(_name(view))}:\t{'; '.join(told)}"
    if public:
        more = f" and {len(public) - NAMED} more" if len(public) > NAMED else ""
        loud = text.style("PUBLIC", fg="yellow", bold=True)
        yield f"  {loud}, for everyone to see:\t{', '.join(public[:NAMED])}{more}"


def _name(view: AccountView) -> str:
    creator = view.creator
    if creator is None:
        return view.name
    return f"{creator.nickname} (@{creator.username})" if creator.username else creator.nickname or view.name
