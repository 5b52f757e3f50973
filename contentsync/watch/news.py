"""What does a running watch tell, and who hears it? A value for each event, and a feed that passes events on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contentsync.attempt.told import Told
from contentsync.errors import Problem
from contentsync.operations.plan import Made


class Word(StrEnum):
    """What kind of event it is."""

    WATCHING = "watching"
    STANDING_BY = "standing-by"  # another watch has the place
    POLLING = "polling"  # file events can't be relied on
    SENDING = "sending"  # these posts are being sent
    RESULT = "result"  # how a post stands now
    PROBLEM = "problem"  # something needs a person, or time
    SOLVED = "solved"  # a problem is gone
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, as a line tells it."""

    word: Word
    at: datetime
    #: In words, without the time and the post.
    words: str
    #: `ACCOUNT/NAME`; empty where no single post is concerned.
    post: str = ""
    #: The account's name; empty where none is concerned.
    account: str = ""
    problem: Problem | None = None
    #: What else belongs to it, ready for JSON.
    detail: Mapping[str, object] = field(default_factory=dict)


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
