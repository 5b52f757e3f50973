"""A notice waits until it is told, is told once, and is handed to one process at a time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.notices import Notice, NoticeKind
from contentsync.store.sqlite.outbox import CLAIMED_FOR, MOST_WAITING
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW

CHAT = "${CONTENTSYNC_NOTIFY_CHAT}"
NOTICE = Notice(NoticeKind.FAILED, "acme", "acme/launch", NOW, "It failed.", {"code": "x"}, "1", ("Caption",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def test_a_notice_comes_back_as_it_was_put_also_in_another_process(path: Path) -> None:
    SqliteStore.open(path).outbox.put(NOTICE, CHAT, NOW)
    (waiting,) = SqliteStore.open(path).outbox.claim(CHAT, NOW, 10)
    assert (waiting.notice, waiting.recipient, waiting.tries) == (NOTICE, CHAT, 1)


def test_what_was_told_is_never_kept_again(path: Path) -> None:
    outbox = SqliteStore.open(path).outbox
    outbox.put(NOTICE, CHAT, NOW)
    outbox.told(outbox.claim(CHAT, NOW, 10)[0])
    assert not outbox.put(NOTICE, CHAT, NOW)
    assert outbox.claim(CHAT, NOW + timedelta(days=9), 10) == []
    assert "Caption" not in path.read_bytes().decode("latin-1")


def test_each_recipient_is_told(path: Path) -> None:
    outbox = SqliteStore.open(path).outbox
    assert [outbox.put(NOTICE, name, NOW) for name in (CHAT, "./tell.sh", CHAT)] == [True, True, False]


def test_only_one_process_gets_a_notice_until_it_must_have_died(path: Path) -> None:
    one, other = SqliteStore.open(path).outbox, SqliteStore.open(path).outbox
    one.put(NOTICE, CHAT, NOW)
    assert len(one.claim(CHAT, NOW, 10)) == 1
    assert other.claim(CHAT, NOW, 10) == []
    (again,) = other.claim(CHAT, NOW + CLAIMED_FOR, 10)
    assert again.tries == 2


def test_a_failed_try_is_put_off_and_at_last_given_up(path: Path) -> None:
    outbox = SqliteStore.open(path).outbox
    outbox.put(NOTICE, CHAT, NOW)
    later = NOW + timedelta(hours=1)
    outbox.failed(outbox.claim(CHAT, NOW, 10)[0], later)
    assert outbox.claim(CHAT, NOW, 10) == []
    outbox.failed(outbox.claim(CHAT, later, 10)[0], None)
    assert outbox.claim(CHAT, later + timedelta(days=9), 10) == []


def test_a_recipient_is_told_from_the_first_time_on_that_it_was_named(path: Path) -> None:
    outbox = SqliteStore.open(path).outbox
    assert outbox.since(CHAT, NOW) == NOW
    assert outbox.since(CHAT, NOW + timedelta(days=1)) == NOW


def test_a_change_of_reach_is_told_once(path: Path) -> None:
    outbox = SqliteStore.open(path).outbox
    outbox.since(CHAT, NOW)
    assert [outbox.reachable(CHAT, yes, NOW) for yes in (True, False, False, True, True)] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_the_queue_of_a_dead_recipient_is_bounded(path: Path) -> None:
    outbox = SqliteStore.open(path).outbox
    many = [Notice(NoticeKind.FAILED, "acme", f"acme/{n}", NOW, "") for n in range(MOST_WAITING + 1)]
    kept = [outbox.put(notice, CHAT, NOW) for notice in many]
    assert (kept.count(True), kept[-1]) == (MOST_WAITING, False)
