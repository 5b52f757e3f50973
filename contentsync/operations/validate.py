"""What is wrong with a project, offline? Every problem of every file, and what will surprise its author later."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from contentsync.errors import ContentsyncError, Level, Problem
from contentsync.evidence import receipts
from contentsync.manifest.load import load
from contentsync.manifest.loaded import Loaded
from contentsync.manifest.uncovered import uncovered
from contentsync.operations.rows import all_rows
from contentsync.places import data_folder
from contentsync.plan.policy import content_problems
from contentsync.plan.settled import split
from contentsync.post import DesiredPost, PostState
from contentsync.project import Project
from contentsync.root import user_says
from contentsync.store.machine_secret import machine_secret
from contentsync.store.sqlite.cache import FileCache


def validate(
    root: Path, environ: Mapping[str, str], paths: Sequence[Path] | None, now: datetime
) -> tuple[Loaded, list[Problem]]:
    """The project as written, with warnings, and what its policy says.

    paths: only these manifests and folders; None for all.
    """
    cache = FileCache(root / ".contentsync" / "cache.db", machine_secret(data_folder(environ)))
    user = user_says(root, environ)
    try:
        loaded = load(root, environ, paths, cache=cache, memory=cache, user=user)
    finally:
        cache.close()
    rows = _receipts(root) | _rows(root, environ)
    loaded = loaded.excusing(frozenset(split(loaded.faulty, rows)[0]))
    warnings = list(_past(loaded, rows, now))
    warnings += _policy(loaded, rows)
    if paths is None:
        warnings += uncovered(root, loaded.files)
    return loaded, warnings


def _receipts(root: Path) -> dict[str, PostState]:
    """The posts in the receipts, by key."""
    found: dict[str, PostState] = {}
    with contextlib.suppress(ContentsyncError, OSError):
        for folder in (root / "receipts").iterdir():
            told = (one for one in receipts.read(folder.parent, folder.name) if one.is_of_a_post)
            found |= {f"{folder.name}/{one.name}": one.as_row(folder.name, one.open_id) for one in told}
    return found


def _rows(root: Path, environ: Mapping[str, str]) -> dict[str, PostState]:
    """The posts in the state, by key; none if there is no state or it can't be read."""
    project = None
    if not (root / ".contentsync").is_dir():
        return {}
    try:
        project = Project.open(root, environ)
        return {row.key: row for row in all_rows(project)}
    except ContentsyncError:
        return {}
    finally:
        if project:
            project.close()


def _policy(loaded: Loaded, rows: Mapping[str, PostState]) -> Iterator[Problem]:
    """What breaks a rule about content, of the posts that were never attempted."""
    for post in loaded.posts:
        row = rows.get(post.key)
        if loaded.settings and not post.post_id and not (row and row.attempts):
            yield from content_problems(post, loaded.settings.policy)


def _past(loaded: Loaded, rows: Mapping[str, PostState], now: datetime) -> Iterator[Problem]:
    """A warning for each post whose time is past and that is neither in the state nor in a receipt."""
    for post in loaded.posts:
        row = rows.get(post.key)
        if post.publish_at is None or post.publish_at > now or post.post_id or (row and row.attempts):
            continue
        yield past_problem(post, post.publish_at, now)


def past_problem(post: DesiredPost, publish_at: datetime, now: datetime) -> Problem:
    ends = post.expires_at or publish_at + post.grace
    when = f"{publish_at:%Y-%m-%d %H:%M} UTC"
    if ends <= now:
        what = f"publish_at {when} is past, and so is the end of its window: the post is never sent"
    else:
        what = f"publish_at {when} is past: apply sends the post at once"
    where = post.place_of("publish_at")
    return Problem("publish-at-past", what, "write a later publish_at, or delete it", where, Level.WARNING)
