"""Accept an edit of a post that was sent before. Nothing is sent to TikTok."""

from __future__ import annotations

from contentsync.errors import ManifestError, Problem
from contentsync.lifecycle import Phase
from contentsync.operations.selection import load_all
from contentsync.operations.state_rows import NotSettled, row_of, written
from contentsync.operations.under_lock import under_lock
from contentsync.plan.moves import marks_of_row
from contentsync.plan.settled import as_compared, split
from contentsync.post_state import Attempt, PostState
from contentsync.project import Project


@under_lock("contentsync ack")
def ack(project: Project, name: str, why: str) -> PostState:
    """Accept the edit of a post that was sent, or left for good: the present manifest counts as what was sent."""
    row = row_of(project, name)
    loaded = load_all(project)
    settled, faulty = split((one for one in loaded.faulty if one.key == row.key), {row.key: row})
    if faulty:
        raise ManifestError(*faulty[0].problems)
    posts = {post.key: post for post in loaded.posts} | settled
    post, done = posts.get(row.key), _done(row)
    if post is None or done is None or row.removed_at:
        raise NotSettled(Problem("nothing-to-ack", f"{row.key} was not sent, or is not declared", ""))
    post = as_compared(post, row)
    if post.digest in {done.digest, row.acked_digest}:
        raise NotSettled(Problem("nothing-to-ack", f"{row.key} has no edit that is not accepted", ""))
    project.store.acknowledge(row, post.digest, why, project.clock.now())
    if post.media and post.media_digest not in marks_of_row(row):
        project.store.see_edit(row, post.media_digest, project.clock.now())
    return written(project, row.uid)


def _done(row: PostState) -> Attempt | None:
    """The attempt that made the row count as done."""
    return row.success or next((a for a in reversed(row.attempts) if a.phase is Phase.ABANDONED), None)
