"""Add existing videos to the project: a manifest that names each video, and a row."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from contentsync.errors import ManifestError, Problem
from contentsync.files import write_new
from contentsync.frozen import frozen
from contentsync.manifest.files import would_find
from contentsync.operations.rebuild import unbound
from contentsync.operations.settled import load_sound
from contentsync.operations.state_rows import NotSettled, written
from contentsync.operations.under_lock import under_lock
from contentsync.plan.caps import MAY_SHOW
from contentsync.plan.match import Lookalikes, may_fit
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote_post import RemotePost
from contentsync.settings import Account


@frozen
class Imported:
    """A video and its import. path: the manifest; None if none was written. belongs: why it was skipped."""

    video: RemotePost
    name: str = ""
    path: Path | None = None
    belongs: str = ""


@under_lock("contentsync import")
def import_videos(project: Project, account: Account, folder: Path | None) -> list[Imported]:
    """Record every public video of an account that belongs to no post, so that it no longer blocks a create.

    folder: where each gets a manifest, and a row; None for neither. What may be a declared post's own is left alone,
    and that post stays blocked. A manifest that names its video already only gets its row. Raises UsageError for a
    folder that no manifest is read from, ManifestError for a project that is not sound, SignInNeeded or Unlisted
    where TikTok does not give the list.
    """
    within = _within(project, folder) if folder else ""
    declared = [p for p in (load_sound(project) if folder else project.load()).posts if p.account == account.name]
    at_work = project.at_work(account.name)
    creator = at_work.ask_with_list()
    facts = at_work.facts(creator)
    owners = _Owners(facts.rows, declared, unbound(facts))
    taken = {row.name for row in facts.rows} | {post.name for post in declared}
    done: list[Imported] = []
    left_out: set[str] = set()
    for video in reversed(unbound(facts)):
        post = owners.named(video)
        if post is None and (belongs := owners.of(video)):
            done.append(Imported(video, belongs=belongs))
            left_out |= owners.marks_of(video)
            continue
        name = post.name if post else _free_name(video, taken, folder)
        taken.add(name)
        path = _write_manifest(folder, account, name, video) if folder and post is None else None
        if folder:
            _bind(project, DesiredPost(account.name, name, post_id=video.post_id), creator.open_id, within)
        done.append(Imported(video, name, path or (project.root / post.where.file if post else None)))
    at_work.note_lineage()
    project.store.become_acquainted(creator.open_id, project.clock.now())
    project.store.leave_out(creator.open_id, left_out, project.clock.now())
    return done


class _Owners:
    """Which post may an unbound video be? One whose attempt has no id yet, or one that was never attempted."""

    def __init__(
        self, rows: Collection[PostState], declared: Collection[DesiredPost], free: list[RemotePost]
    ) -> None:
        self._by_id = {post.post_id: post for post in declared if post.post_id}
        self._waiting = [
            (row, a)
            for row in rows
            for a in row.attempts
            if not a.post_id and a.phase in MAY_SHOW and not row.removed_at
        ]
        known = {row.name for row in rows}
        new = [post for post in declared if post.name not in known and not post.post_id]
        alike = Lookalikes(free)
        self._alike = {post_id: post for post in new for post_id in alike.of(post, any_length=True)}

    def named(self, video: RemotePost) -> DesiredPost | None:
        """The post whose manifest names it."""
        return self._by_id.get(video.post_id)

    def marks_of(self, video: RemotePost) -> set[str]:
        """The name and media of the new post that it may be; empty where there is none."""
        post = self._alike.get(video.post_id)
        return {post.name, post.media_digest} - {""} if post else set()

    def of(self, video: RemotePost) -> str:
        """Why it is not imported; empty where nothing speaks for an owner."""
        for row, attempt in self._waiting:
            if may_fit(attempt, video):
                return f"may be {row.key}, which is {attempt.phase} without an id: contentsync explain {row.key}"
        post = self._alike.get(video.post_id)
        if post is None:
            return ""
        where = post.where.file
        return f'has the caption of {post.key}: if it is this post, write post_id: "{video.post_id}" into {where}'


def _within(project: Project, folder: Path) -> str:
    """The folder as seen from the root. Raises NotSettled where no manifest in it would be read."""
    root, globs = project.root.resolve(), project.settings.manifests
    where = Path(os.path.normpath(folder.resolve()))
    name = where.relative_to(root).as_posix() if where.is_relative_to(root) else ""
    if not name or not would_find(globs, f"{name}/name.yaml"):
        what = f"no manifest is read from {folder}: `manifests` has {', '.join(globs)}"
        raise NotSettled(Problem("folder-not-read", what, "name a folder that it covers, such as posts/imported"))
    return name


def _bind(project: Project, post: DesiredPost, open_id: str, within: str) -> None:
    assert post.post_id is not None
    project.store.bind_post(post, open_id, post.post_id, f"import to {within}", project.clock.now())
    row = project.store.post_named(open_id, post.name)
    assert row is not None
    written(project, row.uid)


def _free_name(video: RemotePost, taken: Collection[str], folder: Path | None) -> str:
    """A readable name that no post and no file has: the date and the first words, with the video's id if need be."""
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in video.caption.lower()).split("-")
    slug = "-".join([f"{video.created_at:%Y-%m-%d}", *[word for word in words if word][:5]])[:50].rstrip("-")
    if slug not in taken and not (folder and (folder / f"{slug}.yaml").exists()):
        return slug
    return f"{slug[:40].rstrip('-')}-{video.post_id[-22:]}"


def _write_manifest(folder: Path, account: Account, name: str, video: RemotePost) -> Path:
    """A manifest that is there whole or not at all, and overwrites nothing. Raises ManifestError."""
    path = folder / f"{name}.yaml"
    about = " ".join("".join(char if char.isprintable() else " " for char in video.caption).split())
    lines = [f"# {about}" if about else "", f"# {video.url}" if video.url.isprintable() and video.url else ""]
    lines += [f"name: {name}", f"account: {account.name}", f'post_id: "{video.post_id}"']
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_new(path, ("\n".join(line for line in lines if line) + "\n").encode())
    except OSError as err:
        what = f"{path} can't be written: {err.strerror or err}"
        raise ManifestError(Problem("manifest-unwritable", what, "fix that, then run it again: it goes on")) from err
    return path
