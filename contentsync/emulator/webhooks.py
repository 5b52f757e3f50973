"""Which events does TikTok push, how are they signed, and when are they sent again? Values and decisions; no socket.

Source: Webhooks overview; Webhook Events; Webhook verification.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from contentsync.emulator.faults import WEBHOOK, Action, FaultBook

if TYPE_CHECKING:
    from contentsync.emulator.world import World

HEADER: Final = "TikTok-Signature"
FIRST_WAIT: Final = 1.0  # how long TikTok waits is not documented, but that it waits ever longer
LONGEST_WAIT: Final = 3_600.0
GIVE_UP: Final = 72 * 3_600.0
HELD: Final = 5.0  # seconds that a reordered one waits at most for another


@dataclass(slots=True)
class Delivery:
    """One event on its way. due_at: Unix seconds of the next try, None once it is over.

    statuses: how each try was answered, 0 is not at all. copies: tries that are owed beside it. after: it waits for
    the delivery of this number, or any later one.
    """

    number: int
    event: str
    account: str
    body: bytes
    secret: str
    created_at: float
    due_at: float | None
    statuses: list[int] = field(default_factory=list)
    copies: int = 0
    after: int = 0
    met: bool = False
    age: float = 0.0
    forged: bool = False
    dropped: bool = False

    def as_json(self) -> dict[str, object]:
        state = "dropped" if self.dropped else "waiting" if self.due_at is not None else "given-up"
        delivered = any(200 <= status < 300 for status in self.statuses)
        told = {"number": self.number, "event": self.event, "account": self.account, "body": self.body.decode()}
        return {**told, "state": "delivered" if delivered else state, "statuses": list(self.statuses)}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One try of a delivery, as it goes over the wire."""

    delivery: Delivery
    url: str
    headers: Mapping[str, str]
    body: bytes


def body_of(client_key: str, event: str, open_id: str, content: Mapping[str, object], now: int) -> bytes:
    """A webhook's body; its content is a text that holds JSON. open_id: left out where empty."""
    told: dict[str, object] = {"client_key": client_key, "event": event, "create_time": now}
    if open_id:
        told["user_openid"] = open_id
    return json.dumps({**told, "content": json.dumps(content)}).encode()


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value: HMAC-SHA256 over the time, a full stop, and the raw body."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},s={digest}"


def headers_of(secret: str, body: bytes, at: int) -> dict[str, str]:
    """What goes before a body."""
    return {"Content-Type": "application/json", HEADER: signature(secret, body, at)}


def outgoing(outbox: list[Delivery], book: FaultBook, url: str, now: float, *, at_once: bool) -> list[Parcel]:
    """The deliveries whose time has come, with what goes wrong with them done to them."""
    parcels: list[Parcel] = []
    for delivery in outbox:
        if delivery.due_at is not None and not delivery.met:
            _meet(delivery, book, now)
        if delivery.due_at is None or not (at_once or delivery.due_at <= now) or _waits(delivery, outbox, now):
            continue
        key = f"not {delivery.secret}" if delivery.forged else delivery.secret
        delivery.forged = False
        parcel = Parcel(delivery, url, headers_of(key, delivery.body, int(now - delivery.age)), delivery.body)
        parcels += [parcel] * (1 + delivery.copies)
        delivery.copies = 0
    return parcels


def _meet(delivery: Delivery, book: FaultBook, now: float) -> None:
    """The faults that one delivery runs into, once."""
    delivery.met = True
    for fault in book.meet(WEBHOOK, delivery.account):
        match fault.action:
            case Action.DROP_BEFORE:
                delivery.dropped, delivery.due_at = True, None
            case Action.DELAY:
                delivery.due_at = now + fault.seconds
            case Action.TWICE:
                delivery.copies += 1
            case Action.REORDER:
                delivery.after = delivery.number + 1
            case _:
                delivery.forged = True


def _waits(delivery: Delivery, outbox: list[Delivery], now: float) -> bool:
    """Whether a reordered one is still to be overtaken; it does not wait for ever."""
    if not delivery.after or now - delivery.created_at >= HELD:
        return False
    return not any(other.statuses for other in outbox if other.number >= delivery.after)


def answered(parcel: Parcel, status: int, now: float) -> None:
    """Take down one answer: done with 2xx, else tried again, ever more rarely, for 72 hours."""
    delivery = parcel.delivery
    delivery.statuses.append(status)
    wait = min(FIRST_WAIT * 2 ** min(len(delivery.statuses) - 1, 16), LONGEST_WAIT)
    over = 200 <= status < 300 or now + wait - delivery.created_at > GIVE_UP
    delivery.due_at = None if over or delivery.due_at is None else now + wait


def ordered(world: World, event: str, values: Mapping[str, object]) -> list[Delivery]:
    """An event that nothing has led to: of an account, or of a publish_id; with this content, else a usual one.

    values: account, publish_id, post_id, reason, content (instead of all of these), times (1), age (seconds by which
    it was signed earlier), wrong_signature. Raises ValueError.
    """
    known = {"account", "publish_id", "post_id", "reason", "content", "times", "age", "wrong_signature"}
    if unknown := set(values) - known:
        raise ValueError(f'a webhook has no "{min(unknown)}"')
    publish_id, account = str(values.get("publish_id", "")), str(values.get("account", ""))
    task = world.tasks.get(publish_id)
    account = account or (task.account if task else next(iter(world.accounts)))
    world.account(account)
    delivery = world.emit(event, account, content_of(event, values))
    delivery.copies = int(str(values.get("times", 1))) - 1
    delivery.age = float(str(values.get("age", 0.0)))
    delivery.forged, delivery.met = bool(values.get("wrong_signature", False)), True
    return [delivery]


def content_of(event: str, values: Mapping[str, object]) -> dict[str, object]:
    """The usual content of an event, from a few values."""
    given = values.get("content")
    if given is not None:
        if not isinstance(given, Mapping):
            raise ValueError('"content" must be an object')
        return dict(given)
    if event == "authorization.removed":
        return {"reason": int(str(values.get("reason", 1)))}
    if event.startswith("video."):
        return {"share_id": str(values.get("publish_id") or "video.share.1")}
    if event == "portability.download.ready":
        return {"request_id": 7_300_000_000_000_000_001}
    content: dict[str, object] = {"publish_id": values.get("publish_id", ""), "publish_type": "DIRECT_PUBLISH"}
    if event.endswith(("publicly_available", "publicaly_available")):
        content["post_id"] = int(str(values.get("post_id") or 7_300_000_000_000_000_001))
    if event == "post.publish.failed":
        content["reason"] = str(values.get("reason") or "internal")
    return content
