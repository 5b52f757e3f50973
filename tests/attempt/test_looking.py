"""From the last byte to the end: what each word of TikTok's leads to, and that none of it ever sends again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contentsync.errors import Problem, SignInNeeded
from contentsync.lifecycle import Phase
from contentsync.post_state import Attempt
from contentsync.tiktok.wire import Status
from tests.attempt.bench import PUBLISHED, Bench, a_refusal, has, no_line, silence
from tests.builders import NOW, a_slideshow

MINUTE = timedelta(minutes=1)
FAILED = Status("FAILED", "internal")


@pytest.mark.parametrize(
    ("status", "phase", "post_id"),
    [
        (PUBLISHED, Phase.PUBLISHED, "7400000000000000009"),
        (Status("PUBLISH_COMPLETE"), Phase.PUBLISHED, ""),
        (Status("PUBLISH_COMPLETE", post_ids=("1", "2")), Phase.PUBLISHED, "1"),
        (Status("SEND_TO_USER_INBOX"), Phase.DELIVERED, ""),
        (FAILED, Phase.FAILED, ""),
        (Status("FAILED"), Phase.FAILED, ""),
        (Status("FAILED", "a_new_reason"), Phase.FAILED, ""),
        (Status(""), Phase.PROCESSING, ""),
        (Status("A_NEW_WORD"), Phase.PROCESSING, ""),
        (Status("PROCESSING_UPLOAD"), Phase.PROCESSING, ""),
        (has(0), Phase.PROCESSING, ""),
    ],
)
def test_each_word_of_a_status_leads_to_its_phase(bench: Bench, status: Status, phase: Phase, post_id: str) -> None:
    bench.tiktok.statuses = [status]
    after = bench.on_disk(bench.advance(bench.processing()).attempt)
    assert (after.phase, after.post_id) == (phase, post_id)


@pytest.mark.parametrize(
    "trouble",
    [
        silence(),
        no_line(),
        a_refusal("rate_limit_exceeded"),
        a_refusal("scope_not_authorized"),
        a_refusal("access_token_invalid"),
        a_refusal("token_not_authorized_for_specified_publish_id"),
        SignInNeeded(Problem("sign-in", "no token", "")),
    ],
)
def test_no_trouble_while_looking_changes_a_thing_or_sends_again(bench: Bench, trouble: Exception) -> None:
    bench.tiktok.statuses = [trouble]
    step = bench.advance(bench.processing())
    assert step.attempt.phase is Phase.PROCESSING and step.problem is not None
    assert {call[0] for call in bench.tiktok.calls} == {"status"}


def test_an_unknown_id_is_no_failure_in_the_first_minute(bench: Bench) -> None:
    bench.tiktok.statuses = [a_refusal("invalid_publish_id")]
    attempt = bench.processing()
    assert bench.advance(attempt).attempt.phase is Phase.PROCESSING
    bench.clock.advance(MINUTE)
    lost = bench.advance(attempt).attempt
    assert (lost.phase, lost.problem_code) == (Phase.UNKNOWN, "lost-sight")


def test_an_unknown_id_after_the_last_put_is_concluded_by_the_one_who_sends_only(bench: Bench) -> None:
    attempt = bench.uploading(last_put_at=NOW)
    bench.tiktok.statuses = [a_refusal("invalid_publish_id")]
    bench.clock.advance(MINUTE)
    assert bench.steps.look(attempt).attempt.phase is Phase.UPLOADING
    assert bench.advance(attempt).attempt.phase is Phase.UNKNOWN


@pytest.mark.parametrize("reason", ["internal", "video_pull_failed", "photo_pull_failed"])
def test_a_passing_failure_may_be_followed_by_one_more_attempt(bench: Bench, reason: str) -> None:
    bench.tiktok.statuses = [Status("FAILED", reason)]
    first = bench.advance(bench.processing()).attempt
    second = bench.advance(bench.processing()).attempt
    assert (first.retry, second.retry) == (True, False)


@pytest.mark.parametrize("reason", ["file_format_check_failed", "spam_risk", "auth_removed", "publish_cancelled", ""])
def test_other_failures_need_a_person(bench: Bench, reason: str) -> None:
    bench.tiktok.statuses = [Status("FAILED", reason)]
    assert bench.advance(bench.processing()).attempt.retry is False


def test_a_cap_told_by_status_is_waited_out_for_a_day(bench: Bench) -> None:
    bench.tiktok.statuses = [Status("FAILED", "spam_risk_too_many_posts")]
    failed = bench.advance(bench.processing()).attempt
    assert (failed.retry, failed.not_before) == (True, NOW + timedelta(days=1))


# Unknown ones.


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (PUBLISHED, Phase.PUBLISHED),
        (Status("SEND_TO_USER_INBOX"), Phase.DELIVERED),
        (FAILED, Phase.FAILED),
        (has(10), Phase.PROCESSING),
        (has(9), Phase.PROCESSING),
        (has(3), Phase.UNKNOWN),
        (has(None), Phase.UNKNOWN),
    ],
)
def test_an_unknown_upload_is_settled_by_evidence_only(bench: Bench, status: Status, phase: Phase) -> None:
    bench.tiktok.statuses = [status]
    assert bench.advance(bench.lost_sight()).attempt.phase is phase


@pytest.mark.parametrize(("count", "phase"), [(3, Phase.ORPHANED), (None, Phase.UNKNOWN), (10, Phase.PROCESSING)])
def test_an_unknown_upload_whose_bytes_never_came_is_orphaned_after_its_hour(
    bench: Bench, count: int | None, phase: Phase
) -> None:
    attempt = bench.lost_sight()
    bench.clock.advance(timedelta(minutes=65))
    bench.tiktok.statuses = [has(count)]
    assert bench.advance(attempt).attempt.phase is phase


def test_an_unknown_one_of_which_tiktok_had_all_is_processed_again(bench: Bench) -> None:
    bench.tiktok.statuses = [has(None)]
    assert bench.advance(bench.lost_sight(sent_bytes=10)).attempt.phase is Phase.PROCESSING


def after_its_hour(bench: Bench, count: int | None) -> Attempt:
    """An upload whose last chunk was answered 201, as TikTok tells of it 65 minutes later."""
    bench.tiktok.statuses = [has(0), has(count)]
    sent = bench.advance(bench.uploading()).attempt
    assert sent.phase is Phase.PROCESSING
    bench.clock.advance(timedelta(minutes=65))
    return bench.advance(sent).attempt


@pytest.mark.parametrize(
    ("count", "phase"), [(3, Phase.UNKNOWN), (0, Phase.UNKNOWN), (10, Phase.PROCESSING), (None, Phase.PROCESSING)]
)
def test_a_count_that_speaks_against_a_201_for_an_hour_is_for_a_person(
    bench: Bench, count: int | None, phase: Phase
) -> None:
    seen = after_its_hour(bench, count)
    assert (seen.phase, bench.advance(seen).attempt.phase, bench.tiktok.count("init")) == (phase, phase, 0)


def test_what_a_201_took_is_published_in_the_end_whatever_was_counted(bench: Bench) -> None:
    unknown = after_its_hour(bench, 3)
    bench.tiktok.statuses = [PUBLISHED]
    assert bench.advance(unknown).attempt.phase is Phase.PUBLISHED


def test_a_pull_without_an_id_can_not_be_asked_about(bench: Bench) -> None:
    unknown = bench.pulled(Phase.UNKNOWN, a_slideshow())
    assert bench.advance(unknown, a_slideshow()).attempt.phase is Phase.UNKNOWN
    assert bench.tiktok.calls == []


@pytest.mark.parametrize("status", [has(0), Status("PROCESSING_DOWNLOAD", uploaded_bytes=0), has(7)])
def test_a_count_of_uploaded_bytes_says_nothing_about_a_pull(bench: Bench, status: Status) -> None:
    attempt = bench.pulled(Phase.PROCESSING, a_slideshow())
    bench.tiktok.statuses = [status]
    bench.clock.advance(timedelta(hours=2))
    assert bench.advance(attempt).attempt.phase is Phase.PROCESSING


def test_a_pull_whose_id_is_not_known_any_more_is_unknown(bench: Bench) -> None:
    attempt = bench.pulled(Phase.PROCESSING, a_slideshow())
    bench.clock.advance(MINUTE)
    bench.tiktok.statuses = [a_refusal("invalid_publish_id")]
    assert bench.advance(attempt, a_slideshow()).attempt.phase is Phase.UNKNOWN


# After the end.


def test_a_draft_becomes_a_post_once_the_creator_posts_it(bench: Bench) -> None:
    bench.tiktok.statuses = [Status("SEND_TO_USER_INBOX"), FAILED, PUBLISHED]
    delivered = bench.advance(bench.processing()).attempt
    assert bench.steps.look(delivered).attempt.phase is Phase.DELIVERED
    assert bench.steps.look(delivered).attempt.phase is Phase.PUBLISHED


def test_an_id_that_comes_late_is_bound(bench: Bench) -> None:
    bench.tiktok.statuses = [Status("PUBLISH_COMPLETE"), Status("PUBLISH_COMPLETE"), PUBLISHED]
    published = bench.advance(bench.processing()).attempt
    assert bench.steps.late_id(published).attempt.post_id == ""
    assert bench.steps.late_id(published).attempt.post_id == "7400000000000000009"
    assert bench.store.bindings(published.open_id) == {"7400000000000000009": published.post_uid}


@pytest.mark.parametrize("trouble", [silence(), no_line(), a_refusal("invalid_publish_id")])
def test_a_late_id_that_can_not_be_had_changes_nothing(bench: Bench, trouble: Exception) -> None:
    bench.tiktok.statuses = [Status("PUBLISH_COMPLETE"), trouble]
    published = bench.advance(bench.processing()).attempt
    assert bench.steps.late_id(published).attempt.phase is Phase.PUBLISHED


def test_what_another_process_learnt_meanwhile_wins(bench: Bench) -> None:
    attempt = bench.processing()
    bench.tiktok.statuses = [PUBLISHED, FAILED]
    bench.another().look(attempt)
    step = bench.advance(attempt)
    assert step.attempt.phase is Phase.PUBLISHED
    assert step.again_in == 2.0
