"""Where are the receipts of a project, and who writes them? In one folder; a project may have none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Set
from pathlib import Path

from contentsync.errors import Level, Problem
from contentsync.evidence import receipts
from contentsync.frozen import frozen
from contentsync.post_state import PostState
from contentsync.store.port.store import Store


@frozen
class ReceiptFolder:
    """The receipts of a project, written from its state."""

    path: Path
    store: Store
    #: False where the project keeps no receipts: then nothing is written.
    is_kept: bool

    def write(self, row: PostState, *, over: bool = False) -> None:
        """Write a post's receipt. over: as in receipts.write. Raises OSError."""
        if self.is_kept:
            receipts.write(self.path, row, self.store.accounts.identity(row.open_id), over=over)

    def left_behind(self, accounts: Collection[str]) -> receipts.LeftBehind:
        """The receipts under names that none of these accounts has."""
        return receipts.left_behind(self.path, accounts)

    def of_identity(self, account: str, open_id: str, left: receipts.LeftBehind) -> list[receipts.Told]:
        """The receipts of one identity; open_id: empty where it is not known."""
        return receipts.of_identity(self.pages(account), open_id or None, left)

    def pages(self, account: str, without: Set[str] = frozenset()) -> receipts.Pages:
        """The receipts under an account's name, not looked into yet. without: names of posts that are left out."""
        return receipts.pages(self.path, account, without)

    def offer(self, row: PostState, on_note: Callable[[Problem], None]) -> None:
        """Write a post's receipt after a mere look; where it can't be written, say so and go on."""
        try:
            self.write(row)
        except OSError as err:
            what = f"the receipt of {row.key} could not be written: {err.strerror or err}"
            on_note(Problem("receipt-not-written", what, level=Level.NOTE))

    def remove(self, key: str, row: PostState) -> None:
        """Remove the receipt under a name that the post no longer has. Raises OSError."""
        receipts.remove(self.path, key, row)
