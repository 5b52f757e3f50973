"""Which pictures does a page of a plan get, and may their files be read?

A page stays small: each post gets its cover first, and then the photos of all get in while there is room. A file is
read only where it lies inside the project and is, byte for byte, the one that the plan names.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from contentsync.files import leads_out
from contentsync.frozen import frozen
from contentsync.media.kept_pictures import KeptPictures
from contentsync.media.picture import NO_PROGRAM, NOT_READ, Painter, painter
from contentsync.plan.action import Action
from contentsync.post import DesiredPost, Media

POSTS: Final = 100  # that get a picture; the others are told in words
PHOTOS: Final = 6  # of one post
ROOM: Final = 2_800_000  # characters of all pictures together
SECONDS: Final = 40.0  # for all of them; those that were made are kept, so the next page goes on from there
FETCHED: Final = "no preview: TikTok fetches it"
_NO_ROOM: Final = "no preview: the page has no more room"
_NO_TIME: Final = "no preview yet: the pictures took too long; make the page again for more of them"
ELSEWHERE: Final = "no preview: the file is not here, or not the one of the plan"


@dataclass
class Pictures:
    """The pictures of one post, as data: addresses; those that there are not are empty."""

    data: list[str] = field(default_factory=list)
    #: Why the first that is missing is missing; empty where none is.
    why: str = ""

    def add(self, data: str, why: str) -> None:
        self.data.append(data)
        self.why = self.why or why


@frozen
class Shot:
    """One picture to make."""

    post: str
    item: Media
    #: Seconds into a film.
    at: float


@dataclass
class _Easel:
    """What pictures are made with, and what is left of room and time."""

    root: Path
    is_file: Callable[[Path, Media], bool]
    paints: Painter | None
    kept: KeptPictures | None
    #: Characters.
    room: int
    until: float = field(default_factory=lambda: monotonic() + SECONDS)

    def fitting(self, data: str, why: str) -> tuple[str, str]:
        """The picture if the page has room for it, which it then uses up; else why there is none."""
        if len(data) > self.room:
            return "", _NO_ROOM
        self.room -= len(data)
        return data, why


def pictures(
    root: Path,
    actions: Iterable[Action],
    posts: Mapping[str, DesiredPost],
    is_file: Callable[[Path, Media], bool],
    *,
    kept: KeptPictures | None = None,
    find: Callable[[], Painter | None] = painter,
    room: int = ROOM,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Pictures]:
    """The pictures of the first posts of a plan, by their keys.

    is_file: whether a path holds the media's bytes. kept: those of earlier pages. find: what makes new ones.
    room: characters. on_progress: told what is done, how many of them, and of how many.
    """
    easel = _Easel(root, is_file, find(), kept, room)
    chosen = [action for action in actions if action.media][:POSTS]
    found: dict[str, Pictures] = {action.post: Pictures() for action in chosen}
    shots = [*_covers(chosen, posts), *_photos(chosen)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        made = pool.map(partial(_made, easel), shots)
        for number, (shot, (data, why)) in enumerate(zip(shots, made, strict=True), 1):
            found[shot.post].add(*easel.fitting(data, why))
            if on_progress:
                on_progress("Making pictures", number, len(shots))
    if kept:
        kept.prune()
    return found


def shots_of(action: Action, posts: Mapping[str, DesiredPost]) -> list[Shot]:
    """Every picture of one post: the cover of a video, or each photo."""
    if not action.media:
        return []
    return [*_covers([action], posts), *(Shot(action.post, item, 0.0) for item in action.media[1:])]


def is_here(root: Path, item: Media) -> bool:
    """Whether a file may be read: it lies inside the project, and has the size that the plan names."""
    path = root / item.path
    if item.url or not item.path or leads_out(root, path):
        return False
    try:
        return path.stat().st_size == item.size
    except OSError:
        return False


def one_picture(
    root: Path, shot: Shot, is_file: Callable[[Path, Media], bool], kept: KeptPictures, paints: Painter | None
) -> bytes:
    """One picture as a JPEG, which is kept for later pages; empty where none could be made."""
    if data := kept.get(shot.item.sha256, shot.at):
        return data
    path = root / shot.item.path
    if paints is None or leads_out(root, path) or not is_file(path, shot.item):
        return b""
    return _drawn(paints, kept, shot, path)


def _covers(actions: Sequence[Action], posts: Mapping[str, DesiredPost]) -> list[Shot]:
    return [Shot(a.post, a.media[0], 0.0 if _is_series(a) else _cover(a, posts) / 1000) for a in actions]


def _photos(actions: Sequence[Action]) -> list[Shot]:
    return [Shot(a.post, item, 0.0) for a in actions for item in a.media[1:PHOTOS]]


def _is_series(action: Action) -> bool:
    return len(action.media) > 1 or "title" in action.sends


def _cover(action: Action, posts: Mapping[str, DesiredPost]) -> int:
    post = posts.get(action.post)
    told = post.cover if post else action.sends.get("cover")
    return told if isinstance(told, int) and told > 0 else 0


def _made(easel: _Easel, shot: Shot) -> tuple[str, str]:
    """A picture as a data: URL, or why there is none."""
    item, path = shot.item, easel.root / shot.item.path
    if item.url or not item.path:
        return "", FETCHED
    if leads_out(easel.root, path) or not easel.is_file(path, item):
        return "", ELSEWHERE
    data = easel.kept.get(item.sha256, shot.at) if easel.kept else b""
    why = "" if data else _hindrance(easel)
    if not data and not why:
        assert easel.paints is not None
        data = _drawn(easel.paints, easel.kept, shot, path)
        why = "" if data else NOT_READ
    return (f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""), why


def _drawn(paints: Painter, kept: KeptPictures | None, shot: Shot, path: Path) -> bytes:
    """A new picture; empty where the file could not be decoded."""
    facts = shot.item.facts
    data = paints.draw(path, (facts.container if facts else None) or "", shot.at)
    if data and kept:
        kept.put(shot.item.sha256, shot.at, data)
    return data


def _hindrance(easel: _Easel) -> str:
    """Why no new picture is made now; empty where one is."""
    if easel.paints is None:
        return NO_PROGRAM
    if easel.room <= 0:
        return _NO_ROOM
    return _NO_TIME if monotonic() > easel.until else ""
