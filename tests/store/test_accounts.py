"""Rows and videos that follow an account to its new open_id: all of them, once, and never over another post."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contentsync.errors import StoreError
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.post import DesiredPost
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, a_creator, a_post, a_remote

NEW = "open-id-of-another-app"


@pytest.fixture
def store() -> SqliteStore:
    made = SqliteStore.in_memory()
    made.save_creator("acme", a_creator(union_id="u-1"), NOW)
    made.bind_post(DesiredPost("acme", "launch", post_id="71"), OPEN_ID, "71", "manifest", NOW)
    made.save_videos(OPEN_ID, [a_remote(post_id="71")], back_to=None, now=NOW)
    return made


def test_what_posts_were_made_under_is_told_with_who_that_is(store: SqliteStore) -> None:
    assert store.accounts.witnessed() == [Witnessed(Identity(OPEN_ID, "u-1", "acme"), "acme", rows=1)]


def test_rows_videos_and_bindings_follow_and_a_second_time_nothing_is_left(store: SqliteStore) -> None:
    store.leave_out(OPEN_ID, {"other"}, NOW)
    serial = store.serial
    assert store.accounts.rebind(OPEN_ID, NEW, "acme", NOW) == 1
    assert (store.posts(OPEN_ID), [row.name for row in store.posts(NEW)]) == ([], ["launch"])
    assert (list(store.bindings(NEW)), [video.post_id for video, _ in store.videos(NEW)]) == (["71"], ["71"])
    assert (store.left_out(NEW), store.left_out(OPEN_ID), store.serial > serial) == ({"other"}, frozenset(), True)
    assert store.accounts.pinned("acme") == NEW
    assert store.accounts.rebind(OPEN_ID, NEW, "acme", NOW) == 0
    assert [line["what"] for line in store.history()].count("rebound") == 2


def test_a_row_of_the_new_open_id_that_tells_of_nothing_gives_way(store: SqliteStore) -> None:
    store.ensure_post(a_post(), NEW, now=NOW)
    assert store.accounts.rebind(OPEN_ID, NEW, "acme", NOW) == 1
    assert store.posts(NEW)[0].bound_post_id == "71"


def test_two_posts_of_one_name_stop_a_rebind_whole(store: SqliteStore) -> None:
    store.bind_post(DesiredPost("acme", "launch", post_id="72"), NEW, "72", "manifest", NOW)
    with pytest.raises(StoreError, match="rebind-conflict"):
        store.accounts.rebind(OPEN_ID, NEW, "acme", NOW)
    assert len(store.posts(OPEN_ID)) == len(store.posts(NEW)) == 1


def test_a_pin_is_recorded_once(store: SqliteStore) -> None:
    assert [store.accounts.pin("acme", OPEN_ID, NOW) for _ in range(2)] == [True, False]
    assert [line["what"] for line in store.history()].count("pinned") == 1


def test_what_tiktok_left_out_this_time_of_an_identity_stays(store: SqliteStore) -> None:
    store.save_creator("acme", replace(a_creator(), username="", union_id=""), NOW)
    assert store.accounts.identity(OPEN_ID) == Identity(OPEN_ID, "u-1", "acme")
