"""How is a delivery answered? Its signature is checked, it is written to disk, and only then it is accepted."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from contentsync.clock import Clock
from contentsync.errors import StoreError
from contentsync.frozen import frozen
from contentsync.store.port.rooms import Events
from contentsync.stored_event import EventState, StoredEvent
from contentsync.webhooks import event as events
from contentsync.webhooks import signature
from contentsync.webhooks.decide import EFFECTS, Effect, effect_of

TAKEN: Final = 200
NOT_SIGNED: Final = 401
NOT_OURS: Final = 403
NO_ROOM: Final = 503  # TikTok delivers it again


@frozen
class Received:
    """The answer to one delivery. what: a word for the log. event: empty where nothing was stored."""

    status: int
    what: str
    event: str = ""
    digest: str = ""

    @property
    def is_new(self) -> bool:
        return self.what in {"received", "unreadable", "late"}

    @property
    def effect(self) -> str:
        """What the event will make the receiver do, a word of `decide.Effect`; empty where nothing was stored."""
        return str(effect_of(self.event)) if self.digest else ""


@frozen
class Inbox:
    """Receives deliveries.

    keys: each client key, None where it is not known, with the secret that TikTok signs with. tolerance: how far the
    time of a signature may be from ours.
    """

    store: Events
    clock: Clock
    keys: Sequence[tuple[str | None, str]]
    tolerance: timedelta = signature.TOLERANCE

    def take(self, header: str, body: bytes) -> Received:
        """Check and store one delivery. Unsigned deliveries, and those for another app, are not stored."""
        proven = signature.verify(header, body, [secret for _, secret in self.keys])
        if proven is None:
            return Received(NOT_SIGNED, "not-signed")
        number, signed_at = proven
        event = events.parse(body)
        if not self._is_ours(number, event.client_key):
            return Received(NOT_OURS, "other-app")
        stored = self._stored(body, event, signed_at)
        try:
            is_new = self.store.add(stored)
        except StoreError as err:
            return Received(NO_ROOM, err.problems[0].code)
        return Received(TAKEN, _word(stored, is_new), stored.event, stored.digest)

    def _is_ours(self, number: int, client_key: str) -> bool:
        """Whether a body names the app whose secret signed it, as far as both are known."""
        known = self.keys[number][0]
        return not known or not client_key or hmac.compare_digest(known.encode(), client_key.encode())

    def _stored(self, body: bytes, event: events.Event, signed_at: datetime) -> StoredEvent:
        now = self.clock.now()
        told_at = event.happened_at or signed_at
        idle = effect_of(event.name) is Effect.KEEP
        return StoredEvent(
            digest=hashlib.sha256(body).hexdigest(),
            received_at=now,
            signed_at=signed_at,
            happened_at=min(told_at, now),
            event=event.name,
            open_id=event.open_id,
            publish_id=event.publish_id,
            body=body.decode("utf-8", "replace").replace("\x00", "\ufffd"),
            late=signature.is_late(signed_at, now, self.tolerance),
            state=EventState.KEPT if idle else EventState.WAITING,
            outcome=_why_kept(event.name) if idle else "",
        )


def _why_kept(name: str) -> str:
    if not name:
        return "unreadable"
    return "no-effect" if name in EFFECTS else "unknown-event"


def _word(stored: StoredEvent, is_new: bool) -> str:
    if not is_new:
        return "seen-before"
    if not stored.event:
        return "unreadable"
    return "late" if stored.late else "received"
