"""What is an event that TikTok pushed, once it was delivered? Plain values; times are aware UTC datetimes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from contentsync.frozen import frozen


class EventState(StrEnum):
    """Whether an event has still something to bring about."""

    WAITING = "waiting"
    DONE = "done"
    KEPT = "kept"  # nothing came of it, or nothing could; it stays to be looked at


@frozen
class StoredEvent:
    """One event as it was delivered.

    digest: hex SHA-256 of the raw body. signed_at: the time in its signature. happened_at: the event's own time, or
    signed_at where it tells none; never after received_at. late: signed at a time that is too far from ours to be
    more than a hint. deliveries: how often it came. tries: how often it was worked on. due_at: when it is next.
    """

    digest: str
    received_at: datetime
    signed_at: datetime
    happened_at: datetime
    event: str
    open_id: str
    publish_id: str
    body: str
    late: bool = False
    state: EventState = EventState.WAITING
    outcome: str = ""
    deliveries: int = 1
    tries: int = 0
    due_at: datetime | None = None


@frozen
class RemovedAccess:
    """That an account took the app's access away. reason: 0 to 5, TikTok's. Source: Webhook Events."""

    removed_at: datetime
    reason: int
    token_sha256: str
