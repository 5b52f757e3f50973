"""How does a person settle what no program can decide? Unknown outcomes, edits, names, lost states, existing videos.

Each of these changes what the state believes, under the lock, and leaves who, when and why in the history. Nothing
here sends anything to TikTok.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from contentsync import receipts, sync
from contentsync.errors import ManifestError, Problem, UsageError
from contentsync.lifecycle import Event, Phase
from contentsync.post import Account, Attempt, DesiredPost, PostState, RemotePost
from contentsync.project import Project
from contentsync.store.state import AttemptOpen, Superseded

STUCK: Final = timedelta(hours=1)  # TikTok's own bound for an upload or a download; Media Transfer Guide


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
    rows = list(all_rows(project))
    key = sync.one_key([row.key for row in rows], name)
    return next(row for row in rows if row.key == key)


def all_rows(project: Project) -> Iterator[PostState]:
    """Every row of the project's accounts."""
    for account in project.settings.accounts.values():
        if open_id := sync.known_open_id(project, account):
            for row in project.store.posts(open_id):
                yield row if row.account == account.name else replace(row, account=account.name)


def resolve(project: Project, name: str, verdict: Verdict, post_id: str, why: str) -> PostState:
    """Settle an unknown attempt by a person's word. Raises UsageError where there is nothing to settle."""
    row = row_of(project, name)
    attempt = _unsettled(project, row)
    now = project.clock.now()
    settled = attempt.after(_EVENTS[verdict], now, upload_url="", retry=verdict is Verdict.NOT_PUBLISHED)
    if post_id:
        settled = replace(settled, post_id=post_id)
    try:
        project.store.save(settled, f"resolved-{verdict}", binds=bool(post_id), why=why)
    except AttemptOpen:
        what = f"video {post_id} belongs to another post already"
        raise NotSettled(Problem("video-bound-twice", what, "see: contentsync state list")) from None
    except Superseded:
        raise NotSettled(_moved_on(row)) from None
    return _written(project, row.uid)


def _unsettled(project: Project, row: PostState) -> Attempt:
    """The attempt to settle: an unknown one, or one that TikTok processes for longer than it says it may."""
    last, now = row.last, project.clock.now()
    if last is not None and last.phase is Phase.UNKNOWN:
        return last
    if last is not None and last.phase is Phase.PROCESSING and now - last.created_at > STUCK:
        what = f"TikTok has been processing it since {last.created_at:%Y-%m-%d %H:%M} UTC"
        lost = last.after(Event.LOST_SIGHT, now, problem_code="stuck", problem_what=what)
        return project.store.save(lost, "stuck")
    stands = f"it is {last.phase}" if last else "it was never attempted"
    hint = f"contentsync explain {row.key} shows where it stands"
    raise NotSettled(Problem("nothing-to-resolve", f"{row.key} has no unknown outcome: {stands}", hint))


def _moved_on(row: PostState) -> Problem:
    return Problem(
        "changed-meanwhile", f"{row.key} was changed meanwhile", f"look again: contentsync explain {row.key}"
    )


def ack(project: Project, name: str, why: str) -> PostState:
    """Accept the edit of a post that was sent: what the manifest says now counts as what was posted."""
    row = row_of(project, name)
    posts = {post.key: post for post in sync.load(project).posts}
    post = posts.get(row.key)
    if post is None or row.success is None:
        raise NotSettled(Problem("nothing-to-ack", f"{row.key} was not sent, or is not declared", ""))
    if row.success.digest == post.digest:
        raise NotSettled(Problem("nothing-to-ack", f"{row.key} is as it was sent", ""))
    project.store.acknowledge(row, post.digest, why, project.clock.now())
    return _written(project, row.uid)


def remove(project: Project, name: str, why: str) -> PostState:
    """Forget a post, but for a tombstone: a returning manifest of that name is blocked until its generation rises."""
    row = row_of(project, name)
    last = row.last
    if last is not None and (last.is_open or last.phase is Phase.UNKNOWN):
        hint = f"contentsync resolve {row.key}" if last.phase is Phase.UNKNOWN else "contentsync apply finishes it"
        raise NotSettled(Problem("attempt-open", f"{row.key} has an attempt that is {last.phase}", hint))
    project.store.remove(row, why, project.clock.now())
    return _written(project, row.uid)


