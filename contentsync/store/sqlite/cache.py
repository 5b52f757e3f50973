"""What may be forgotten at any time: looks at media, by their stat. A file beside the state, never part of it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Final

from contentsync.media.look import MediaLook, StatKey, look_as_json, look_of_json
from contentsync.store.sqlite.database import make_folder

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS looks (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, look TEXT
)
"""


class FileCache:
    """Keeps looks at media in SQLite. Where its file can't be used it keeps nothing, and says nothing: all that is
    lost is time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = self._open(path)
        self._kept = self._all()

    def get(self, path: Path, key: StatKey) -> MediaLook | None:
        """The look that was kept for exactly this key."""
        kept = self._kept.get(str(path))
        return look_of_json(kept[1]) if kept and kept[0] == tuple(key) else None

    def put(self, path: Path, key: StatKey, look: MediaLook) -> None:
        """Keep a look."""
        self._kept[str(path)] = (tuple(key), text := look_as_json(look))
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                self._db.execute("REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?)", (str(path), *key, text))

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
            db.execute(_SCHEMA)
        except (sqlite3.Error, OSError):
            return None
        return db

    def _all(self) -> dict[str, tuple[tuple[int, ...], str]]:
        if self._db is None:
            return {}
        try:
            rows = self._db.execute("SELECT path, size, mtime_ns, ctime_ns, inode, look FROM looks").fetchall()
        except sqlite3.Error:
            return {}
        return {row[0]: (tuple(row[1:5]), row[5]) for row in rows}
