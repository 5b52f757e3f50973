"""What does a state have besides its posts: events, accounts, pauses, approvals, notices, figures?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from contentsync.approval import Approval
from contentsync.calendar_entry import Shown
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.figures import Figures
from contentsync.notices import Notice
from contentsync.pause import Pause
from contentsync.post_state import Attempt
from contentsync.store.port.values import HostedObject, Waiting
from contentsync.stored_event import EventState, RemovedAccess, StoredEvent


class Hosted(Protocol):
    """The objects that contentsync uploaded for TikTok to fetch. Only objects recorded here are ever deleted."""

    def find(self, place: str, name: str) -> HostedObject | None: ...

    def all(self) -> list[HostedObject]:
        """Every object on record, oldest first."""
        ...

    def begin(self, found: HostedObject) -> None:
        """Record that an object is sent next."""
        ...

    def done(self, place: str, name: str, now: datetime) -> None:
        """Record that the object is there, whole."""
        ...

    def drop(self, place: str, name: str) -> None:
        """Record that the object is gone."""
        ...


class Events(Protocol):
    """What TikTok pushed, and what events say. The newest word wins by its own time, not by when it came."""

    def add(self, event: StoredEvent) -> bool:
        """Keep an event; False where the same bytes are there already."""
        ...

    def due(self, now: datetime) -> list[StoredEvent]:
        """What must be worked on by now, in the order in which it happened."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop the events that were settled and came before a time; how many. What they told stays."""
        ...

    def next_due(self) -> datetime | None: ...

    def settle(self, event: StoredEvent, state: EventState, outcome: str, due_at: datetime) -> bool:
        """Record the outcome of an event; False where another process has done so since it was read."""
        ...

    def all(self) -> list[StoredEvent]:
        """Every event, oldest delivery first."""
        ...

    def attempt(self, open_id: str, publish_id: str) -> Attempt | None:
        """The one attempt of this publish_id. open_id: empty where the event does not name one."""
        ...

    def tell_visibility(self, open_id: str, post_id: str, visible: bool, at: datetime) -> None: ...

    def told_gone(self, open_id: str) -> dict[str, datetime]:
        """Videos that are public no more and were never listed: post_id to the time."""
        ...

    def remove_access(self, open_id: str, removed: RemovedAccess) -> None: ...

    def removed_access(self, open_id: str) -> RemovedAccess | None: ...


class Accounts(Protocol):
    """Which TikTok account each account of the project is."""

    def witnessed(self) -> list[Witnessed]:
        """Every identity that posts were made under, by the account's name at that time."""
        ...

    def identity(self, open_id: str) -> Identity:
        """The identity with all that TikTok said of it."""
        ...

    def pinned(self, account: str) -> str:
        """The open_id that the account's first post bound it to; empty where none did."""
        ...

    def pin(self, account: str, open_id: str, now: datetime) -> bool:
        """Bind an account to an open_id; False where it was bound to it before."""
        ...

    def rebind(self, old: str, new: str, account: str, now: datetime) -> int:
        """Give all rows of an identity to its new open_id, whole or not at all; returns how many posts there were.

        Raises StoreError where both have a post of the same name, or the same video.
        """
        ...


class Pauses(Protocol):
    """Which accounts a person paused. Nothing here needs the apply lock: a running apply must see it."""

    def all(self) -> tuple[Pause, ...]: ...

    def add(self, account: str, open_id: str, why: str, now: datetime) -> Pause:
        """Pause an account, or all of them. Returns the pause that holds: one that was there before stays."""
        ...

    def lift(self, account: str, now: datetime) -> bool:
        """Take back the pause of this very name; False where there is none."""
        ...


class Approvals(Protocol):
    """What people approved, one for each generation of a post. `Store.begin` marks the post's approval as used."""

    def all(self) -> list[Approval]: ...

    def find(self, open_id: str, name: str, generation: int) -> Approval | None: ...

    def save(self, *approvals: Approval) -> None:
        """Record a person's yes to each, in the place of an earlier one for the same generation; all or none."""
        ...

    def revoke(self, approval: Approval, now: datetime) -> bool:
        """Revoke an approval; False if it was revoked before."""
        ...


class Outbox(Protocol):
    """Which notices wait to be sent, and which were sent. Where the state is shared, all machines remember what was
    sent; a notice that waits is known to one machine only.
    """

    def since(self, recipient: str, now: datetime) -> datetime:
        """Since when a recipient gets notices; from now on if it is new."""
        ...

    def put(self, notice: Notice, recipient: str, now: datetime) -> bool:
        """Keep a notice until it is sent; False if its key was kept before, or if too many wait."""
        ...

    def claim(self, recipient: str, now: datetime, most: int) -> list[Waiting]:
        """The notices that are due, oldest first; for two minutes no other process gets them."""
        ...

    def agree(self, claimed: Sequence[Waiting], now: datetime) -> list[Waiting]:
        """Those of the claimed notices that no other machine sends. Call it once, right before they are sent.

        A shared state that can't be written holds nothing back: then a notice may be sent twice.
        """
        ...

    def told(self, one: Waiting) -> None:
        """The notice was sent. Only its key is kept."""
        ...

    def failed(self, one: Waiting, again_at: datetime | None) -> None:
        """The notice could not be sent. again_at: when to try again; None to give up."""
        ...

    def reachable(self, recipient: str, yes: bool, now: datetime) -> bool:
        """Keep whether a recipient can be reached; True where that changed."""
        ...


class VideoFigures(Protocol):
    """Views, likes, comments and shares over time. On this machine only, also where the state is shared."""

    def save(self, open_id: str, figures: Iterable[Figures], now: datetime) -> None:
        """Keep what TikTok said just now; the last figures of an hour replace those before them.

        Older figures of the same videos are thinned: after a week to one a day, after 90 days to one a week.
        """
        ...

    def all(self, open_id: str) -> list[Figures]:
        """All figures of an identity's videos, oldest first."""
        ...


class Calendar(Protocol):
    """What calendar files said of posts. Where the state is shared, all machines remember it."""

    def show(self, open_id: str, entries: Mapping[str, Shown], now: datetime) -> dict[str, Shown]:
        """Remember what a calendar file says now of these posts, by name.

        Returns the same with their sequence, which rises when a start changes, and the time of the last change.
        """
        ...

    def learn(self, open_id: str, entries: Mapping[str, Shown]) -> None:
        """Take in what a calendar file said of these posts, as another machine wrote it. The higher sequence wins."""
        ...

    def share(self, now: datetime) -> bool:
        """Bring what was remembered to the machines that share the state; False while only this one knows it."""
        ...
