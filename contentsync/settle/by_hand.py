"""What may a person say about one post? What became of it, that an edit is accepted, its name, its end.

Each of these changes what the state believes, and leaves who, when and why in the history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from contentsync import sync
from contentsync.errors import Problem, StoreError, UsageError
from contentsync.evidence import receipts
from contentsync.lifecycle import Event, Phase
from contentsync.manifest.fields import NAME_PATTERN
from contentsync.plan.moves import marks_of_row
from contentsync.post import Attempt, DesiredPost, PostState
from contentsync.project import Project
from contentsync.store.sqlite import inspection
from contentsync.store.sqlite.state import AttemptOpen, Superseded

STUCK: Final = timedelta(hours=1)  # TikTok's own bound for an upload or a download; Media Transfer Guide
POST_ID: Final = re.compile(r"[1-9][0-9]{0,31}")


class Verdict(StrEnum):
    """What a person says became of an unknown attempt."""

    PUBLISHED = "published"
    NOT_PUBLISHED = "not-published"
    KEEP = "keep"


_EVENTS: Final = {
    Verdict.PUBLISHED: Event.FOUND,
    Verdict.NOT_PUBLISHED: Event.RULED_OUT,
    Verdict.KEEP: Event.KEPT,
}


class NotSettled(UsageError):
    """What was asked does not fit what the state knows."""


def row_of(project: Project, name: str) -> PostState:
    """The row of a post by its key or its name. Raises UsageError."""
    rows = {row.key: row for row in all_rows(project)}
    if not any(name in {key, row.name} for key, row in rows.items()):
        declared = [post.key for post in project.load().posts]
        key = sync.one_key(list(dict.fromkeys([*rows, *declared])), name)
        hint = f"contentsync explain {key} shows what is known of it"
        raise NotSettled(Problem("not-in-state", f"{key} is declared, and was never attempted", hint))
    return rows[sync.one_key(list(rows), name)]


def all_rows(project: Project) -> Iterator[PostState]:
    """Every row of the state, by its account's present name; also of accounts that the project no longer has."""
    store, names = project.reading_store, _names(project)
    for open_id in inspection.identities(store.path) if store.path else names:
        for row in store.posts(open_id):
            yield replace(row, account=names.get(open_id, row.account))


def _names(project: Project) -> dict[str, str]:
    """The names of the project's accounts, by identity, as far as these are known."""
    accounts = project.settings.accounts.values()
    return {open_id: a.name for a in accounts if (open_id := sync.known_open_id(project, a))}


def resolve(project: Project, name: str, verdict: Verdict, post_id: str, why: str) -> PostState:
    """Settle an unknown attempt by a person's word. Raises UsageError where there is nothing to settle."""
    if post_id and not POST_ID.fullmatch(post_id):
        hint = "it is the number at the end of the video's address"
        raise NotSettled(Problem("post-id-malformed", f'"{post_id}" is no id of a TikTok post', hint))
    row = row_of(project, name)
    if post_id:
        _refuse_taken(project, row, post_id)
    attempt = _unsettled(project, row)
    now = project.clock.now()
    settled = attempt.after(_EVENTS[verdict], now, upload_url="", retry=verdict is Verdict.NOT_PUBLISHED)
    if post_id:
        settled = replace(settled, post_id=post_id)
    try:
        project.store.save(settled, f"resolved-{verdict}", binds=bool(post_id), why=why)
    except AttemptOpen:
        raise _taken(post_id, "another post") from None
    except Superseded:
        raise NotSettled(_moved_on(row)) from None
    return written(project, row.uid)


def _refuse_taken(project: Project, row: PostState, post_id: str) -> None:
    """A video is one post's, of one generation; what a manifest names is taken too."""
    if post_id in {row.bound_post_id, *(attempt.post_id for attempt in row.attempts)}:
        raise _taken(post_id, f"an earlier attempt of {row.key}")
    claimed = next((p.key for p in project.load().posts if p.post_id == post_id and p.key != row.key), None)
    if claimed:
        raise _taken(post_id, f"{claimed}, whose manifest names it")


def _taken(post_id: str, holder: str) -> NotSettled:
    what = f"video {post_id} belongs to {holder} already"
    return NotSettled(Problem("video-bound-twice", what, "see: contentsync state list"))