def rename(project: Project, name: str, new: str, why: str) -> PostState:
    """Give a row another name, within its account, where a manifest was renamed and its media too."""
    row = row_of(project, name)
    account, _, new_name = new.rpartition("/")
    if account not in {"", row.account}:
        what = f"{row.key} can't move to {account}: a post belongs to the identity that posted it"
        raise NotSettled(Problem("other-account", what, "name only the post: contentsync state mv OLD NEW"))
    if not project.store.move(row, DesiredPost(row.account, new_name), project.clock.now(), why=why):
        raise NotSettled(Problem("name-taken", f"{row.account}/{new_name} is in the state already", ""))
    moved = _written(project, row.uid)
    receipts.remove(project.root / "receipts", row.key)
    return moved


def _written(project: Project, uid: str) -> PostState:
    row = project.store.post(uid)
    assert row is not None
    project.write_receipt(row)
    return row


# A state that was lost.


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild made: rows by phase, and the public videos that belong to no post."""

    account: str
    rows: tuple[PostState, ...]
    unbound: tuple[RemotePost, ...]


def rebuild(project: Project) -> list[Rebuilt]:
    """Make the rows that are missing from receipts; then TikTok is asked what became of those that are not final.

    What a receipt leaves open is unknown here: it may have gone further than its receipt tells.
    """
    made = []
    for account in project.settings.accounts.values():
        told = list(receipts.read(project.root / "receipts", account.name))
        if not told:
            continue
        creator = sync.ask(project, account, False, True, [])
        known = {row.name for row in project.store.posts(creator.open_id)}
        for receipt in told:
            if receipt.open_id in {"", creator.open_id} and receipt.name not in known:
                project.store.restore(_row_told(receipt, account.name, creator.open_id), project.clock.now())
        sync.ask(project, account, False, False, [])
        facts = sync.facts_of(project, account, creator)
        rows = tuple(row for row in facts.rows if row.name not in known)
        unbound = tuple(v for v in facts.remote.videos if v.post_id not in facts.bindings)
        made.append(Rebuilt(account.name, rows, unbound))
        project.note_lineage(creator.open_id)
    return made


def _row_told(receipt: receipts.Told, account: str, open_id: str) -> PostState:
    try:
        return receipt.as_row(account, open_id)
    except ValueError as err:
        what = f"receipts/{account}/{receipt.name}.json can't be used: {err}"
        raise ManifestError(Problem("receipt-unusable", what, "bring it back from git, or remove it")) from err


# Videos that are there already.


@dataclass(frozen=True, slots=True)
class Imported:
    """A video and the manifest that it got; path is None where none was written."""

    video: RemotePost
    name: str
    path: Path | None


def import_videos(project: Project, account: Account, folder: Path | None) -> list[Imported]:
    """Bind every public video of an account that belongs to no post: a manifest in `folder` and a row each.

    folder: None only tells which there are. Raises UsageError for a folder that no manifest is read from.
    """
    creator = sync.ask(project, account, False, True, [])
    facts = sync.facts_of(project, account, creator)
    taken = {row.name for row in facts.rows} | {post.name for post in project.load().posts}
    free = [video for video in reversed(facts.remote.videos) if video.post_id not in facts.bindings]
    done = []
    for video in free:
        name = _name_for(video, taken)
        taken.add(name)
        path = None if folder is None else _write_manifest(folder, account, name, video)
        if path is not None:
            post = DesiredPost(account.name, name, post_id=video.post_id)
            project.store.bind_post(post, creator.open_id, video.post_id, "import", project.clock.now())
            row = project.store.post_named(creator.open_id, name)
            assert row is not None
            _written(project, row.uid)
        done.append(Imported(video, name, path))
    if folder is not None and done:
        project.note_lineage(creator.open_id)
    return done


def _name_for(video: RemotePost, taken: set[str]) -> str:
    """A readable name that is free: the date and the first words, or the video's id."""
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in video.caption.lower()).split("-")
    slug = "-".join([f"{video.created_at:%Y-%m-%d}", *[word for word in words if word][:5]])[:50].rstrip("-")
    return slug if slug not in taken else f"{slug[:40]}-{video.post_id}"[:63]


def _write_manifest(folder: Path, account: Account, name: str, video: RemotePost) -> Path:
    path = folder / f"{name}.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    about = " ".join("".join(char if char.isprintable() else " " for char in video.caption).split())
    lines = [f"# {about}" if about else "", f"# {video.url}" if video.url else "", f"name: {name}"]
    lines += [f"account: {account.name}", f'post_id: "{video.post_id}"']
    with path.open("x", encoding="utf-8") as file:
        file.write("\n".join(line for line in lines if line) + "\n")
    return path
