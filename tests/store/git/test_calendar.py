"""What calendar files said is remembered on the branch: the higher sequence wins, and odd documents teach nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.calendar_entry import Shown
from contentsync.store.git.calendar import FOLDER, entries_of, path_of, text_of
from contentsync.store.git.store import GitStore
from tests.builders import NOW, OPEN_ID, a_post
from tests.store.git.remotes import a_backend

FIRST = Shown("2026-03-02T09:00:00Z", "a")
MOVED = replace(FIRST, starts_at="2026-03-03T09:00:00Z")
LATER = NOW + timedelta(hours=1)


def a_store(remote: Path, name: str) -> GitStore:
    """A machine that has read the branch, which exists."""
    store = a_backend(remote, name).open()
    store.catch_up(NOW)
    return store


def shown(store: GitStore, one: Shown, at: int = 0) -> Shown:
    return store.calendar.show(OPEN_ID, {"launch": one}, NOW + timedelta(minutes=at))["launch"]


def begun(remote: Path) -> None:
    """The branch exists, since a post was acknowledged."""
    store = a_backend(remote, "first").open()
    store.remove(store.ensure_post(a_post(), OPEN_ID, now=NOW), "", NOW)
    store.close()


def test_two_machines_that_both_move_an_entry_keep_the_higher_sequence(remote: Path) -> None:
    begun(remote)
    one, other = a_store(remote, "one"), a_store(remote, "other")
    shown(one, FIRST), shown(other, FIRST)
    assert [shown(one, MOVED, 1).sequence, shown(one, FIRST, 2).sequence] == [1, 2]
    assert shown(other, MOVED, 3).sequence == 1
    assert one.calendar.share(NOW) and other.calendar.share(NOW)
    third = a_store(remote, "third")
    assert shown(third, FIRST, 4).sequence == 2
    assert shown(third, MOVED, 5).sequence == 3


def test_the_document_says_the_same_for_the_same_entries() -> None:
    entries = {"launch": replace(FIRST, changed_at=NOW), "launch#2": replace(MOVED, sequence=3, changed_at=LATER)}
    text = text_of(OPEN_ID, entries)
    assert entries_of(path_of(OPEN_ID, "launch"), text) == (OPEN_ID, entries)
    assert text == text_of(OPEN_ID, dict(reversed(entries.items())))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"format": "contentsync.shared-calendar/2", "open_id": "a", "entries": {}}',
        b'{"format": "contentsync.shared-calendar/1", "open_id": "a", "entries": {"launch": {"sequence": "1"}}}',
        text_of(OPEN_ID, {"launch": replace(FIRST, changed_at=NOW, sequence=2**31)}),
        text_of(OPEN_ID, {"launch": replace(FIRST, changed_at=NOW, sequence=-1)}),
        text_of(OPEN_ID, {"another": replace(FIRST, changed_at=NOW)}),
        text_of("another", {"launch": replace(FIRST, changed_at=NOW)}),
    ],
)
def test_an_odd_document_teaches_nothing(text: bytes) -> None:
    assert entries_of(path_of(OPEN_ID, "launch"), text)[1] == {}


def test_files_fan_out() -> None:
    assert path_of(OPEN_ID, "launch").startswith(FOLDER)
    assert path_of(OPEN_ID, "launch").count("/") == 4
