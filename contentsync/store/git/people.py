"""What did people decide in a shared state: which identity an account has, and what is paused?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING

from contentsync.pause import Pause
from contentsync.store.git import documents
from contentsync.store.sqlite.accounts import SqliteAccounts
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.pauses import SqlitePauses

if TYPE_CHECKING:
    from contentsync.store.git.pushing import GitPushing


class SharedAccounts(SqliteAccounts):
    """The identities of a shared state: rows that follow a new open_id are other files on the branch."""

    def __init__(self, database: Database, history: Callable[..., None], store: GitPushing) -> None:
        super().__init__(database, history)
        self._store = store

    def pin(self, account: str, open_id: str, now: datetime) -> bool:
        if self.pinned(account) == open_id:
            return False
        with self._store.deciding(open_id, self.pinned(account)):
            return super().pin(account, open_id, now)

    def rebind(self, old: str, new: str, account: str, now: datetime) -> int:
        names = [row.name for row in self._store.posts(old)]
        files = [(open_id, name) for open_id in (old, new) for name in names]
        news = f"{account} has a new open_id"
        with self._store.sharing(now, news, *files), self._store.deciding(old, new):
            return super().rebind(old, new, account, now)


class SharedPauses(SqlitePauses):
    """The pauses of a shared state: one file each, so that of two people's words on two accounts none is lost."""

    def __init__(self, database: Database, history: Callable[..., None], store: GitPushing) -> None:
        super().__init__(database, history, store.who)
        self._store = store

    def add(self, account: str, open_id: str, why: str, now: datetime) -> Pause:
        with self._told(account, now, "paused"):
            return super().add(account, open_id, why, now)

    def lift(self, account: str, now: datetime) -> bool:
        with self._told(account, now, "resumed"):
            return super().lift(account, now)

    def _told(self, account: str, now: datetime, what: str) -> AbstractContextManager[None]:
        file = (documents.pause_path(account), "", account)
        return self._store.saying(now, f"{account or 'all accounts'}: {what}", file)

    def text(self, path: str) -> bytes | None:
        """What the file at `path` should contain; None if there should be no file."""
        found = [pause for pause in self.all() if documents.pause_path(pause.account) == path]
        return documents.pause_text(found[0]) if found else None

    def take_in(self, told: Mapping[str, bytes | None], unshared: Collection[str]) -> None:
        """Merge the files of the branch, by path. unshared: the paths that are newer here.

        Another's pause holds also where we just resumed the account: it is one that we did not know.
        """
        for path, text in told.items():
            pause = documents.pause_of(path, text) if text else None
            if path not in unshared or (pause and self.text(path) is None):
                account = path.removeprefix(documents.PAUSES).removesuffix(".json")
                self.put("" if account == "_all" else account, pause)
