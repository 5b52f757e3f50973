"""A life on two machines: clones of one repository that share their state on its branch, and work on it in turn."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from contentsync.store.sqlite.state import SqliteStore
from tests.cli.shared_state import SHARED as PROJECT
from tests.cli.support import Studio
from tests.crash.faults import Fault
from tests.crash.life import Life
from tests.store.git.remotes import git


class SharedLife(Life):
    """Run after run on the one machine and then on the other; a fault strikes whichever is at work."""

    def _declare(self, films: dict[int, Path]) -> None:
        super()._declare(films)
        root = self.studio.root
        self.studio.write("contentsync.yaml", PROJECT)
        git(self.folder, "init", "-q", "--bare", "-b", "main", "remote.git")
        git(root, "init", "-q", "-b", "main")
        git(root, "remote", "add", "origin", str(self.folder / "remote.git"))
        shutil.copytree(root, self.folder / "other")
        other = Studio.__new__(Studio)
        other.root, other.environment = self.folder / "other", {}
        self._machines = [(other, self.folder / "data of other"), (self.studio, self.data)]

    def _apply(self, faults: list[Fault]) -> int:
        self._machines.reverse()
        self.studio, self.data = self._machines[0]
        return super()._apply(faults)

    @contextlib.contextmanager
    def _store(self) -> Iterator[SqliteStore]:
        store = SqliteStore.open(self._path)
        try:
            yield store
        finally:
            store.close()

    @property
    def _path(self) -> Path:
        return self.studio.root / ".contentsync" / "shared.db"

    def _check_state(self) -> None:
        """The copies of both machines: what they took in from each other is no history of their own."""
        for _ in self._machines:
            self._apply([])  # a copy knows what the other machine did once it has read the branch
            with contextlib.closing(sqlite3.connect(self._path)) as db:
                if (said := db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                    self._breaks(f"the state's file is damaged: {said}")
            for post in self.posts:
                self._check_post(post)

    def _check_receipts(self) -> None:
        """Nothing: a shared state writes none unless they are asked for."""
