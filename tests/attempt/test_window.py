"""A window that ends while an attempt is open: nothing more is sent, and the attempt comes to an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from contentsync.lifecycle import Phase
from contentsync.post import DesiredPost
from tests.attempt.bench import WORKING, Bench, has
from tests.builders import NOW, ManualClock

MINUTE = timedelta(minutes=1)


def until(bench: Bench, seconds: float) -> DesiredPost:
    """The post, whose window ends so many seconds after the start."""
    return replace(bench.post, expires_at=NOW + timedelta(seconds=seconds))


def test_an_upload_ends_before_the_first_chunk_past_its_window(bench: Bench, clock: ManualClock) -> None:
    attempt = bench.uploading(chunk=3)
    bench.tiktok.before_put = lambda: clock.advance(MINUTE)
    step = bench.advance(attempt, until(bench, 90))
    assert [call for call in bench.tiktok.calls if call[0] == "put"] == [("put", 0, 2), ("put", 3, 5)]
    assert step.problem and step.problem.code == "missed"
    assert (step.attempt.phase, step.attempt.problem_code, step.attempt.upload_url) == (Phase.ORPHANED, "missed", "")


def test_an_upload_that_was_left_open_ends_without_a_byte_after_its_window(bench: Bench, clock: ManualClock) -> None:
    attempt = bench.uploading(chunk=3, wire=6)
    bench.tiktok.statuses = [has(6)]
    clock.advance(MINUTE)
    step = bench.advance(attempt, until(bench, 30))
    assert bench.tiktok.calls == [("status",)]
    assert (step.attempt.phase, step.attempt.problem_code) == (Phase.ORPHANED, "missed")


def test_the_last_bytes_are_held_back_when_the_window_ends_during_their_put(bench: Bench, clock: ManualClock) -> None:
    attempt = bench.uploading(chunk=5)
    bench.tiktok.before_last_block = lambda: clock.advance(MINUTE)
    step = bench.advance(attempt, until(bench, 90))
    assert b"".join(bench.tiktok.sent) == bench.file.read_bytes()[:5]
    assert step.problem and step.problem.code == "missed"
    assert (step.attempt.phase, step.attempt.upload_url) == (Phase.UPLOADING, "")
    bench.tiktok.statuses = [has(5)]
    clock.advance(timedelta(hours=2))
    assert bench.advance(step.attempt, until(bench, 90)).attempt.phase is Phase.ORPHANED


def test_an_upload_whose_last_put_had_begun_is_only_asked_about_after_its_window(
    bench: Bench, clock: ManualClock
) -> None:
    attempt = bench.uploading(chunk=3, wire=10, last_put_at=NOW)
    bench.tiktok.statuses = [has(6), WORKING]
    clock.advance(MINUTE)
    step = bench.advance(attempt, until(bench, 30))
    assert not bench.tiktok.count("put")
    assert (step.attempt.phase, step.attempt.upload_url, bool(step.again_in)) == (Phase.UPLOADING, "", True)


def test_no_init_is_sent_after_the_window(bench: Bench, clock: ManualClock) -> None:
    attempt = bench.intent()
    clock.advance(MINUTE)
    step = bench.advance(attempt, until(bench, 30))
    assert bench.tiktok.calls == []
    assert step.problem and step.problem.code == "missed" and not step.attempt.is_open


def test_a_window_that_is_over_by_tiktoks_clock_counts_where_ours_is_wrong(bench: Bench) -> None:
    bench.tiktok.tiktok_now = NOW + timedelta(days=1)
    step = bench.advance(bench.intent(), until(bench, 3600))
    assert bench.tiktok.calls == []
    assert step.problem and "by TikTok's clock" in step.problem.what
