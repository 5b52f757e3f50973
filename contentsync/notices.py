"""What should a person know who does not look at the screen? One value for each such event. Pure.

`apply`, `watch`, `status` and `refresh` produce notices; `notify` sends them. `tell_nobody` stands in
for the sender where there is no recipient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.times import rfc3339


class NoticeKind(StrEnum):
    """What happened. The words are those of `events:` in the project file."""

    PUBLISHED = "published"  # a post is out
    DELIVERED = "delivered"  # a draft is in the creator's inbox
    DRAFT_WAITING = "draft-waiting"  # the creator has not finished it yet
    DIFFERS = "differs"  # what is public is not what was declared
    FAILED = "failed"  # a definite no
    UNKNOWN = "unknown"  # it may be out; a person must settle it
    MISSED = "missed"  # its window is over; it is not posted any more
    NEEDS_APPROVAL = "needs-approval"  # it is due, or soon, and nobody approved it
    FAULTY = "faulty"  # its manifest or media have an error, so it is left out
    PAUSED = "paused"  # nothing is begun for the account until it is resumed
    SIGN_IN_EXPIRING = "sign-in-expiring"  # the account must sign in again, soon or now
    ROOT_GONE = "root-gone"  # the project's folder is not there
    TROUBLE = "trouble"  # contentsync itself can't work, such as a state that can't be reached
    TEST = "test"  # a person asked whether notices arrive; no event of the project file


#: What the project file can choose.
EVENTS = tuple(kind for kind in NoticeKind if kind is not NoticeKind.TEST)


#: What a notice has besides its words: plain values, ready for JSON. Never a secret or an upload address.
Facts = Mapping[str, str | int | float | bool | None]


@frozen
class Notice:
    """One message to people."""

    kind: NoticeKind
    #: The account's name in the project; empty where all of them are concerned.
    account: str
    #: `ACCOUNT/NAME`; empty where no single post is concerned.
    post: str
    at: datetime
    #: One or two sentences that are understood on a phone.
    words: str
    facts: Facts = field(default_factory=dict)
    #: What makes it another notice than an earlier one of the same kind and post, such as the attempt's id or the
    #: day. A notice is sent once for each `key`.
    about: str = ""
    #: Texts that are sent as messages of their own after the words, so that each can be copied whole.
    messages: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Identifies the notice: two notices with one key say the same."""
        return " ".join((self.kind, self.post or self.account or "-", self.about)).rstrip()

    def as_json(self) -> dict[str, object]:
        return {
            "kind": str(self.kind),
            "account": self.account or None,
            "post": self.post or None,
            "at": rfc3339(self.at),
            "words": self.words,
            "facts": dict(self.facts),
            "messages": list(self.messages),
        }


@frozen
class Recipient:
    """A recipient: an address that apprise knows, or a program of the project."""

    #: As the project file writes it, which holds no secret: `${CONTENTSYNC_NOTIFY_SLACK}`, `./tell.sh --short`.
    name: str
    #: What the variable holds; it contains secrets. Empty for a program, and where the variable is not set.
    url: str = field(default="", repr=False)
    command: tuple[str, ...] = ()
    events: frozenset[NoticeKind] = frozenset(NoticeKind)
    #: Empty for all accounts.
    accounts: frozenset[str] = frozenset()
    #: How long before its end an expiring sign-in is reported.
    sign_in_within: timedelta = timedelta(days=7)
    #: Why nothing may be sent; None if it may.
    refused: Problem | None = field(default=None, compare=False)

    def wants(self, notice: Notice) -> bool:
        about_it = not (self.accounts and notice.account) or notice.account in self.accounts
        return notice.kind in self.events and about_it


Notify = Callable[[Notice], None]


def tell_nobody(_notice: Notice) -> None:
    """Send the notice to nobody."""
