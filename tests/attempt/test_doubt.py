"""FAILED that is none: with an id, of a post that the list shows, or taken back later; and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contentsync.attempt.doubt import THERE, ask_again, doubtful
from contentsync.attempt.step import Step
from contentsync.errors import Problem
from contentsync.lifecycle import Event, Phase
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost
from contentsync.tiktok.wire import Status
from tests.attempt.bench import PUBLISHED, Bench, a_refusal, has, no_line, silence
from tests.builders import NOW

FAILED = Status("FAILED", "internal")
VIDEO = "7400000000000000009"
WITH_ID = Status("FAILED", "internal", post_ids=(VIDEO,))


def a_video(**over: Any) -> RemotePost:
    return RemotePost(**({"post_id": VIDEO, "created_at": NOW, "caption": "Launch day", "duration": 10} | over))


def failed(bench: Bench) -> Attempt:
    bench.tiktok.statuses = [FAILED]
    return bench.advance(bench.processing()).attempt


def reconsidered(bench: Bench) -> Step | None:
    return bench.steps.reconsider(row(bench), 1)


def row(bench: Bench) -> PostState:
    found = bench.store.post_named("open-id-of-acme", "launch")
    assert found is not None
    return found


# In the answer itself.


def test_a_failure_with_a_post_id_is_unknown(bench: Bench) -> None:
    bench.tiktok.statuses = [WITH_ID]
    step = bench.advance(bench.processing())
    assert (step.attempt.phase, step.attempt.problem_code) == (Phase.UNKNOWN, THERE)
    assert VIDEO in step.attempt.problem_what and step.attempt.post_id == ""


def test_an_upload_under_way_that_failed_with_a_post_id_is_unknown(bench: Bench) -> None:
    bench.tiktok.statuses = [WITH_ID]
    assert bench.advance(bench.uploading()).attempt.phase is Phase.UNKNOWN


@pytest.mark.parametrize("status", [WITH_ID, FAILED])
def test_an_unknown_that_something_speaks_for_is_not_failed_by_a_word(bench: Bench, status: Status) -> None:
    bench.tiktok.statuses = [WITH_ID, status]
    unknown = bench.advance(bench.processing()).attempt
    assert bench.steps.look(unknown).attempt.phase is Phase.UNKNOWN


def test_an_unknown_failure_is_published_once_tiktok_says_so(bench: Bench) -> None:
    bench.tiktok.statuses = [WITH_ID, PUBLISHED]
    assert bench.steps.look(bench.advance(bench.processing()).attempt).attempt.phase is Phase.PUBLISHED


# Before another attempt.


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (PUBLISHED, Phase.PUBLISHED),
        (Status("SEND_TO_USER_INBOX"), Phase.DELIVERED),
        (WITH_ID, Phase.UNKNOWN),
        (has(10), Phase.UNKNOWN),
    ],
)
def test_a_failure_that_tiktok_takes_back_allows_no_new_attempt(bench: Bench, status: Status, phase: Phase) -> None:
    attempt = failed(bench)
    bench.tiktok.statuses = [status]
    step = reconsidered(bench)
    assert step is not None and step.attempt.phase is phase
    assert bench.on_disk(attempt).phase is phase


def test_a_failure_that_the_list_shows_is_unknown(bench: Bench) -> None:
    attempt = failed(bench)
    bench.tiktok.listed = [a_video()]
    step = reconsidered(bench)
    assert step is not None and VIDEO in step.attempt.problem_what
    assert bench.on_disk(attempt).phase is Phase.UNKNOWN


@pytest.mark.parametrize(
    "video", [a_video(caption="Another day"), a_video(duration=99), a_video(created_at=NOW - timedelta(hours=25))]
)
def test_a_video_that_does_not_fit_says_nothing(bench: Bench, video: RemotePost) -> None:
    failed(bench)
    bench.tiktok.listed = [video]
    assert reconsidered(bench) is None


def test_a_video_that_belongs_to_another_post_says_nothing(bench: Bench) -> None:
    attempt = failed(bench)
    bench.tiktok.listed = [a_video()]
    bench.store.bind_post(bench.other_post, attempt.open_id, VIDEO, "import", NOW)
    assert reconsidered(bench) is None


@pytest.mark.parametrize("trouble", [silence(), no_line(), a_refusal("rate_limit_exceeded")])
def test_nothing_new_begins_while_tiktok_can_not_be_asked(bench: Bench, trouble: Exception) -> None:
    attempt = failed(bench)
    bench.tiktok.statuses = [trouble]
    asked = reconsidered(bench)
    bench.tiktok.statuses, bench.tiktok.list_trouble = [FAILED], trouble
    listed = reconsidered(bench)
    assert asked is not None and listed is not None
    assert (asked.problem is not None, listed.problem is not None) == (True, True)
    assert bench.on_disk(attempt).phase is Phase.FAILED


def test_a_list_that_may_not_be_read_and_an_id_that_tiktok_forgot_leave_its_word(bench: Bench) -> None:
    failed(bench)
    bench.tiktok.statuses = [a_refusal("invalid_publish_id")]
    bench.tiktok.list_trouble = a_refusal("scope_not_authorized")
    assert reconsidered(bench) is None


def test_a_failure_is_asked_about_for_a_week(bench: Bench) -> None:
    attempt = failed(bench)
    assert doubtful(row(bench), NOW + timedelta(days=6)) == [attempt]
    assert doubtful(row(bench), NOW + timedelta(days=8)) == []


def test_a_failure_before_the_last_byte_is_not_asked_about(bench: Bench) -> None:
    bench.tiktok.statuses = [FAILED]
    bench.advance(bench.uploading())
    assert doubtful(row(bench), NOW) == []


def test_a_later_generation_follows_without_a_question(bench: Bench) -> None:
    failed(bench)
    bench.tiktok.statuses = [PUBLISHED]
    assert bench.steps.reconsider(row(bench), 2) is None


# While another attempt is open.


def test_an_upload_ends_before_its_last_byte_once_an_earlier_attempt_turns_out_to_be_published(bench: Bench) -> None:
    first = failed(bench)
    second = bench.uploading()
    bench.store.save(first.after(Event.PUBLISHED, NOW, retry=False), "published")
    bench.tiktok.statuses = [has(0)]
    step = bench.advance(second)
    assert (step.attempt.phase, step.problem and step.problem.code) == (Phase.ORPHANED, "posted-meanwhile")
    assert bench.tiktok.count("put") == 0


def test_an_upload_whose_earlier_attempt_is_published_meanwhile_does_not_send_its_last_bytes(bench: Bench) -> None:
    first = failed(bench)
    second = bench.uploading(chunk=10)
    late = first.after(Event.PUBLISHED, NOW, retry=False)
    bench.tiktok.before_last_block = lambda: bench.store.save(late, "published") and None
    bench.tiktok.statuses = [has(0)]
    bench.advance(second)
    assert bench.tiktok.sent == []


def test_a_failure_is_not_made_unknown_beside_an_open_attempt(bench: Bench) -> None:
    first = failed(bench)
    bench.uploading()
    bench.tiktok.statuses = [WITH_ID]
    step = reconsidered(bench)
    assert step is None or step.attempt.phase is Phase.FAILED
    assert bench.on_disk(first).phase is Phase.FAILED


def test_what_was_posted_twice_is_said_and_not_hidden(bench: Bench) -> None:
    first = failed(bench)
    second = bench.processing()
    bench.store.save(second.after(Event.PUBLISHED, NOW), "published")
    bench.tiktok.statuses = [PUBLISHED]
    step = ask_again(bench.steps, first)
    assert isinstance(step.problem, Problem) and step.problem.code == "posted-twice"


def test_a_failure_of_a_video_that_was_listed_before_is_unknown_at_once(bench: Bench) -> None:
    attempt = bench.processing()
    bench.store.save_videos(attempt.open_id, [a_video()], back_to=None, now=NOW)
    bench.tiktok.statuses = [FAILED]
    assert bench.advance(attempt).attempt.phase is Phase.UNKNOWN