def _unsettled(project: Project, row: PostState) -> Attempt:
    """The attempt to settle: an unknown one, or one that TikTok processes for longer than it says it may."""
    last, now = row.last, project.clock.now()
    if last is not None and last.phase is Phase.UNKNOWN:
        return last
    if last is not None and last.phase is Phase.PROCESSING and now - last.created_at > STUCK:
        what = f"TikTok has been processing it since {last.created_at:%Y-%m-%d %H:%M} UTC"
        lost = last.after(Event.LOST_SIGHT, now, problem_code="stuck", problem_what=what)
        try:
            return project.store.save(lost, "stuck")
        except Superseded:
            raise NotSettled(_moved_on(row)) from None
    stands = f"it is {last.phase}" if last else "it was never attempted"
    hint = f"contentsync explain {row.key} shows where it stands"
    raise NotSettled(Problem("nothing-to-resolve", f"{row.key} has no unknown outcome: {stands}", hint))


def _moved_on(row: PostState) -> Problem:
    return Problem(
        "changed-meanwhile", f"{row.key} was changed meanwhile", f"look again: contentsync explain {row.key}"
    )


def ack(project: Project, name: str, why: str) -> PostState:
    """Accept the edit of a post that was sent, or left for good: what the manifest says now counts as what it is."""
    row = row_of(project, name)
    posts = {post.key: post for post in sync.load(project).posts}
    post, done = posts.get(row.key), _done(row)
    if post is None or done is None or row.removed_at:
        raise NotSettled(Problem("nothing-to-ack", f"{row.key} was not sent, or is not declared", ""))
    if post.digest in {done.digest, row.acked_digest}:
        raise NotSettled(Problem("nothing-to-ack", f"{row.key} has no edit that is not accepted", ""))
    project.store.acknowledge(row, post.digest, why, project.clock.now())
    if post.media and post.media_digest not in marks_of_row(row):
        project.store.see_edit(row, post.media_digest, project.clock.now())
    return written(project, row.uid)


def _done(row: PostState) -> Attempt | None:
    """The attempt that the row counts as done by."""
    return row.success or next((a for a in reversed(row.attempts) if a.phase is Phase.ABANDONED), None)


def remove(project: Project, name: str, why: str) -> PostState:
    """Forget a post, but for a tombstone: a returning manifest of that name is blocked until its generation rises."""
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
    hint = "contentsync apply goes on with it; then try again"
    if last is not None and last.phase in {Phase.UNKNOWN, Phase.PROCESSING}:
        hint = f"contentsync status {row.key} asks TikTok; a person settles it with: contentsync resolve {row.key}"
    stands = last.phase if last is not None else "open"
    return Problem("attempt-open", f"{row.key} has an attempt that is {stands}", hint)


def rename(project: Project, name: str, new: str, why: str) -> PostState:
    """Give a row another name, within its account, where a manifest was renamed and its media too."""
    row = row_of(project, name)
    account, _, new_name = new.rpartition("/")
    if account not in {"", row.account}:
        what = f"{row.key} can't move to {account}: a post belongs to the identity that posted it"
        raise NotSettled(Problem("other-account", what, "name only the post: contentsync state mv OLD NEW"))
    if not re.fullmatch(NAME_PATTERN, new_name):
        hint = "a name has up to 63 of a-z, 0-9, _, . and -, and begins with a letter or digit"
        raise NotSettled(Problem("name-malformed", f'"{new_name}" is no name of a post', hint))
    if row.removed_at:
        what = f"{row.key} was removed; what is left of it keeps its name from being posted again"
        raise NotSettled(Problem("removed-already", what, ""))
    _refuse_to_leave_a_manifest(project, row, f"{row.account}/{new_name}")
    if not project.store.move(row, DesiredPost(row.account, new_name), project.clock.now(), why=why):
        raise NotSettled(Problem("name-taken", f"{row.account}/{new_name} is in the state already", ""))
    moved = written(project, row.uid)
    receipts.remove(project.root / "receipts", row.key, row)
    return moved


def _refuse_to_leave_a_manifest(project: Project, row: PostState, new: str) -> None:
    """A manifest whose row goes would be posted again."""
    posts = {post.key: post for post in project.load().posts}
    old = posts.get(row.key)
    if old is None or (new in posts and old.media_digest not in {a.media_digest for a in row.attempts}):
        return
    what = f"{row.key} is declared in {old.where.file}, and without its row it would be posted again"
    raise NotSettled(Problem("still-declared", what, "rename its manifest first"))


def written(project: Project, uid: str) -> PostState:
    """The row as it stands now, its receipt renewed; one that can't be written stops nothing."""
    row = project.store.post(uid)
    assert row is not None
    try:
        project.write_receipt(row)
    except OSError as err:
        what = f"{row.key} is settled, but its receipt can't be written: {err.strerror or err}"
        raise StoreError(
            Problem("receipt-unwritable", what, "make receipts/ writable; the next plan writes it")
        ) from err
    return row
