"""A delivery: what is stored, what is refused, and what is answered."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.emulator import webhooks as emulated
from contentsync.store.sqlite.state import SqliteStore
from contentsync.stored_event import EventState
from contentsync.webhooks.inbox import Inbox
from tests.builders import NOW, ManualClock

KEY, SECRET = "aw1", "inbox-secret"


@pytest.fixture
def inbox(tmp_path: Path, clock: ManualClock) -> Inbox:
    return Inbox(SqliteStore.open(tmp_path / "state.db").events, clock, [(KEY, SECRET), (None, "sandbox-secret")])


def a_body(event: str = "post.publish.complete", key: str = KEY, **content: object) -> bytes:
    return emulated.body_of(key, event, "open-1", {"publish_id": "p1", **content}, int(NOW.timestamp()))


def take(inbox: Inbox, body: bytes, secret: str = SECRET, age: int = 0) -> int:
    return inbox.take(emulated.signature(secret, body, int(NOW.timestamp()) - age), body).status


def test_a_signed_event_is_stored_as_it_came(inbox: Inbox) -> None:
    assert take(inbox, a_body()) == 200
    (stored,) = inbox.store.all()
    assert (stored.body.encode(), stored.event, stored.state) == (a_body(), "post.publish.complete", "waiting")
    assert (stored.open_id, stored.publish_id, stored.happened_at) == ("open-1", "p1", NOW)


def test_the_same_bytes_are_one_event(inbox: Inbox) -> None:
    assert [take(inbox, a_body()), take(inbox, a_body(), age=60)] == [200, 200]
    (stored,) = inbox.store.all()
    assert stored.deliveries == 2


@pytest.mark.parametrize("secret", ["wrong", "", SECRET.upper()])
def test_what_is_not_signed_by_one_of_the_secrets_leaves_no_trace(inbox: Inbox, secret: str) -> None:
    assert take(inbox, a_body(), secret) == 401
    assert inbox.store.all() == []


def test_the_sandbox_may_sign_too(inbox: Inbox) -> None:
    assert take(inbox, a_body(key="sandbox-key"), "sandbox-secret") == 200


def test_an_event_of_another_app_is_refused(inbox: Inbox) -> None:
    assert take(inbox, a_body(key="other-app")) == 403
    assert inbox.store.all() == []


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"{not json", "unreadable"),
        (b"\x00\xff", "unreadable"),
        (a_body("portability.download.ready"), "no-effect"),
        (a_body("post.publish.someday"), "unknown-event"),
    ],
)
def test_what_has_no_effect_is_kept_and_taken(inbox: Inbox, body: bytes, outcome: str) -> None:
    assert take(inbox, body) == 200
    (stored,) = inbox.store.all()
    assert (stored.state, stored.outcome) == ("kept", outcome)


@pytest.mark.parametrize(
    ("age", "late"), [(0, False), (600, False), (71 * 3600, False), (80 * 3600, True), (-999, True)]
)
def test_a_signed_event_is_never_lost_for_its_age(inbox: Inbox, age: int, late: bool) -> None:
    assert take(inbox, a_body(), age=age) == 200
    assert [event.late for event in inbox.store.all()] == [late]


def test_an_event_from_the_future_happened_when_it_came(inbox: Inbox) -> None:
    ahead = json.loads(a_body()) | {"create_time": int(NOW.timestamp()) + 9_999}
    take(inbox, json.dumps(ahead).encode())
    assert [event.happened_at for event in inbox.store.all()] == [NOW]


def test_a_full_disk_lets_tiktok_deliver_again(tmp_path: Path, clock: ManualClock) -> None:
    store = SqliteStore.open(tmp_path / "state.db")
    inbox = Inbox(store.events, clock, [(KEY, SECRET)])
    body = a_body(filler="x" * 60_000)
    with store._db.reading() as db:  # what a full disk does to SQLite, without filling one
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    assert take(inbox, body) == 503
    with store._db.reading() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    assert take(inbox, body) == 200


def test_what_was_taken_is_on_disk_for_any_other_process(inbox: Inbox, tmp_path: Path) -> None:
    take(inbox, a_body())
    with sqlite3.connect(tmp_path / "state.db") as other:
        assert other.execute("SELECT count(*) FROM webhook_events").fetchone() == (1,)
    other.close()


def test_a_delivery_that_was_settled_is_not_worked_on_again(inbox: Inbox) -> None:
    take(inbox, a_body())
    (stored,) = inbox.store.due(NOW)
    assert inbox.store.settle(stored, EventState.DONE, "seen", NOW)
    take(inbox, a_body(), age=5)
    assert inbox.store.due(NOW + timedelta(days=9)) == []
    assert not inbox.store.settle(stored, EventState.KEPT, "again", NOW)
