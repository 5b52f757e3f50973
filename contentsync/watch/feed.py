"""Who hears what a running watch reports? A feed that passes events on to its listeners."""

from __future__ import annotations

import threading
from collections.abc import Callable

from contentsync.attempt.told import Told
from contentsync.operations.plan import Made
from contentsync.watch_event import Happened

#: What goes through the feed: a new plan, an event of watch, or a step of an upload.
Live = Made | Happened | Told
Hear = Callable[[Live], None]


class Feed:
    """Passes on what happens, in the thread in which it happens, to whoever listens.

    A listener must return soon, and must not raise.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hearing: tuple[Hear, ...] = ()

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Call `hear` with everything from now on. Returns what ends that."""
        with self._lock:
            self._hearing = (*self._hearing, hear)

        def end() -> None:
            with self._lock:
                self._hearing = tuple(one for one in self._hearing if one is not hear)

        return end

    def tell(self, live: Live) -> None:
        """Pass something on."""
        for hear in self._hearing:
            hear(live)
