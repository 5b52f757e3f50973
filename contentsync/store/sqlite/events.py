"""What did TikTok push? Each event with its result, and the marks that events leave.

The latest event wins by its own time, not by its time of arrival. So events may come twice, late, and in any order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contentsync.post_state import Attempt
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries
from contentsync.stored_event import EventState, RemovedAccess, StoredEvent

AT_A_TIME = 500  # so that a long backlog needs no more memory than a short one


class SqliteEvents:
    """The events of one state, and what they told."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._q = queries()

    def add(self, event: StoredEvent) -> bool:
        """Put an event on disk; False where the same bytes are there already. Raises StoreError."""
        known = {
            "digest": event.digest,
            "received_at": rows.to_ms(event.received_at),
            "signed_at": rows.to_ms(event.signed_at),
            "happened_at": rows.to_ms(event.happened_at),
            "event": event.event,
            "open_id": event.open_id,
            "publish_id": event.publish_id,
            "body": event.body,
            "late": int(event.late),
            "state": str(event.state),
            "outcome": event.outcome,
        }
        with self._db.writing(posts=False) as db:
            if self._q.add_event(db, **known) == 1:
                return True
            self._q.deliver_again(db, digest=event.digest)
            return False

    def due(self, now: datetime) -> list[StoredEvent]:
        """What is to be worked on by now, in the order in which it happened; at most AT_A_TIME."""
        with self._db.reading() as db:
            return [_event_of(row) for row in self._q.events_due(db, now=rows.to_ms(now), most=AT_A_TIME)]

    def forget(self, before: datetime) -> int:
        """Drop the events that were settled and came before a time; how many. What they told stays."""
        with self._db.writing(posts=False) as db:
            return int(self._q.forget_events(db, before=rows.to_ms(before)))

    def next_due(self) -> datetime | None:
        """When the next event is to be worked on; None where none waits."""
        with self._db.reading() as db:
            return rows.from_ms(self._q.next_event_due(db)["due_at"])

    def settle(self, event: StoredEvent, state: EventState, outcome: str, due_at: datetime) -> bool:
        """Write down what came of an event; False where another process has done so since it was read."""
        known = {"state": str(state), "outcome": outcome, "due_at": rows.to_ms(due_at), "tries": event.tries}
        with self._db.writing(posts=False) as db:
            return bool(self._q.settle_event(db, digest=event.digest, **known) == 1)

    def all(self) -> list[StoredEvent]:
        """Every event, oldest delivery first."""
        with self._db.reading() as db:
            return [_event_of(row) for row in self._q.webhook_events(db)]

    def attempt(self, open_id: str, publish_id: str) -> Attempt | None:
        """The one attempt of this publish_id; open_id may be empty where the event tells none."""
        with self._db.reading() as db:
            found = list(self._q.attempt_of_publish_id(db, open_id=open_id, publish_id=publish_id))
        return rows.attempt_of(found[0]) if publish_id and len(found) == 1 else None

    def tell_visibility(self, open_id: str, post_id: str, visible: bool, at: datetime) -> None:
        """Take down who can see a video, unless something newer is known."""
        with self._db.writing(posts=False) as db:
            self._q.tell_visibility(db, open_id=open_id, post_id=post_id, visible=int(visible), at=rows.to_ms(at))

    def told_gone(self, open_id: str) -> dict[str, datetime]:
        """The videos that were told to be public no more, and that were never listed: post_id to the time."""
        with self._db.reading() as db:
            return {row["post_id"]: rows.moment(row["at"]) for row in self._q.told_gone(db, open_id=open_id)}

    def remove_access(self, open_id: str, removed: RemovedAccess) -> None:
        """Take down that the access is gone, unless something newer is known."""
        at = rows.to_ms(removed.removed_at)
        known = {"removed_at": at, "reason": removed.reason, "token_sha256": removed.token_sha256}
        with self._db.writing(posts=False) as db:
            self._q.remove_access(db, open_id=open_id, **known)

    def removed_access(self, open_id: str) -> RemovedAccess | None:
        with self._db.reading() as db:
            row = self._q.removed_access(db, open_id=open_id)
        return (
            None if row is None else RemovedAccess(rows.moment(row["removed_at"]), row["reason"], row["token_sha256"])
        )


def _event_of(row: Any) -> StoredEvent:
    same = ("digest", "event", "open_id", "publish_id", "body", "outcome", "deliveries", "tries")
    known: dict[str, Any] = {name: row[name] for name in same}
    known |= {name: rows.moment(row[name]) for name in ("received_at", "signed_at", "happened_at", "due_at")}
    return StoredEvent(**known, late=bool(row["late"]), state=EventState(row["state"]))
