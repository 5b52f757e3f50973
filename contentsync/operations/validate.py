"""What is wrong with a project, offline? Every problem of every file, and what will surprise its author later."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from contentsync.errors import ContentsyncError, Level, Problem
from contentsync.evidence import receipts
from contentsync.manifest.load import load
from contentsync.manifest.loaded import Loaded
from contentsync.manifest.uncovered import uncovered
from contentsync.operations.state_rows import all_rows
from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.caps import DAY
from contentsync.plan.planner import make_plan
from contentsync.plan.policy import content_problems
from contentsync.plan.settled import split
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.root import user_says
from contentsync.settings import Account, Settings
from contentsync.standard_paths import data_folder
from contentsync.store.machine_secret import machine_secret
from contentsync.store.sqlite.cache import FileCache
from contentsync.times import in_words


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
    warnings = [*_past(loaded, rows, now), *_ahead(loaded, rows, now), *_policy(loaded, rows)]
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
        yield past_problem(post, post.publish_at, now, _zone(loaded, post.account))


def _zone(loaded: Loaded, account: str) -> str:
    settings = loaded.settings or Settings()
    return settings.accounts[account].timezone if account in settings.accounts else settings.timezone


def _ahead(loaded: Loaded, rows: Mapping[str, PostState], now: datetime) -> Iterator[Problem]:
    """What will block waiting posts, by the manifests and the state: guards, caps, short windows."""
    settings = loaded.settings
    if settings is None:
        return
    facts = {name: _facts(account, rows.values()) for name, account in settings.accounts.items()}
    recent = tuple(attempt for row in rows.values() for attempt in row.attempts if attempt.created_at > now - DAY)
    world = World(now, facts, app=settings.app, attempts=recent, refreshed=False, run_every=settings.run_every)
    for action in make_plan(loaded.posts, world).actions:
        if action.kind is Kind.WAIT:
            yield from (problem for problem in action.problems if problem.level is Level.WARNING)


def _facts(account: Account, rows: Iterable[PostState]) -> AccountFacts:
    mine = tuple(row for row in rows if row.account == account.name)
    return AccountFacts(account, open_id=mine[0].open_id if mine else None, rows=mine)


def past_problem(post: DesiredPost, publish_at: datetime, now: datetime, zone: str) -> Problem:
    ends = post.expires_at or publish_at + post.grace
    when = in_words(publish_at, zone, now)
    if ends <= now:
        what = f"publish_at {when} is past, and so is the end of its window: the post is never sent"
    else:
        what = f"publish_at {when} is past: apply sends the post at once"
    where = post.place_of("publish_at")
    return Problem("publish-at-past", what, "write a later publish_at, or delete it", where, Level.WARNING)
