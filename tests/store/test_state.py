"""What the state promises its callers: constraints that hold, a history of all, and no open doors."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.approval import approval_of
from contentsync.errors import StoreError
from contentsync.lifecycle import Event, Phase
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.remote_post import Creator
from contentsync.store.port.conflicts import AttemptOpen, Superseded
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, a_creator, a_post, a_remote, an_attempt
from tests.store.git.remotes import a_backend, a_remote_repository

SECRET = "UploadTokenThatOpensDoors"
URL = f"https://open-upload.tiktokapis.com/video/?upload_token={SECRET}"


@pytest.fixture(params=["file", "memory", pytest.param("git", marks=pytest.mark.slow)])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SqliteStore]:
    """The contract of store/port/ holds on every backend."""
    opened = opened_as(request.param, tmp_path)
    yield opened
    opened.close()


def opened_as(backend: str, folder: Path) -> SqliteStore:
    match backend:
        case "file":
            return SqliteStore.open(folder / "state.db")
        case "memory":
            return SqliteStore.in_memory()
    return a_backend(a_remote_repository(folder), "clone").open()


def begun(store: SqliteStore, post: DesiredPost | None = None, now: object = NOW, **over: object) -> Attempt:
    post = post or a_post()
    given = {"phase": Phase.INTENT, "id": uuid.uuid4().hex, "post_uid": "", "created_at": now, "updated_at": now}
    return store.begin(post, an_attempt(post, **(given | over)), now)  # type: ignore[arg-type]


def uploading(store: SqliteStore, attempt: Attempt, publish_id: str = "v_pub_file~1") -> Attempt:
    sent = store.save(attempt.noting(NOW, init_sent_at=NOW), "init")
    return store.save(sent.after(Event.UPLOAD_OPENED, NOW, publish_id=publish_id, upload_url=URL), "upload-opened")


def ended(store: SqliteStore, attempt: Attempt, event: Event, **known: object) -> Attempt:
    return store.save(attempt.after(event, NOW, upload_url="", **known), str(event))


# Approvals.


def test_an_approval_is_marked_by_the_attempt_that_begins_under_it(store: SqliteStore) -> None:
    given = approval_of(a_post(), OPEN_ID, "anna", "terminal", NOW)
    store.approvals.save(given)
    assert store.approvals.find(OPEN_ID, "launch", 1) == given
    assert store.approvals.find(OPEN_ID, "launch", 2) is None
    assert store.approvals.find("other", "launch", 1) is None
    attempt = begun(store)
    assert store.approvals.all() == [replace(given, used_by=attempt.id)]
    assert store.approvals.revoke(given, NOW) and not store.approvals.revoke(given, NOW)
    store.approvals.save(given)
    assert store.approvals.all() == [given]
    told = [line["what"] for line in store.history()]
    assert [what for what in told if "appro" in what] == ["approved", "approval-revoked", "approved"]


# Pauses.


def test_the_first_pause_stays_until_it_is_lifted(store: SqliteStore) -> None:
    first = store.pauses.add("acme", OPEN_ID, "wrong logo", NOW)
    assert store.pauses.add("acme", "", "another", NOW + timedelta(hours=1)) == first
    everyone = store.pauses.add("", "", "", NOW)
    assert set(store.pauses.all()) == {first, everyone}
    assert store.pauses.lift("acme", NOW) and not store.pauses.lift("acme", NOW)
    assert store.pauses.all() == (everyone,)
    assert [line["what"] for line in store.history()] == ["paused", "paused", "resumed"]


# What can't be.


@pytest.mark.parametrize("event", [None, Event.ALL_SENT, Event.LOST_SIGHT])
def test_a_post_has_one_open_or_unknown_attempt(store: SqliteStore, event: Event | None) -> None:
    attempt = uploading(store, begun(store))
    if event:
        ended(store, attempt, event)
    with pytest.raises(AttemptOpen):
        begun(store)


@pytest.mark.parametrize("event", [Event.PUBLISHED, Event.DELIVERED])
def test_a_generation_succeeds_once(store: SqliteStore, event: Event) -> None:
    ended(store, uploading(store, begun(store)), event)
    with pytest.raises(AttemptOpen):
        begun(store)
    assert begun(store, a_post(generation=2)).number == 2


@pytest.mark.parametrize("event", [Event.FAILED, Event.UPLOAD_ENDED])
def test_a_definite_end_lets_another_attempt_begin(store: SqliteStore, event: Event) -> None:
    ended(store, uploading(store, begun(store)), event)
    assert begun(store).number == 2


def test_what_a_person_left_for_good_stays_so(store: SqliteStore) -> None:
    unknown = ended(store, uploading(store, begun(store)), Event.LOST_SIGHT)
    ended(store, unknown, Event.KEPT)
    with pytest.raises(AttemptOpen):
        begun(store)


def test_an_older_view_of_a_row_is_not_written(store: SqliteStore) -> None:
    attempt = begun(store)
    store.save(attempt.noting(NOW, init_sent_at=NOW), "init")
    with pytest.raises(Superseded):
        store.save(attempt.noting(NOW, init_sent_at=NOW), "init")
    assert [line["what"] for line in store.history()] == ["declared", "intent", "init"]


def test_two_attempts_never_bear_one_publish_id(store: SqliteStore) -> None:
    uploading(store, begun(store), "same")
    other = begun(store, a_post(name="other"))
    with pytest.raises(StoreError) as caught:
        uploading(store, other, "same")
    problem = caught.value.problems[0]
    assert (problem.code, "SQL" in str(problem), "UNIQUE" in str(problem)) == ("state-conflict", False, False)
    assert problem.what == "TikTok gave acme/other the publish_id same, which an attempt of acme/launch already has"
    assert "contentsync explain acme/launch" in problem.hint


def test_whatever_else_the_state_does_not_take_is_told_without_its_sql(store: SqliteStore) -> None:
    attempt = begun(store)
    with pytest.raises(StoreError) as caught:
        store.save(attempt.noting(NOW, sent_bytes=5), "chunk")
    problem = caught.value.problems[0]
    assert "the state refuses `chunk` for acme/launch" in problem.what and "constraint" not in problem.what


def test_a_video_is_claimed_by_one_post(store: SqliteStore) -> None:
    ended(store, uploading(store, begun(store)), Event.PUBLISHED, post_id="7400")
    other = ended(store, uploading(store, begun(store, a_post(name="other")), "2"), Event.LOST_SIGHT)
    with pytest.raises(AttemptOpen):
        store.save(other.after(Event.FOUND, NOW, post_id="7400"), "adopted", binds=True)
    assert store.attempt(other.id).phase is Phase.UNKNOWN
    assert store.bind_post(a_post(name="third"), OPEN_ID, "7400", "manifest", NOW) is False


def test_an_id_of_tiktok_s_own_that_another_post_holds_is_told_in_the_history(store: SqliteStore) -> None:
    store.bind_post(a_post(name="other"), OPEN_ID, "7400", "manifest", NOW)
    ended(store, uploading(store, begun(store)), Event.PUBLISHED, post_id="7400")
    assert "bound_to_other" in store.history()[-1]["detail"]


@pytest.mark.parametrize(
    "changes",
    [{"sent_bytes": 5}, {"last_put_at": NOW}, {"phase": Phase.UPLOADING}, {"upload_url": URL}],
)
def test_no_byte_goes_before_the_answer_of_init_is_on_disk(store: SqliteStore, changes: dict[str, object]) -> None:
    with pytest.raises(StoreError):
        store.save(replace(begun(store), **changes), "wrong")  # type: ignore[arg-type]


def test_history_is_only_ever_added_to(store: SqliteStore) -> None:
    begun(store)
    with store._db.reading() as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("UPDATE history SET what = 'other'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM history")


# What is told, kept, and dropped.


def test_every_change_of_a_post_leaves_a_line(store: SqliteStore) -> None:
    attempt = ended(store, uploading(store, begun(store)), Event.PUBLISHED, post_id="7400", log_id="2026AB")
    store.name_account(OPEN_ID, "acme_us", NOW)
    lines = store.history()
    assert [line["what"] for line in lines] == [
        "declared",
        "intent",
        "init",
        "upload-opened",
        "published",
        "account-named",
    ]
    last = lines[4]
    assert (last["phase_before"], last["phase_after"], last["log_id"]) == ("uploading", "published", "2026AB")
    assert (last["attempt_id"], last["post"], last["at"]) == (attempt.id, "acme/launch", NOW)
    assert last["who"]


@pytest.mark.parametrize("store", ["file"], indirect=True)
def test_a_used_upload_address_is_nowhere_in_the_file(store: SqliteStore, tmp_path: Path) -> None:
    attempt = uploading(store, begun(store))
    assert store.attempt(attempt.id).upload_url == URL
    ended(store, attempt, Event.UPLOAD_ENDED)
    store.close()
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert [name for name, data in left.items() if SECRET.encode() in data] == []
    store._db = SqliteStore.open(tmp_path / "state.db")._db


@pytest.mark.parametrize("store", ["file"], indirect=True)
def test_the_state_is_for_its_owner_only(store: SqliteStore, tmp_path: Path) -> None:
    begun(store)
    assert {oct(path.stat().st_mode & 0o077) for path in tmp_path.glob("state.db*") if path.suffix != ".lock"} == {
        "0o0"
    }


def test_an_attempt_comes_back_as_it_was_written(store: SqliteStore) -> None:
    attempt = uploading(store, begun(store))
    known = {"post_id": "7400", "not_before": NOW + timedelta(hours=1), "retry": True, "problem_what": "wörds 👋"}
    done = store.save(attempt.after(Event.FAILED, NOW, upload_url="", **known), "failed", fail_reason="internal")
    assert store.attempt(done.id) == done
    row = store.post_named(OPEN_ID, "launch")
    assert row is not None and row.attempts == (done,) and store.posts(OPEN_ID) == [row]


def test_attempts_stay_in_their_order_when_the_clock_is_set_back(store: SqliteStore) -> None:
    first = ended(store, uploading(store, begun(store)), Event.FAILED)
    second = begun(store, now=NOW - timedelta(days=1))
    row = store.post(first.post_uid)
    assert row is not None and row.last == second
    assert store.posts(OPEN_ID)[0].last == second


@pytest.mark.parametrize("store", ["file"], indirect=True)
def test_what_was_read_is_read_again_after_any_change(store: SqliteStore, tmp_path: Path) -> None:
    other = SqliteStore.open(tmp_path / "state.db")
    assert store.posts(OPEN_ID) == other.posts(OPEN_ID) == []
    attempt = begun(store)
    assert store.posts(OPEN_ID)[0].last == other.posts(OPEN_ID)[0].last == attempt
    uploading(other, attempt)
    assert store.posts(OPEN_ID)[0].last == store.attempt(attempt.id)
    other.close()


def test_the_serial_rises_with_phases_and_bindings_only(store: SqliteStore) -> None:
    attempt = uploading(store, begun(store))
    before = store.serial
    store.save(attempt.noting(NOW, sent_bytes=5), "chunk")
    store.give_slots(OPEN_ID, [], [(a_post(name="other"), NOW)], "rule", NOW)
    store.save_creator("acme", a_creator(), NOW)
    assert store.serial == before
    store.bind_post(a_post(name="third"), OPEN_ID, "7400", "manifest", NOW)
    assert store.serial == before + 1


def test_a_slot_is_given_once(store: SqliteStore) -> None:
    store.give_slots(OPEN_ID, [], [(a_post(), NOW)], "rule", NOW)
    store.give_slots(OPEN_ID, [], [(a_post(), NOW + timedelta(days=1)), (a_post(name="other"), NOW)], "new", NOW)
    slots = {row.name: (row.slot_at, row.slot_rule) for row in store.posts(OPEN_ID)}
    assert slots == {"launch": (NOW, "rule"), "other": (None, "")}


def test_a_slot_that_was_taken_back_is_given_to_another_in_the_same_step(store: SqliteStore) -> None:
    store.give_slots(OPEN_ID, [], [(a_post(), NOW)], "rule", NOW)
    read = store.posts(OPEN_ID)
    store.give_slots(OPEN_ID, read, [(a_post(name="other"), NOW)], "rule", NOW)
    store.give_slots(OPEN_ID, [], [(a_post(), NOW + timedelta(days=1))], "rule", NOW)
    store.give_slots(OPEN_ID, read, [], "rule", NOW)  # it has another slot by now
    slots = {row.name: row.slot_at for row in store.posts(OPEN_ID)}
    assert slots == {"launch": NOW + timedelta(days=1), "other": NOW}


def test_a_plan_is_used_by_one_run(store: SqliteStore) -> None:
    assert store.plan_used_at("sha256:1") is None
    assert store.use_plan("sha256:1", "run-1", NOW) and store.use_plan("sha256:1", "run-1", NOW)
    assert not store.use_plan("sha256:1", "run-2", NOW)
    assert store.plan_used_at("sha256:1") == NOW


def test_a_move_keeps_the_attempts_and_takes_no_other_s_name(store: SqliteStore) -> None:
    row = store.post(begun(store).post_uid)
    assert row is not None
    store.ensure_post(a_post(name="taken"), OPEN_ID, now=NOW)
    assert not store.move(row, a_post(name="taken"), NOW)
    assert store.move(row, a_post(name="new"), NOW)
    moved = store.post_named(OPEN_ID, "new")
    assert moved is not None and moved.attempts == row.attempts
    assert store.post_named(OPEN_ID, "launch") is None


def test_videos_that_were_not_listed_down_to_a_date_are_gone(store: SqliteStore) -> None:
    later = NOW + timedelta(minutes=1)
    old, new = a_remote(post_id="1", created_at=NOW - timedelta(days=9)), a_remote(post_id="2", created_at=NOW)
    store.save_videos(OPEN_ID, [new, old], back_to=None, now=NOW)
    store.save_videos(OPEN_ID, [], back_to=NOW - timedelta(days=1), now=later)
    assert [(video.post_id, gone) for video, gone in store.videos(OPEN_ID)] == [("2", later), ("1", None)]
    store.save_videos(OPEN_ID, [new], back_to=NOW, now=later)
    assert {video.post_id: gone for video, gone in store.videos(OPEN_ID)}["2"] is None


@pytest.mark.slow
def test_ten_thousand_posts_are_read_at_once(store: SqliteStore) -> None:
    with store._db.writing() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        columns = "uid, open_id, name, account, media_digest"
        posts = [(f"uid-{n}", OPEN_ID, f"post-{n}", "acme", "digest") for n in range(10_000)]
        connection.executemany(f"INSERT INTO posts ({columns}) VALUES (?, ?, ?, ?, ?)", posts)
        columns = "id, post_uid, number, open_id, generation, phase, mode, pulls, digest, media_digest, sha256, size"
        attempts = [
            (f"a-{n}", f"uid-{n}", 1, OPEN_ID, 1, "published", "direct", 0, "d", "m", "s", 9, n, n)
            for n in range(10_000)
        ]
        marks = ", ".join("?" * 14)
        connection.executemany(f"INSERT INTO attempts ({columns}, created_at, updated_at) VALUES ({marks})", attempts)
    assert len(store.posts(OPEN_ID)) == 10_000


def test_a_name_that_is_not_told_again_stays_until_another_one_is(store: SqliteStore) -> None:
    store.save_creator("acme", a_creator(), NOW)
    store.save_creator("acme", Creator(OPEN_ID), NOW)
    store.save_creator("other", Creator("another-open-id"), NOW)
    told = {name: (creator.nickname, creator.username) for name, (_, creator, _) in store.creators().items()}
    assert told == {"acme": ("Acme Studio", "acme"), "other": ("", "")}
    store.save_creator("acme", a_creator(nickname="Anew", username="anew"), NOW)
    assert store.creators()["acme"][1].username == "anew"
