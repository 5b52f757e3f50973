"""Which pictures does a page of the board ask for, and how is each made when a browser asks for it?

The page has addresses, and a browser asks only for the pictures that are in view. So a page of 3,000 posts opens at
once. An address names the digest of a file and a time in it, and only what a page has shown can be asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from contentsync.media.kept_pictures import KeptPictures
from contentsync.media.picture import NO_PROGRAM, Painter, painter
from contentsync.operations.pictures import ELSEWHERE, FETCHED, Pictures, Shot, is_here, one_picture, shots_of
from contentsync.operations.preview import is_file, kept_pictures
from contentsync.plan.action import Action
from contentsync.post import DesiredPost
from contentsync.project import Project

MOST: Final = 50_000  # addresses that are remembered; a page that is older must be opened again
Name = tuple[str, int]


class Gallery:
    """The pictures of the pages that were shown. Any thread may call this."""

    def __init__(self) -> None:
        self._shots: dict[Name, tuple[Shot, Path, KeptPictures]] = {}
        self._lock = threading.Lock()
        #: A decoder takes a whole core, and much memory.
        self._decoders = threading.BoundedSemaphore(os.cpu_count() or 1)

    def addresses(
        self, project: Project, actions: Sequence[Action], posts: Mapping[str, DesiredPost], base: str
    ) -> dict[str, Pictures]:
        """The addresses of the pictures of each post, below the board's base path."""
        kept, paints = kept_pictures(project), painter()
        found: dict[str, Pictures] = {}
        for shot in (shot for action in actions for shot in shots_of(action, posts)):
            name = (shot.item.sha256, round(shot.at * 1000))
            if why := _hindrance(project.root, shot, kept, paints):
                found.setdefault(shot.post, Pictures()).add("", why)
            else:
                self._remember(name, (shot, project.root, kept))
                found.setdefault(shot.post, Pictures()).add(f"{base}/picture/{name[0]}/{name[1]}", "")
        return found

    def picture(self, name: Name) -> bytes | None:
        """A picture as a JPEG, empty where the file can't be decoded; None for one that no page has shown."""
        with self._lock:
            known = self._shots.get(name)
        if known is None:
            return None
        shot, root, kept = known
        with self._decoders:
            return one_picture(root, shot, is_file, kept, painter())

    def _remember(self, name: Name, known: tuple[Shot, Path, KeptPictures]) -> None:
        with self._lock:
            self._shots.pop(name, None)
            self._shots[name] = known
            while len(self._shots) > MOST:
                del self._shots[next(iter(self._shots))]


def _hindrance(root: Path, shot: Shot, kept: KeptPictures, paints: Painter | None) -> str:
    """Why there is no picture; empty where there is one, or one can be made."""
    if shot.item.url or not shot.item.path:
        return FETCHED
    if not is_here(root, shot.item):
        return ELSEWHERE
    return "" if paints or kept.get(shot.item.sha256, shot.at) else NO_PROGRAM
