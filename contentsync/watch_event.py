"""What does a running watch report? One value for each event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from contentsync.errors import Problem
from contentsync.frozen import frozen


class Word(StrEnum):
    """The kind of an event."""

    WATCHING = "watching"
    NEXT = "next"  # what is sent next, as things stand when it begins
    PAUSED = "paused"  # nothing more is begun for the account
    RESUMED = "resumed"
    STANDING_BY = "standing-by"  # another watch has the place
    POLLING = "polling"  # file events can't be relied on
    SENDING = "sending"  # these posts are being sent
    RESULT = "result"  # how a post stands now
    PROBLEM = "problem"  # something needs a person, or time
    SOLVED = "solved"  # a problem is gone
    STOPPING = "stopping"
    STOPPED = "stopped"


@frozen
class Happened:
    """One event, as a line shows it."""

    word: Word
    at: datetime
    #: The message, without the time and the post.
    words: str
    #: `ACCOUNT/NAME`; empty where no single post is concerned.
    post: str = ""
    #: The account's name; empty where none is concerned.
    account: str = ""
    problem: Problem | None = None
    #: What else belongs to it, ready for JSON.
    detail: Mapping[str, object] = field(default_factory=dict)
