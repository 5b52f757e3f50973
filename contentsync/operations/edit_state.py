"""Rename or remove the row of a post by hand. Nothing is sent to TikTok."""

from __future__ import annotations

import re

from contentsync.errors import Problem
from contentsync.lifecycle import Phase
from contentsync.manifest.fields import NAME_PATTERN
from contentsync.operations.state_rows import NotSettled, row_of, written
from contentsync.operations.under_lock import under_lock
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.store.port.conflicts import AttemptOpen


@under_lock("contentsync state rm")
def remove_row(project: Project, name: str, why: str) -> PostState:
    """Reduce a post to a tombstone: a manifest that returns under this name is blocked until its generation rises."""
    row = row_of(project, name)
    if row.removed_at:
        raise NotSettled(Problem("removed-already", f"{row.key} was removed on {row.removed_at:%Y-%m-%d}", ""))
    try:
        project.store.remove(row, why, project.clock.now())
    except AttemptOpen:
        raise NotSettled(_still_open(row)) from None
    return written(project, row.uid)


def _still_open(row: PostState) -> Problem:
    last = row.last
    hint = "run contentsync apply, which goes on with it; then try again"
    if last is not None and last.phase in {Phase.UNKNOWN, Phase.PROCESSING}:
        hint = f"contentsync status {row.key} asks TikTok; a person settles it with: contentsync resolve {row.key}"
    stands = last.phase if last is not None else "open"
    return Problem("attempt-open", f"{row.key} has an attempt that is {stands}", hint)


@under_lock("contentsync state unpin")
def unpin_row(project: Project, name: str) -> PostState:
    """Take the slot of a post back. Returns the row as it was; the next apply gives the post the next free slot."""
    row = row_of(project, name)
    if row.slot_at is None:
        raise NotSettled(Problem("not-pinned", f"{row.key} has no slot", ""))
    project.store.give_slots(row.open_id, [row], [], "", project.clock.now())
    return row


@under_lock("contentsync state mv")
def rename_row(project: Project, name: str, new: str, why: str) -> PostState:
    """Give a row another name, within its account, after its manifest was renamed and its media changed."""
    row = row_of(project, name)
    account, _, new_name = new.rpartition("/")
    if account not in {"", row.account}:
        what = f"{row.key} can't move to {account}: a post belongs to the identity that posted it"
        raise NotSettled(Problem("other-account", what, "name only the post: contentsync state mv OLD NEW"))
    if not re.fullmatch(NAME_PATTERN, new_name):
        hint = "a name has up to 63 of a-z, 0-9, _, . and -, and begins with a letter or digit"
        raise NotSettled(Problem("name-malformed", f'"{new_name}" is not a valid name of a post', hint))
    if row.removed_at:
        what = f"{row.key} was removed; what is left of it keeps its name from being posted again"
        raise NotSettled(Problem("removed-already", what, ""))
    _refuse_to_leave_a_manifest(project, row, f"{row.account}/{new_name}")
    if not project.store.move(row, DesiredPost(row.account, new_name), project.clock.now(), why=why):
        raise NotSettled(Problem("name-taken", f"{row.account}/{new_name} is in the state already", ""))
    moved = written(project, row.uid)
    project.receipts.remove(row.key, row)
    return moved


def _refuse_to_leave_a_manifest(project: Project, row: PostState, new: str) -> None:
    """Refuse if a manifest would lose its row, because the post would be sent again."""
    loaded = project.load()
    posts = {post.key: post for post in loaded.posts}
    old = posts.get(row.key)
    where = next((one.where.file for one in loaded.faulty if one.key == row.key), "") or "".join(loaded.unread[:1])
    if old is None and where:
        what = f"{where} has errors, and may declare {row.key}: without its row it would be posted again"
        raise NotSettled(Problem("still-declared", what, "fix the file first"))
    if old is None or (new in posts and old.media_digest not in {a.media_digest for a in row.attempts}):
        return
    what = f"{row.key} is declared in {old.where.file}, and without its row it would be posted again"
    raise NotSettled(Problem("still-declared", what, "rename its manifest first"))
