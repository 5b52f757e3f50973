"""`webhooks list --json`: every event that TikTok pushed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from contentsync.stored_event import StoredEvent
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.webhooks/1"


def document(events: Iterable[StoredEvent], keys: Mapping[str, str]) -> dict[str, Any]:
    """keys: the post's key by its publish_id."""
    return {"format": FORMAT, "events": [_event(event, keys.get(event.publish_id)) for event in events]}


def _event(event: StoredEvent, post: str | None) -> dict[str, Any]:
    return {
        "id": event.digest,
        "event": event.event or None,
        "post": post,
        "publish_id": event.publish_id or None,
        "open_id": event.open_id or None,
        "happened_at": rfc3339(event.happened_at),
        "received_at": rfc3339(event.received_at),
        "late": event.late,
        "deliveries": event.deliveries,
        "state": str(event.state),
        "outcome": event.outcome or None,
        "tries": event.tries,
        "body": event.body,
    }
