"""What was sent is remembered on the branch: a new clone does not send it again, and of two machines one does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contentsync.notices import Notice, NoticeKind
from contentsync.store.git.notices import FOLDER, KEEP, RENEW, Entry, SharedOutbox, entries_of, path_of, text_of
from contentsync.store.git.store import GitStore
from contentsync.store.sqlite.outbox import CLAIMED_FOR
from tests.builders import NOW
from tests.store.git.remotes import a_backend, git

CHAT = "${CONTENTSYNC_NOTIFY_CHAT}"
NOTICE = Notice(NoticeKind.MISSED, "acme", "acme/launch", NOW, "It was missed.", about="1 None")
SENT = Entry(NOTICE.key, CHAT, NOW)
LATER = NOW + CLAIMED_FOR


def sending(store: GitStore, notice: Notice = NOTICE, at: datetime = NOW) -> int:
    """How many notices the machine is about to send."""
    store.outbox.since(CHAT, at)
    store.outbox.put(notice, CHAT, at)
    return len(store.outbox.agree(store.outbox.claim(CHAT, at, 10), at))


def sent(store: GitStore, at: datetime = NOW) -> None:
    """A run that sends the notice and ends."""
    store.outbox.since(CHAT, at)
    store.outbox.put(NOTICE, CHAT, at)
    for waiting in store.outbox.agree(store.outbox.claim(CHAT, at, 10), at):
        store.outbox.told(waiting)
    store.close()


def commits(remote: Path) -> int:
    return len(git(remote, "log", "--format=%s", "contentsync-state").splitlines())


def test_a_clone_made_after_the_runner_vanished_does_not_send_it_again(remote: Path, one: GitStore) -> None:
    sent(one)
    anew = a_backend(remote, "anew").open()
    assert anew.catch_up(NOW) is None
    assert sending(anew, replace(NOTICE, at=LATER), LATER) == 0
    assert commits(remote) == 2  # that it is sent, and that it was; nothing for a notice that was sent before


def test_of_two_machines_at_once_one_sends(one: GitStore, other: GitStore) -> None:
    for store in (one, other):
        store.catch_up(NOW)
    assert (sending(one), sending(other)) == (1, 0)
    assert sending(other, at=NOW + timedelta(minutes=1)) == 0


def test_what_a_killed_machine_did_not_finish_another_one_sends(one: GitStore, other: GitStore) -> None:
    assert sending(one) == 1
    other.catch_up(NOW)
    assert sending(other, at=NOW + timedelta(minutes=1)) == 0
    assert sending(other, at=LATER) == 1
    one.catch_up(LATER)
    assert sending(one, at=LATER) == 0


def test_what_could_not_be_sent_another_machine_may_send_at_once_when_the_run_is_over(
    one: GitStore, other: GitStore
) -> None:
    one.outbox.put(NOTICE, CHAT, NOW)
    one.outbox.failed(one.outbox.agree(one.outbox.claim(CHAT, NOW, 10), NOW)[0], LATER)
    one.close()
    other.catch_up(NOW)
    assert sending(other) == 1


def test_a_remote_that_is_away_holds_no_notice_back_and_learns_of_it_later(
    remote: Path, one: GitStore, other: GitStore
) -> None:
    one.catch_up(NOW)
    away = remote.rename(remote.with_name("away"))
    sent(one)
    away.rename(remote)
    assert a_backend(remote, "one").open().catch_up(LATER) is None
    other.catch_up(LATER)
    assert sending(other, at=LATER) == 0


def test_since_when_a_recipient_gets_notices_travels_too(remote: Path, one: GitStore) -> None:
    sent(one)
    anew = a_backend(remote, "anew").open()
    anew.outbox.since(CHAT, LATER)
    anew.catch_up(LATER)
    assert anew.outbox.since(CHAT, LATER) == NOW


def test_what_lasts_is_remembered_and_the_rest_is_forgotten_in_time(remote: Path, one: GitStore) -> None:
    over = replace(NOTICE, post="acme/over")
    assert (sending(one), sending(one, over)) == (1, 1)
    for waiting in one.outbox.claim(CHAT, LATER, 10):
        one.outbox.told(waiting)
    for days in range(0, 2 * KEEP.days, RENEW.days + 1):
        one.outbox.put(NOTICE, CHAT, NOW + timedelta(days=days))
    late = NOW + 2 * KEEP
    assert sending(one, replace(NOTICE, post="acme/new"), late) == 1
    assert not one.outbox.put(NOTICE, CHAT, late)
    one.close()
    listed = git(remote, "ls-tree", "-r", "--name-only", "contentsync-state", FOLDER).splitlines()
    assert path_of(NOW) not in listed


def test_what_is_written_is_what_is_read() -> None:
    claimed = Entry("failed acme/two", CHAT, NOW, "abc", LATER)
    text = text_of([SENT, claimed], {CHAT: NOW})
    assert entries_of(path_of(NOW), text) == ([SENT, claimed], {CHAT: NOW})


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"\xff", b'{"format": "other/1"}', text_of([SENT], {CHAT: NOW}).replace(b"Z", b""), b"[" * 9000],
    ids=["empty", "list", "no text", "other", "no zone", "deep"],
)
def test_a_file_that_cannot_be_read_is_no_memory_and_no_obstacle(one: GitStore, text: bytes) -> None:
    assert isinstance(one.outbox, SharedOutbox)
    one.outbox.take_in({path_of(NOW): text, f"{FOLDER}x.json": text_of([SENT], {})})
    assert sending(one) == 1


def test_a_file_of_another_day_says_nothing() -> None:
    assert entries_of(path_of(NOW + timedelta(days=1)), text_of([SENT], {})) == ([], {})
