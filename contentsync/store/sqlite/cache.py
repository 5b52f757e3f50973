"""Which data may be deleted at any time? Results of reading media and manifests, in a file beside the state.

Nothing here decides whether an entry is still right. Media are looked up by the stat of their file, and manifests
carry a proof that the reader checks.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from contentsync.media.look import MediaLook, StatKey, look_as_json, look_of_json
from contentsync.store.sqlite.database import make_folder

_LOOKS: Final = """
CREATE TABLE IF NOT EXISTS looks (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, look TEXT
)
"""
_MANIFESTS: Final = "CREATE TABLE IF NOT EXISTS manifests (name TEXT PRIMARY KEY, proof BLOB, text TEXT)"
_KEPT: Final = "SELECT path, size, mtime_ns, ctime_ns, inode, look FROM looks"
_ONE_BY_ONE: Final = 50  # names up to which reading single rows costs less than reading all


class FileCache:
    """Keeps looks at media in SQLite. Where its file can't be used it keeps nothing, and says nothing: all that is
    lost is time."""

    def __init__(self, path: Path, secret: bytes) -> None:
        """secret: what proves that a text was kept by this user on this machine."""
        self.secret = secret
        self._lock = threading.Lock()
        self._put: dict[str, tuple[tuple[int, ...], str]] = {}
        self._asked = 0
        self._db = self._open(path)

    def get(self, path: Path, key: StatKey) -> MediaLook | None:
        """The look that was kept for exactly this key."""
        kept = self._look_of(str(path))
        return look_of_json(kept[1]) if kept and kept[0] == tuple(key) else None

    def put(self, path: Path, key: StatKey, look: MediaLook) -> None:
        """Keep a look."""
        self._put[str(path)] = (tuple(key), text := look_as_json(look))
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                self._db.execute("REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?)", (str(path), *key, text))

    def recall(self, names: Sequence[str]) -> Mapping[str, tuple[bytes, str]]:
        """The proofs and texts that were kept of these manifests, and maybe of others."""
        if self._db is None:
            return {}
        found: list[tuple[str, bytes, str]] = []
        try:
            if len(names) > _ONE_BY_ONE:
                found = self._db.execute("SELECT name, proof, text FROM manifests").fetchall()
            for name in names if len(names) <= _ONE_BY_ONE else ():
                found += self._db.execute("SELECT name, proof, text FROM manifests WHERE name = ?", (name,))
        except (sqlite3.Error, UnicodeError):
            return {}
        return {name: (proof, text) for name, proof, text in found if isinstance(text, str)}

    def keep(self, name: str, proof: bytes, text: str) -> None:
        """Keep the text of a manifest."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                self._db.execute("REPLACE INTO manifests VALUES (?, ?, ?)", (name, proof, text))

    def close(self) -> None:
        """Put on disk what was kept."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                self._db.commit()
                self._db.close()
                self._db = None

    def _open(self, path: Path) -> sqlite3.Connection | None:
        try:
            make_folder(path.parent)
            db = sqlite3.connect(path, timeout=1.0, check_same_thread=False)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")
            db.execute(_LOOKS)
            db.execute(_MANIFESTS)
        except (sqlite3.Error, OSError):
            return None
        return db

    def _look_of(self, path: str) -> tuple[tuple[int, ...], str] | None:
        """What was kept of one file; whoever asks for many gets all of them at once."""
        if path in self._put:
            return self._put[path]
        self._asked += 1
        if self._asked > _ONE_BY_ONE:
            return self._kept.get(path)
        found = self._rows(f"{_KEPT} WHERE path = ?", path)
        return (tuple(found[0][1:5]), found[0][5]) if found else None

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        if self._db is None:
            return []
        try:
            with self._lock:
                return self._db.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeError):
            return []

    @cached_property
    def _kept(self) -> dict[str, tuple[tuple[int, ...], str]]:
        return {row[0]: (tuple(row[1:5]), row[5]) for row in self._rows(_KEPT)}
