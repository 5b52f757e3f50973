"""Which posts rest? They are settled as declared: only their own files, their row or their video changes that.

A resting post is unchanged in every plan, and decides nothing about another post, with these exceptions: it may have
the media, the video, the name or the attempt that another post claims; and it proves that its account has posted
before. Whoever leaves resting posts out of a plan must look for these (operations/resting.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contentsync.plan.action import AccountFacts
from contentsync.plan.moves import lost_its_media
from contentsync.plan.scene import unsettled
from contentsync.plan.settled import as_compared, settling
from contentsync.post import DesiredPost, Kind
from contentsync.post_state import PostState

_RECENT: Final = timedelta(days=2)  # caps and rules count the last day, and a clock may be a day behind


def rests(post: DesiredPost, row: PostState | None, facts: AccountFacts, now: datetime) -> bool:
    """Whether a post rests. post: as its manifest says. facts: of its account."""
    if row is None or row.removed_at is not None or row.account != post.account or unsettled(row) is not None:
        return False
    if row.post_id in facts.remote.gone or _is_recent(row, now - _RECENT):
        return False
    if post.post_id:
        return post.post_id in {row.bound_post_id, row.post_id} and facts.bindings.get(post.post_id) == row.uid
    if not post.media or (post.kind is Kind.PHOTOS and not post.lists_photos):
        return False  # what it has depends on more than the files that it names
    compared = as_compared(post, row)
    return _is_as_sent(compared, row) and not lost_its_media(compared, row)


def _is_recent(row: PostState, since: datetime) -> bool:
    times = [row.slot_at, *(at for a in row.attempts for at in (a.created_at, a.init_sent_at))]
    return any(at is not None and at > since for at in times)


def _is_as_sent(post: DesiredPost, row: PostState) -> bool:
    done = settling(row, post.generation)
    if done is None:
        return bool(row.bound_post_id) and post.generation <= row.generation
    return post.generation == done.generation and post.digest in {done.digest, row.acked_digest}
