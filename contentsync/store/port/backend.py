"""Where is a state kept, before it is opened, and which other files belong to it?"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from contentsync.clock import Clock
from contentsync.store.port.store import Store


class Backend(Protocol):
    """Where a state is kept, before it is opened."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    def open(self) -> Store:
        """The state, made where there is none."""
        ...

    def look(self, *, is_proven: bool = False) -> tuple[Store, str]:
        """The state for a command that only reads, and why nothing learnt is kept; empty where it is kept.

        A copy where the state can't be written; an empty one where there is none and none can be made.
        is_proven: its file was found whole before, and nothing was written to it since.
        """
        ...

    def fresh(self) -> Store:
        """The state as another process would find it now; what is changed in it goes nowhere."""
        ...

    def lock(self, doing: str, clock: Clock, timeout: float = 0.0) -> AbstractContextManager[None]:
        """Hold the apply lock while the block runs. timeout: seconds to wait for it. Raises StoreLocked."""
        ...

    def watching(self, clock: Clock) -> AbstractContextManager[None]:
        """Hold the place of the only watcher while the block runs. Raises StoreLocked."""
        ...


@runtime_checkable
class SharedFiles(Protocol):
    """Further small files of a shared state, changed by compare-and-swap."""

    def shared_files(self, folder: str, now: datetime, *, anew: bool) -> dict[str, bytes]:
        """The files below `folder`, by path. anew: read the remote first."""
        ...

    def share_file(
        self, path: str, text: bytes | None, was: bytes | None, news: str, now: datetime, *, force: bool = False
    ) -> bool:
        """Put a file on the remote, where its content still is `was`; False where it is not, and nothing is changed.

        text: None removes it. was: None for no such file. force: whatever is there now. news: for the commit.
        """
        ...
