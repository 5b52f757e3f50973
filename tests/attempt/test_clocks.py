"""This machine's clock is set while bytes are on their way: TikTok's says whether they may still arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contentsync.lifecycle import Phase
from contentsync.post_state import Attempt
from contentsync.tiktok.client import PutAnswer
from contentsync.tiktok.wire import InitAnswer, Status
from tests.attempt.bench import URL, Bench, has, silence
from tests.builders import NOW, ManualClock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
THERE = NOW - 3 * MINUTE  # TikTok's clock is never quite ours


def told(count: int | None, at: datetime | None) -> Status:
    return replace(has(count), date=at)


def killed_at_its_last_put(bench: Bench, **over: Any) -> Attempt:
    """An upload whose last PUT had begun when its process died; its bytes may still be on their way."""
    return bench.uploading(chunk=10, **({"last_put_at": NOW, "tiktok_opened_at": THERE} | over))


def set_ahead(bench: Bench, by: timedelta) -> None:
    """The next process, on a machine whose clock was set; no second has passed."""
    clock = ManualClock(NOW + by)
    bench.clock, bench.steps = clock, bench.another(clock)


@pytest.mark.parametrize("ahead", [2 * HOUR, 30 * DAY])
def test_an_upload_goes_on_where_only_this_machines_clock_says_that_its_hour_is_over(
    bench: Bench, ahead: timedelta
) -> None:
    attempt = killed_at_its_last_put(bench)
    set_ahead(bench, ahead)
    bench.tiktok.statuses = [told(0, THERE + MINUTE)]
    step = bench.advance(attempt)
    assert step.attempt.phase is Phase.PROCESSING
    assert (bench.tiktok.count("init"), bench.tiktok.count("put")) == (0, 1)


def test_it_ends_once_tiktoks_clock_says_so_too(bench: Bench) -> None:
    attempt = killed_at_its_last_put(bench)
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(0, THERE + 65 * MINUTE)]
    assert bench.advance(attempt).attempt.phase is Phase.ORPHANED


@pytest.mark.parametrize("passed", [61 * MINUTE, 64 * MINUTE])
def test_what_was_sent_within_the_hour_is_given_its_time_by_tiktoks_clock(bench: Bench, passed: timedelta) -> None:
    attempt = killed_at_its_last_put(bench, upload_url="")
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(0, THERE + passed)]
    step = bench.advance(attempt)
    assert (step.attempt.phase, step.attempt.upload_url) == (Phase.UPLOADING, "")
    assert step.problem is not None and step.problem.code == "clocks-differ"
    assert "by TikTok's it has" in step.problem.what


@pytest.mark.parametrize(("opened", "date"), [(None, THERE), (THERE, None)])
def test_without_tiktoks_clock_this_machines_is_believed(
    bench: Bench, opened: datetime | None, date: datetime | None
) -> None:
    attempt = killed_at_its_last_put(bench, tiktok_opened_at=opened)
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(0, date)]
    assert bench.advance(attempt).attempt.phase is Phase.ORPHANED


def test_tiktoks_clock_far_in_the_future_ends_nothing(bench: Bench) -> None:
    attempt = killed_at_its_last_put(bench)
    bench.tiktok.statuses = [told(0, THERE + 1_000 * DAY)]
    bench.tiktok.puts = [silence()]
    assert bench.advance(attempt).attempt.phase is Phase.UPLOADING


def test_tiktoks_clock_that_went_back_by_days_leaves_a_question_for_a_person(bench: Bench) -> None:
    attempt = killed_at_its_last_put(bench)
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(0, THERE - 2 * DAY)]
    lost = bench.advance(attempt).attempt
    assert (lost.phase, lost.problem_code) == (Phase.UNKNOWN, "lost-sight")
    assert "TikTok's clock went back" in lost.problem_what


@pytest.mark.parametrize(("passed", "phase"), [(MINUTE, Phase.UNKNOWN), (66 * MINUTE, Phase.ORPHANED)])
def test_an_unknown_upload_is_ruled_out_by_both_clocks_only(bench: Bench, passed: timedelta, phase: Phase) -> None:
    attempt = bench.lost_sight(tiktok_opened_at=THERE)
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(3, THERE + passed)]
    assert bench.advance(attempt).attempt.phase is phase


def test_an_upload_whose_last_put_never_began_goes_on_too(bench: Bench) -> None:
    attempt = bench.uploading(tiktok_opened_at=THERE)
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(0, THERE + MINUTE)]
    step = bench.advance(attempt)
    assert (step.attempt.phase, bench.tiktok.count("init")) == (Phase.PROCESSING, 0)


def test_an_edited_post_is_told_why_its_old_upload_is_not_ended(bench: Bench) -> None:
    attempt = bench.uploading(tiktok_opened_at=THERE)
    set_ahead(bench, 2 * HOUR)
    bench.tiktok.statuses = [told(0, THERE + 12 * MINUTE)]
    step = bench.steps.advance(attempt, replace(bench.post, caption="Another"))
    assert step.problem is not None and step.problem.code == "edited-while-uploading"
    assert "by TikTok's it has 48 min left" in step.problem.what


def test_tiktoks_clock_is_on_disk_with_the_address(bench: Bench) -> None:
    bench.tiktok.inits = [InitAnswer("v_pub_file~v2-1.77", URL, date=THERE)]
    opened = bench.on_disk(bench.advance(bench.intent()).attempt)
    assert (opened.phase, opened.tiktok_opened_at) == (Phase.UPLOADING, THERE)


def test_a_slow_upload_is_measured_by_both_clocks(bench: Bench) -> None:
    bench.tiktok.before_put = lambda: bench.clock.advance(timedelta(minutes=5))
    bench.tiktok.puts = [PutAnswer(206), PutAnswer(206), PutAnswer(201)]
    bench.tiktok.statuses = [told(0, THERE)]
    attempt = bench.uploading(tiktok_opened_at=THERE)
    set_ahead(bench, 59 * MINUTE)
    step = bench.advance(attempt)
    assert (step.attempt.phase, bench.tiktok.count("init")) == (Phase.PROCESSING, 0)
