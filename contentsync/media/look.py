"""What was found in a media file, and where is that cached? Values, and the cache in front of a reader.

Whether TikTok takes the file is for the manifest's rules to say.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from contentsync.clock import Clock, SystemClock
from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.post import MediaFacts

#: The digest and the size of a file that was sent.
Sent = tuple[str, int]
LOOK_VERSION: Final = 2  # raised when a look of today would differ from one that was kept
_RACY: Final = timedelta(seconds=2)  # coarser than the clock of any file system in use


class StatKey(NamedTuple):
    """The stat values by which an unchanged file is recognised."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> StatKey:
        """The key of a stat."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@frozen
class MediaLook:
    """What was seen in one file."""

    size: int = 0
    #: Hex of the whole file; empty where it could not be read.
    sha256: str = ""
    #: None where no probe was possible.
    facts: MediaFacts | None = None
    #: Without a place; those that are errors forbid posting it.
    problems: tuple[Problem, ...] = ()
    #: False where only its digest is known, because a settled post was sent with exactly these bytes.
    is_probed: bool = True

    def of_sent(self, sent: Sent | None) -> MediaLook | None:
        """This look at a file that was sent, which is not judged again; None where it must be looked into.

        A pointer to the file is none: other rules are about it.
        """
        if sent != (self.sha256, self.size) or any(problem.code == "media-lfs-pointer" for problem in self.problems):
            return None
        return MediaLook(self.size, self.sha256, is_probed=False) if self.problems else self

    @property
    def is_checked(self) -> bool:
        """Whether all was seen that can be; only then is a look worth keeping."""
        return bool(self.sha256) and all(problem.code != "media-not-checked" for problem in self.problems)


class MediaReader(Protocol):
    """Reads facts from a file. A seam: tests and caches replace the disk."""

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        """What is in the file; never raises for what may be wrong with it.

        sent: what a settled post was sent with. A file with these bytes need not be looked into.
        """
        ...


class MediaCache(Protocol):
    """Keeps looks by the file's path and stat; after a miss the file is read again."""

    def get(self, path: Path, key: StatKey) -> MediaLook | None:
        """The look that was kept for exactly this key."""
        ...

    def put(self, path: Path, key: StatKey, look: MediaLook) -> None:
        """Keep a look."""
        ...


class CachedReader:
    """A reader that asks a cache first.

    A file that was written less than two seconds ago is never kept: it may change again within one tick of the file
    system's clock, and its stat would not tell.
    """

    def __init__(self, reader: MediaReader, cache: MediaCache, clock: Clock | None = None) -> None:
        self._reader = reader
        self._cache = cache
        self._clock = clock or SystemClock()

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        """The kept look at an untouched file, else a fresh one."""
        before = _stat_key(path)
        kept = self._cache.get(path, before) if before else None
        if kept and (kept.is_probed or kept.of_sent(sent)):
            return kept.of_sent(sent) or kept
        look = self._reader.read(path, sent)
        if before and look.is_checked and before == _stat_key(path) and not self._is_racy(before):
            self._cache.put(path, before, look)
        return look

    def _is_racy(self, key: StatKey) -> bool:
        touched = datetime.fromtimestamp(max(key.mtime_ns, key.ctime_ns) // 1_000_000_000, UTC)
        return touched + _RACY >= self._clock.now()


def _stat_key(path: Path) -> StatKey | None:
    try:
        return StatKey.of(path.stat())
    except (OSError, ValueError):
        return None


def look_as_json(look: MediaLook) -> str:
    """A look as text, for a cache that keeps text."""
    return json.dumps({"version": LOOK_VERSION} | asdict(look), separators=(",", ":"))


def look_of_json(text: str) -> MediaLook | None:
    """A look back from text; None where it is none, or one of another version."""
    try:
        data = json.loads(text)
        if data.pop("version") != LOOK_VERSION:
            return None
        facts = data["facts"] and MediaFacts(**data["facts"])
        problems = tuple(Problem(**{**item, "level": Level(item["level"])}) for item in data["problems"])
        return MediaLook(data["size"], data["sha256"], facts, problems, data.get("is_probed", True))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
