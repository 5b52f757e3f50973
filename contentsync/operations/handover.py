"""Which drafts wait in an inbox, and what must their creators paste and choose? From manifests and state alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

from contentsync.errors import UsageError
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.operations.selection import load_all, rows_by_account
from contentsync.operations.sent_media import SentMedia
from contentsync.plan.handover import Handover, handover_of
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project, unknown


@frozen
class Waiting:
    """One draft, and what is left to do with it."""

    post: str
    #: None where its manifest is gone or has errors, so that nobody knows what it should say.
    handover: Handover | None
    #: FILE:LINE:COL of its manifest; empty without one.
    where: str
    #: When TikTok put it into the inbox; None while it is not there.
    delivered_at: datetime | None
    #: Whether the media in the manifest are others than those of the draft.
    is_changed: bool
    #: The creator's nickname and handle, as last known; empty if TikTok was never asked.
    creator: str
    #: The IANA name of the account's zone.
    timezone: str


def handovers(project: Project, names: Iterable[str] = ()) -> list[Waiting]:
    """The drafts that were delivered and not finished, the oldest first; or the posts that are named.

    names: keys, names, or globs of either. Raises UsageError for one that fits no post.
    """
    project.use_copy()
    posts = {post.key: post for post in load_all(project, sent_by=SentMedia(project)).posts}
    rows = {row.key: row for mine in rows_by_account(project).values() for row in mine}
    wanted = tuple(names)
    keys = _named(wanted, list({**posts, **rows})) if wanted else [key for key, row in rows.items() if _waits(row)]
    found = [_waiting(project, key, posts.get(key), rows.get(key)) for key in keys]
    return sorted(
        found, key=lambda one: (one.delivered_at is None, one.delivered_at or project.clock.now(), one.post)
    )


def _named(names: Iterable[str], keys: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        fit = [key for key in keys if fnmatchcase(key, name) or fnmatchcase(key.partition("/")[2], name)]
        if not fit:
            raise UsageError(unknown("post", name, keys))
        found |= dict.fromkeys(fit)
    return list(found)


def _waits(row: PostState) -> bool:
    return row.last is not None and row.last.phase is Phase.DELIVERED and row.removed_at is None


def _waiting(project: Project, key: str, post: DesiredPost | None, row: PostState | None) -> Waiting:
    account = project.settings.accounts.get(key.partition("/")[0])
    last = row.last if row and _waits(row) else None
    return Waiting(
        post=key,
        handover=handover_of(post) if post else None,
        where=str(post.where) if post else "",
        delivered_at=last.finished_at if last else None,
        is_changed=bool(last and post and last.media_digest != post.media_digest),
        creator=_creator(project, key.partition("/")[0]),
        timezone=account.timezone if account else "UTC",
    )


def _creator(project: Project, account: str) -> str:
    told = project.reading_store.creators().get(account)
    if told is None:
        return ""
    creator = told[1]
    handle = f" (@{creator.username})" if creator.username else ""
    return f"{creator.nickname}{handle}".strip()
