"""What did calendar files say last of each post, whichever machine wrote them? On the branch: one file a post.

A calendar program takes an entry for moved only if its SEQUENCE rises. A runner that starts empty must therefore know
the last one. So each machine reads what the others wrote, and the higher sequence wins. Nothing waits for this: where
the branch can't be written, the marks in the local copy go with a later push.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from contentsync.amounts import many
from contentsync.calendar_entry import MOST, Shown
from contentsync.errors import StoreError
from contentsync.store.git import documents
from contentsync.store.git.line import HEAD
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.calendar import SqliteCalendar
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.shared import SharedCopy
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.store.git.pushing import GitPushing

FOLDER: Final = "calendar/"
FORMAT: Final = "contentsync.shared-calendar/1"


class SharedCalendar(SqliteCalendar):
    """The calendar's memory of a shared state."""

    def __init__(self, database: Database, store: GitPushing) -> None:
        super().__init__(database)
        self._store = store
        self._copy = SharedCopy(database)

    def show(self, open_id: str, entries: Mapping[str, Shown], now: datetime) -> dict[str, Shown]:
        before = self._known(open_id)
        changed = [name for name, one in entries.items() if not _says_the_same(before.get(name), one)]
        self._mark(open_id, changed)
        return super().show(open_id, entries, now)

    def learn(self, open_id: str, entries: Mapping[str, Shown]) -> None:
        before = self._known(open_id)
        super().learn(open_id, entries)
        after = self._known(open_id)
        self._mark(open_id, [name for name in entries if after[name] != before.get(name)])

    def share(self, now: datetime) -> bool:
        count = len(self._unshared())
        if not count:
            return True
        if not self._copy.value(HEAD):  # showing a calendar does not begin a shared state
            return False
        with suppress(StoreError):
            self._store.share_marked(f"calendar: {many(count, 'post')}", now, at_once=True)
        return not self._unshared()

    def _unshared(self) -> list[str]:
        return [path for path in self._copy.marked() if path.startswith(FOLDER)]

    def mark_all(self) -> None:
        """Mark the files of all entries, because they come from another state."""
        with self._db.reading() as db:
            found = [(row["open_id"], row["name"]) for row in self._q.all_entries(db)]
        for open_id, name in found:
            self._mark(open_id, [name])

    def _mark(self, open_id: str, names: list[str]) -> None:
        for post in sorted({post_of(name) for name in names}):
            self._copy.mark(path_of(open_id, post), open_id, post)

    def text(self, open_id: str, post: str) -> bytes | None:
        """What the file of a post should hold; None where no calendar file had it."""
        found = {name: one for name, one in self._known(open_id).items() if post_of(name) == post}
        return text_of(open_id, found) if found else None

    def take_in(self, told: Mapping[str, bytes]) -> None:
        """Merge the files of the branch, by path."""
        for path, text in told.items():
            open_id, entries = entries_of(path, text)
            super().learn(open_id, entries)


def _says_the_same(known: Shown | None, one: Shown) -> bool:
    return known is not None and (known.starts_at, known.digest) == (one.starts_at, one.digest)


def post_of(name: str) -> str:
    """The post's name in the name of an entry, which has the generation too."""
    return name.partition("#")[0]


def path_of(open_id: str, post: str) -> str:
    """Where the file of a post's entries is."""
    return FOLDER + documents.path_of(open_id, post).removeprefix(documents.POSTS)


def text_of(open_id: str, entries: Mapping[str, Shown]) -> bytes:
    """The document of a post's entries: the same entries give the same bytes."""
    told = {"format": FORMAT, "open_id": open_id, "entries": {name: _told(entries[name]) for name in sorted(entries)}}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _told(one: Shown) -> dict[str, Any]:
    changed = rfc3339(one.changed_at or rows.EPOCH, "milliseconds")
    return {"starts_at": one.starts_at, "digest": one.digest, "sequence": one.sequence, "changed_at": changed}


def entries_of(path: str, text: bytes) -> tuple[str, dict[str, Shown]]:
    """The open_id and the entries of a document. Nothing of one that can't be read: no post depends on it."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            return "", {}
        open_id = str(told["open_id"])
        found = {str(name): _entry(one) for name, one in told["entries"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return "", {}
    return open_id, {name: one for name, one in found.items() if path_of(open_id, post_of(name)) == path}


def _entry(told: Mapping[str, Any]) -> Shown:
    changed = datetime.fromisoformat(told["changed_at"])
    if changed.tzinfo is None or not isinstance(told["sequence"], int) or not 0 <= told["sequence"] <= MOST:
        raise ValueError("a field is not of its kind")
    return Shown(str(told["starts_at"]), str(told["digest"]), told["sequence"], changed)
