"""TikTok read into the state: who the account is, what is listed, what became of attempts; nothing is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from contentsync.emulator.config import Pace, Video
from contentsync.errors import ManifestError, NotSent, Problem, Refused, SignInNeeded
from contentsync.lifecycle import Phase
from contentsync.post import Privacy
from contentsync.remote import (
    LATE_IDS,
    STOPS,
    as_last_known,
    ask_creator,
    clock_wrong,
    identify,
    look_at_attempts,
    read_list,
    refuse_twins,
)
from contentsync.store.sqlite.state import SqliteStore
from contentsync.tiktok.wire import Status
from tests.attempt.bench import PUBLISHED, Bench, has, silence
from tests.attempt.site import Site, a_site
from tests.builders import NOW, OPEN_ID, ManualClock, a_creator, a_post, an_account
from tests.tiktok.fakes import Script, a_client, a_page, no, ok


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore.in_memory()


@pytest.fixture
def bench(tmp_path: Path, clock: ManualClock) -> Bench:
    return Bench(tmp_path, clock)


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    with a_site(tmp_path, clock) as made:
        yield made


def i_am(open_id: str) -> httpx.Response:
    return ok({"user": {"open_id": open_id, "display_name": "Acme Studio", "username": "acme"}})


# Who.


def test_the_identity_is_kept_as_it_is_told(store: SqliteStore) -> None:
    creator = identify(a_client(Script(i_am(OPEN_ID))), store, an_account(), NOW)
    assert (creator.open_id, creator.nickname) == (OPEN_ID, "Acme Studio")
    assert store.creators()["acme"] == (OPEN_ID, creator, NOW)


def test_another_identity_than_the_pinned_one_is_refused(store: SqliteStore) -> None:
    with pytest.raises(SignInNeeded, match="belongs to Acme Studio"):
        identify(a_client(Script(i_am("someone-else"))), store, an_account(), NOW)


@pytest.mark.parametrize("posted", [True, False])
def test_an_identity_that_has_posts_is_as_good_as_pinned(store: SqliteStore, posted: bool) -> None:
    store.save_creator("acme", a_creator(), NOW)
    if posted:
        store.ensure_post(a_post(), OPEN_ID, now=NOW)
    asked = (a_client(Script(i_am("someone-else"))), store, an_account(open_id=None), NOW)
    if posted:
        with pytest.raises(SignInNeeded):
            identify(*asked)
    else:
        assert identify(*asked).open_id == "someone-else"


@pytest.mark.parametrize(
    ("minutes", "says"), [(0, None), (4, None), (-4, None), (125, "125 min ahead of TikTok's"), (-5, "5 min behind")]
)
def test_a_clock_that_is_far_from_tiktoks_is_noted(minutes: int, says: str | None) -> None:
    note = clock_wrong(NOW + timedelta(minutes=minutes), NOW)
    assert (note is None) is (says is None)
    assert says is None or (note is not None and says in note.what and note.code == "clock-wrong")


def test_where_tiktok_does_not_tell_the_time_nothing_is_noted() -> None:
    assert clock_wrong(NOW, None) is None


def test_two_names_of_one_identity_are_refused() -> None:
    refuse_twins({"acme": "1", "other": "2"})
    with pytest.raises(ManifestError, match="acme and other"):
        refuse_twins({"acme": "1", "other": "1"})


@pytest.mark.parametrize("code", sorted(STOPS))
def test_a_stop_for_posting_is_an_answer_and_no_error(code: str) -> None:
    asked = ask_creator(a_client(Script(no(code, 200))), a_creator())
    assert asked.stop == code and asked.stop_what


def test_a_creator_who_may_post_is_told_with_the_levels_on_offer() -> None:
    answer = ok({"privacy_level_options": ["SELF_ONLY"], "max_video_post_duration_sec": 60, "duet_disabled": True})
    asked = ask_creator(a_client(Script(answer)), a_creator(privacy=None))
    assert (asked.privacy, asked.max_seconds, asked.nickname) == ((Privacy.ONLY_ME,), 60, "Acme Studio")


@pytest.mark.parametrize("code", ["scope_not_authorized", "scope_permission_missed"])
def test_a_scope_for_direct_posts_that_is_missing_is_an_answer_and_no_error(code: str) -> None:
    asked = ask_creator(a_client(Script(no(code, 401))), a_creator(privacy=None))
    assert (asked.denied, asked.privacy) == ({"video.publish"}, None)


def test_what_the_token_may_not_ask_is_not_asked() -> None:
    script = Script()
    asked = ask_creator(a_client(script), a_creator(privacy=None), frozenset({"video.upload"}))
    assert (asked.denied, script.requests) == ({"video.publish"}, [])


@pytest.mark.parametrize(("code", "error"), [("access_token_invalid", SignInNeeded), ("invalid_params", Refused)])
def test_other_refusals_stay_what_they_are(code: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask_creator(a_client(Script(no(code))), a_creator())


# The list.


def listed(store: SqliteStore) -> dict[str, bool]:
    return {video.post_id: gone_at is None for video, gone_at in store.videos(OPEN_ID)}


def test_a_video_that_is_not_listed_any_more_is_gone(store: SqliteStore) -> None:
    read_list(a_client(Script(a_page([30, 20, 10]))), store, OPEN_ID, NOW, full=False)
    later = NOW + timedelta(minutes=1)
    read_list(a_client(Script(a_page([30, 10]))), store, OPEN_ID, later, full=True)
    assert listed(store) == {"30": True, "20": False, "10": True}


def test_what_lies_before_the_last_page_read_is_left_as_it_was(store: SqliteStore) -> None:
    read_list(a_client(Script(a_page([30, 20, 10]))), store, OPEN_ID, NOW, full=False)
    later = NOW + timedelta(minutes=1)
    script = Script(a_page([40, 30], cursor=30_000, more=True))
    read_list(a_client(script), store, OPEN_ID, later, full=False)
    assert listed(store) == {"40": True, "30": True, "20": True, "10": True}
    assert len(script.requests) == 1


def test_a_video_whose_time_tiktok_does_not_tell_makes_no_other_gone(store: SqliteStore) -> None:
    read_list(a_client(Script(a_page([30, 20, 10]))), store, OPEN_ID, NOW, full=False)
    timeless = ok({"videos": [{"id": "99"}, {"id": "30", "create_time": 30}], "has_more": True, "cursor": 30_000})
    read_list(a_client(Script(timeless)), store, OPEN_ID, NOW + timedelta(minutes=1), full=False)
    assert listed(store) == {"99": True, "30": True, "20": True, "10": True}


def test_a_list_that_may_not_be_read_is_told_and_changes_nothing(store: SqliteStore) -> None:
    assert not read_list(a_client(Script(no("scope_not_authorized", 401))), store, OPEN_ID, NOW, full=False)
    assert store.list_read_at(OPEN_ID) is None


def test_a_list_cut_off_in_its_middle_changes_nothing(store: SqliteStore) -> None:
    read_list(a_client(Script(a_page([30, 20]))), store, OPEN_ID, NOW, full=False)
    script = Script(a_page([30], cursor=30_000, more=True), no("internal_error", 500))
    with pytest.raises(Exception, match="TikTok could not answer"):
        read_list(a_client(script), store, OPEN_ID, NOW + timedelta(minutes=1), full=True)
    assert listed(store) == {"30": True, "20": True}


# Attempts.


def looked_at(bench: Bench) -> list[str]:
    rows = look_at_attempts(bench.steps, bench.store.posts(OPEN_ID), bench.clock).behind
    return [str(row.last.phase) for row in rows if row.last]


def test_open_and_unknown_attempts_are_asked_about(bench: Bench) -> None:
    bench.processing()
    bench.tiktok.statuses = [PUBLISHED]
    assert looked_at(bench) == ["published"]
    bench.clock.advance(timedelta(days=3))
    assert looked_at(bench) == []
    assert bench.tiktok.count("status") == 1


def test_a_refresh_never_sends_nor_ends_an_upload(bench: Bench) -> None:
    attempt = bench.uploading(last_put_at=NOW)
    bench.clock.advance(timedelta(hours=9))
    bench.tiktok.statuses = [has(0)]
    looked_at(bench)
    assert bench.tiktok.calls == [("status",)]
    assert bench.on_disk(attempt).phase is Phase.UPLOADING


def test_an_answer_that_does_not_come_leaves_the_attempt(bench: Bench) -> None:
    attempt = bench.processing()
    bench.tiktok.statuses = [silence()]
    looked_at(bench)
    assert bench.on_disk(attempt).phase is Phase.PROCESSING


def test_ids_that_never_come_are_asked_for_a_few_at_a_time_and_not_for_ever(bench: Bench) -> None:
    bench.tiktok.statuses = [Status("PUBLISH_COMPLETE")]
    for number in range(15):
        bench.post = dataclasses.replace(bench.post, name=f"post-{number}")
        bench.store.save(bench.steps.look(bench.processing()).attempt.noting(NOW), "noted")
    bench.tiktok.calls.clear()
    looked_at(bench)
    assert bench.tiktok.count("status") == LATE_IDS
    bench.clock.advance(timedelta(days=8))
    looked_at(bench)
    assert bench.tiktok.count("status") == LATE_IDS


def test_a_draft_that_the_creator_posted_is_found(site: Site) -> None:
    site.studio.post("idea", "acme_de")
    site.apply()
    assert site.phases("idea", "acme_de") == ["delivered"]
    site.emulator.publish_draft(site.row("idea", "acme_de").attempts[0].publish_id)
    site.kinds()
    assert site.phases("idea", "acme_de") == ["published"]


def test_a_plan_while_bytes_are_sent_disturbs_nothing(site: Site) -> None:
    site.studio.post("launch")
    site.on_tell = lambda told: site.kinds() and None if told.event == "progress" else None
    assert site.apply().results == {"acme/launch": "published"}
    assert len(site.arrived()) == 1


def test_a_video_that_vanishes_is_drift_a_day_later(tmp_path: Path, clock: ManualClock) -> None:
    with a_site(tmp_path, clock, pace=Pace(processing_polls=0, moderation_polls=0)) as site:
        site.studio.post("launch")
        site.apply()
        site.emulator.add_video("acme", Video(caption="another"))
        site.kinds()
        site.emulator.delete_video(site.row().post_id)
        clock.advance(timedelta(days=2))
        assert site.kinds() == {"acme/launch": "drift"}
        assert site.apply().results == {}


def test_a_look_that_brings_no_news_says_so(bench: Bench) -> None:
    bench.processing()
    bench.tiktok.statuses = [silence(), PUBLISHED]
    looked = look_at_attempts(bench.steps, bench.store.posts(OPEN_ID), bench.clock)
    ((key, problem),) = looked.no_news.items()
    assert (key, problem.code) == ("acme/launch", "unanswered")
    assert "as last known: cut off" in as_last_known(problem).what
    assert not look_at_attempts(bench.steps, bench.store.posts(OPEN_ID), bench.clock).no_news


def pulling(bench: Bench, posts: int) -> None:
    """So many posts that TikTok is processing."""
    for number in range(posts):
        bench.pulled(Phase.PROCESSING, a_post(name=f"post-{number}"))


@pytest.mark.parametrize(("fails", "asked"), [(NotSent(Problem("not-sent", "no network", "")), 1), (silence(), 3)])
def test_many_open_attempts_and_no_network_are_one_question_and_a_silent_tiktok_few(
    bench: Bench, fails: Exception, asked: int
) -> None:
    pulling(bench, 6)
    bench.tiktok.statuses = [fails]
    looked = look_at_attempts(bench.steps, bench.store.posts(OPEN_ID), bench.clock)
    assert len(looked.no_news) == 6
    assert len({problem.code for problem in looked.no_news.values()}) == 1
    assert bench.tiktok.count("status") == asked


def test_an_attempt_that_alone_is_never_answered_keeps_nobody_from_asking_about_the_others(bench: Bench) -> None:
    pulling(bench, 6)
    bench.tiktok.statuses = [silence(), silence(), PUBLISHED, silence(), PUBLISHED]
    looked = look_at_attempts(bench.steps, bench.store.posts(OPEN_ID), bench.clock)
    assert (len(looked.no_news), bench.tiktok.count("status")) == (3, 6)
