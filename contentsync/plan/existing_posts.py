"""Did the account post anything before this state began? The guard `existing-posts`, and what ends it.

The danger: a fresh clone with an empty state publishes posts again that an earlier state, or a person, has published.
The rule: while this state has sent nothing for the account, receipts, public videos or another state on this machine
block its creates. A rebuild or an import ends this; so does a person who lifts the guard, for the posts that were
selected then. The reason concerns the account as a whole, so it is shown once for each account.
"""

from __future__ import annotations

from contentsync.errors import Problem
from contentsync.plan.action import AccountFacts
from contentsync.plan.caps import MAY_SHOW
from contentsync.post import DesiredPost
from contentsync.post_state import PostState

EXISTING = "existing-posts"


class ExistingPosts:
    """Whether the account may have posts that this new state does not know.

    A post that sent nothing ends the guard for no other post.
    """

    def __init__(self, facts: AccountFacts) -> None:
        self._left_out = facts.left_out
        self._known = {row.name for row in facts.rows if row.attempts}
        self._is_young = not (facts.others_show or any(row.removed_at or _shows(row) for row in facts.rows))
        self._evidence = _evidence(facts) or _not_looked(facts)

    def problem(self, post: DesiredPost) -> Problem | None:
        """Why the post may not be created; None if it may."""
        if {post.name, post.media_digest} & self._left_out:
            what = "the check for existing posts was lifted for other posts of the account, but not for this one"
            hint = (
                f"if it is at TikTok, run: contentsync resolve {post.key} --published; "
                "if not, pass --allow existing-posts"
            )
            return Problem("existing-posts", what, hint)
        return self._evidence if self._is_young and post.name not in self._known else None


def old_videos(facts: AccountFacts) -> int:
    """How many public videos hold new posts back, where nothing else speaks for an earlier state; else 0.

    Then one answer of a person ends the guard: the videos are from before this project.
    """
    is_young = not (facts.others_show or any(row.removed_at or _shows(row) for row in facts.rows))
    speaks_else = facts.noted_elsewhere or facts.left_out or _unknown_receipts(facts)
    return _unknown_videos(facts) if is_young and not speaks_else else 0


def _evidence(facts: AccountFacts) -> Problem | None:
    """The evidence of posts that no row of this state knows."""
    showing = any(row.bound_post_id or _shows(row) for row in facts.rows)
    name, hint = facts.account.name, f"take note of them with: contentsync import {facts.account.name}"
    if unknown := _unknown_receipts(facts):
        what = f"{name} has {_many(unknown, 'receipt')} of posts that this state does not know"
        hint = "take them in with: contentsync state rebuild"
    elif public := _unknown_videos(facts):
        what = f"{name} has {_many(public, 'public video')} that this state does not know"
    elif facts.noted_elsewhere and not (showing or facts.acquainted):
        what = f"another state on this machine made posts for {name}, and this state does not know them"
    else:
        return None
    hint = f"{hint}; or, if none of these manifests is posted yet, pass --allow existing-posts"
    return Problem("existing-posts", what, hint)


def _unknown_receipts(facts: AccountFacts) -> int:
    known = {row.name for row in facts.rows if row.bound_post_id or row.attempts}
    return sum(told.tells_something and name not in known for name, told in facts.receipts.items())


def _unknown_videos(facts: AccountFacts) -> int:
    return 0 if facts.acquainted else sum(video.post_id not in facts.bindings for video in facts.remote.videos)


def _not_looked(facts: AccountFacts) -> Problem | None:
    """The problem of a new state while the public list can't be read: it may not know all posts."""
    unread = facts.creator.list_unread if facts.creator else ""
    if not unread:
        return None
    name = facts.account.name
    what = f"{name} may have posts that this state does not know: its public list can't be read now"
    hint = "run the command again in a few minutes; or pass --allow existing-posts, if none is one of these manifests"
    return Problem("list-not-read", what, hint)


def _shows(row: PostState) -> bool:
    """Whether anything that this state knows of a post may be at TikTok."""
    return any(attempt.phase in MAY_SHOW for attempt in row.attempts)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
