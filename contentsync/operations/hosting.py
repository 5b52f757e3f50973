"""Which uploaded photos are needed, and which may be deleted? Deletes only what contentsync uploaded."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from contentsync.frozen import frozen
from contentsync.hosting.bucket import Bucket, HostingError
from contentsync.lifecycle import OPEN, Phase
from contentsync.media_urls import object_name
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.operations.settled import load_sound
from contentsync.operations.state_rows import shared_rows
from contentsync.operations.under_lock import under_lock
from contentsync.plan.action import Kind
from contentsync.post import DesiredPost, Media
from contentsync.post_state import Attempt
from contentsync.project import Project
from contentsync.store.port.values import HostedObject

_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")
SETTLED: Final = frozenset({Kind.FROZEN, Kind.DRIFT, Kind.FORGET})


@frozen
class Belonging:
    """A local photo and its address for TikTok. posts: keys of the posts that use it."""

    media: Media
    name: str
    url: str
    posts: tuple[str, ...]


def belonging(project: Project) -> list[Belonging]:
    """The local photos of all declared posts, each once, in the order of the manifests. Raises ManifestError."""
    found: dict[str, Belonging] = {}
    hosting = project.hosting
    for post in load_sound(project).posts:
        for item in _local(post):
            name = object_name(item)
            before = found.get(name)
            posts = (*before.posts, post.key) if before else (post.key,)
            found[name] = Belonging(before.media if before else item, name, hosting.url_of(item), _once(posts))
    return list(found.values())


def _local(post: DesiredPost) -> list[Media]:
    return [item for item in post.media if item.path] if post.pulls else []


def _once(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))


@frozen
class Pruned:
    """What a pruning did, or would do. kept: objects that a post still needs. failed: objects that stayed."""

    gone: tuple[HostedObject, ...]
    kept: tuple[HostedObject, ...]
    failed: tuple[tuple[HostedObject, HostingError], ...] = ()
    #: Objects at a place, or of a name, that is not this project's: a state that came from elsewhere may name any.
    foreign: tuple[HostedObject, ...] = ()


@under_lock("contentsync hosting prune")
def prune(project: Project, *, dry_run: bool) -> Pruned:
    """Delete what contentsync uploaded and no post needs any more.

    Raises ManifestError for an invalid project, because its needed photos are not known then.
    """
    needed = _needed(project)
    objects = project.reading_store.hosted.all()
    kept = tuple(found for found in objects if found.sha256 in needed)
    unneeded = [found for found in objects if found.sha256 not in needed]
    foreign = tuple(found for found in unneeded if not _is_ours(project, found))
    free = [found for found in unneeded if found not in foreign]
    if dry_run:
        return Pruned(tuple(free), kept, foreign=foreign)
    open_at = _opener(project)
    gone, failed = [], []
    for found in free:
        try:
            open_at(found.place).delete(found.name)
        except HostingError as err:
            failed.append((found, err))
            continue
        project.store.hosted.drop(found.place, found.name)
        gone.append(found)
    _record(project, gone)
    return Pruned(tuple(gone), kept, tuple(failed), foreign)


def _is_ours(project: Project, found: HostedObject) -> bool:
    """Whether a row names an upload in the project's present place for photos; nothing else is deleted."""
    return found.place == project.settings.hosting_upload and _NAME.fullmatch(found.name) is not None


def _opener(project: Project) -> Callable[[str], Bucket]:
    opened: dict[str, Bucket] = {}

    def open_at(place: str) -> Bucket:
        if place not in opened:
            opened[place] = project.open_bucket(place)
        return opened[place]

    return open_at


def _record(project: Project, gone: list[HostedObject]) -> None:
    for place, count in Counter(found.place for found in gone).items():
        names = [found.name for found in gone if found.place == place]
        project.store.record("hosting-pruned", project.clock.now(), place=place, objects=count, names=names)


def _needed(project: Project) -> set[str]:
    """The digests of all files that an attempt under way, an unknown one, or a post yet to be sent needs."""
    rows = list(shared_rows(project))
    attempts = [attempt for row in rows for attempt in row.attempts]
    needed = {sha for a in attempts if a.phase in OPEN or a.phase is Phase.UNKNOWN for sha in _files_of(a)}
    made = make_plan(project, Wish(refresh=False))
    listed = {action.post for action in made.plan.actions if action.kind not in SETTLED}
    return needed | {item.sha256 for key in listed if key in made.posts for item in _local(made.posts[key])}


def _files_of(attempt: Attempt) -> list[str]:
    """The digests and URLs of what an attempt was about."""
    told = json.loads(attempt.sent)
    return [str(one) for one in told.get("media", ())]
