"""Is every byte the approved one? Files that are altered, and restored, at any moment of an upload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from contentsync.attempt.step import Step
from contentsync.errors import Problem
from contentsync.lifecycle import Phase
from contentsync.post_state import Attempt
from contentsync.tiktok.wire import Status
from tests.attempt.bench import BYTES, Bench, has, silence

ALTERED = b"01234x6789"  # in the second of three chunks
HOUR = timedelta(hours=1)


def puts(bench: Bench) -> list[tuple[Any, ...]]:
    return [call for call in bench.tiktok.calls if call[0] == "put"]


def at_puts(bench: Bench, *does: Callable[[], object]) -> None:
    """Do the first before the first PUT is read, and so on."""
    turns = iter(does)
    bench.tiktok.before_put = lambda: next(turns, lambda: None)() and None


def code_of(step: Step) -> str:
    return step.problem.code if step.problem else ""


def cut_off(bench: Bench, after: int) -> Attempt:
    """An upload whose process was killed when the chunk of that number had arrived, and nothing was heard of it."""

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    attempt = bench.uploading()
    bench.tiktok.puts = [None] * after + [kill]
    with pytest.raises(Killed):
        bench.advance(attempt)
    bench.tiktok.puts = [None]
    bench.tiktok.statuses = [has(3 * (after + 1))]
    bench.steps = bench.another()
    return bench.on_disk(attempt)


# In one process.


def test_a_file_altered_before_its_last_chunk_ends_the_attempt_for_good(bench: Bench) -> None:
    attempt = bench.uploading()
    bench.file.write_bytes(ALTERED)
    step = bench.advance(attempt)
    assert code_of(step) == "media-changed"
    assert step.problem is not None
    assert step.problem.what.startswith(f"{bench.post.media[0].path} is not the planned file")
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5)]
    assert (step.attempt.phase, step.attempt.upload_url, step.attempt.last_put_at) == (Phase.ORPHANED, "", None)


def test_a_file_altered_and_restored_while_it_is_sent_ends_the_attempt_for_good(bench: Bench) -> None:
    attempt = bench.uploading()
    at_puts(
        bench,
        lambda: bench.file.write_bytes(ALTERED),
        lambda: None,
    )
    bench.tiktok.puts = [None, lambda: bench.file.write_bytes(BYTES) and None, None]
    step = bench.advance(attempt)
    assert (code_of(step), step.attempt.phase) == ("upload-altered", Phase.ORPHANED)
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5)]


def test_a_chunk_altered_while_it_is_read_never_gets_its_last_block(bench: Bench) -> None:
    attempt = bench.uploading()
    at_puts(bench, lambda: None, lambda: bench.file.write_bytes(ALTERED))
    step = bench.advance(attempt)
    assert (bench.tiktok.sent, step.attempt.phase) == ([b"012"], Phase.ORPHANED)


def test_a_chunk_sent_again_with_other_bytes_ends_the_attempt(bench: Bench) -> None:
    """TikTok's count may lag: what went out first may be what it keeps."""
    attempt = bench.uploading()
    bench.file.write_bytes(ALTERED)
    bench.tiktok.puts = [None, silence(), None]
    bench.tiktok.statuses = [has(0), lambda: bench.file.write_bytes(BYTES) and has(3)]
    step = bench.advance(attempt)
    assert (code_of(step), step.attempt.phase) == ("upload-altered", Phase.ORPHANED)
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5)]


def test_a_last_chunk_altered_while_it_is_read_is_never_completed_by_anyone(bench: Bench) -> None:
    attempt = bench.uploading(chunk=10)
    at_puts(bench, lambda: bench.file.write_bytes(b"x" * 10))
    given_up = bench.advance(attempt).attempt
    bench.file.write_bytes(BYTES)
    again = bench.another().advance(bench.on_disk(given_up), bench.post)
    assert (bench.tiktok.sent, len(puts(bench)), given_up.upload_url) == ([], 1, "")
    assert again.attempt.phase is Phase.UPLOADING
    bench.clock.advance(HOUR + timedelta(minutes=5))
    bench.tiktok.statuses = [has(0)]
    assert bench.another().advance(again.attempt, bench.post).attempt.phase is Phase.ORPHANED


# From one process to the next.


@pytest.mark.parametrize("after", [0, 1])
def test_a_killed_upload_whose_file_is_as_it_was_goes_on(bench: Bench, after: int) -> None:
    step = bench.advance(cut_off(bench, after))
    assert step.attempt.phase is Phase.PROCESSING
    assert b"".join(bench.tiktok.sent) == BYTES


@pytest.mark.parametrize("after", [0, 1])
def test_a_killed_upload_of_an_altered_file_is_not_completed_with_the_restored_one(bench: Bench, after: int) -> None:
    bench.file.write_bytes(b"x" + BYTES[1:])
    attempt = cut_off(bench, after)
    bench.file.write_bytes(BYTES)
    step = bench.advance(attempt)
    assert (code_of(step), step.attempt.phase) == ("upload-altered", Phase.ORPHANED)
    assert len(puts(bench)) == after + 1


def test_a_killed_upload_whose_file_is_altered_since_sends_nothing(bench: Bench) -> None:
    attempt = cut_off(bench, 0)
    bench.file.write_bytes(b"x" + BYTES[1:])
    step = bench.advance(attempt)
    assert (code_of(step), step.attempt.phase, len(puts(bench))) == ("media-changed", Phase.ORPHANED, 1)


@pytest.mark.parametrize("wire", [0, 3])
def test_bytes_whose_digest_is_not_on_record_are_never_completed(bench: Bench, wire: int) -> None:
    bench.tiktok.statuses = [has(6)]
    step = bench.advance(bench.uploading(wire=wire))
    assert (code_of(step), step.attempt.phase, puts(bench)) == ("upload-altered", Phase.ORPHANED, [])


@pytest.mark.parametrize("count", [0, 3])
def test_bytes_that_tiktok_lost_are_sent_again_as_they_went_out(bench: Bench, count: int) -> None:
    bench.tiktok.statuses = [has(count)]
    step = bench.advance(bench.uploading(wire=6))
    assert (step.attempt.phase, b"".join(bench.tiktok.sent)) == (Phase.PROCESSING, BYTES[count:])


def test_bytes_that_tiktok_lost_are_not_sent_again_where_they_were_others(bench: Bench) -> None:
    bench.tiktok.statuses = [has(3)]
    step = bench.advance(bench.uploading(wire=6, data=ALTERED))
    assert (step.attempt.phase, puts(bench)) == (Phase.ORPHANED, [])


def test_the_digest_of_a_chunk_is_on_disk_before_the_chunk_goes(bench: Bench) -> None:
    attempt, seen = bench.uploading(), []
    bench.tiktok.before_put = lambda: seen.append(bench.on_disk(attempt).wire_bytes)
    bench.advance(attempt)
    assert seen == [3, 6, 10]


# A process that was stopped for long, and wakes.


def test_a_sleeper_whose_attempt_was_taken_over_does_not_send_its_last_bytes(bench: Bench) -> None:
    attempt, other = bench.uploading(chunk=10), bench.another()
    gone = Problem("upload-expired", "gone", "")

    def sleep() -> None:
        bench.clock.advance(2 * HOUR)
        other.end_upload(bench.on_disk(attempt), gone)

    bench.tiktok.before_last_block = sleep
    step = bench.advance(attempt)
    assert (bench.tiktok.sent, step.attempt.phase) == ([], Phase.ORPHANED)


def test_a_sleeper_that_wakes_after_the_hour_does_not_send_its_last_bytes(bench: Bench) -> None:
    attempt = bench.uploading(chunk=10)
    bench.tiktok.before_last_block = lambda: bench.clock.advance(HOUR) and None
    step = bench.advance(attempt)
    assert (bench.tiktok.sent, step.attempt.phase, step.attempt.upload_url) == ([], Phase.UPLOADING, "")


def test_a_sleeper_that_wakes_after_the_hour_before_its_last_chunk_does_not_begin_it(bench: Bench) -> None:
    attempt = bench.uploading()
    at_puts(bench, lambda: None, lambda: bench.clock.advance(HOUR))
    step = bench.advance(attempt)
    assert (len(puts(bench)), step.attempt.phase, code_of(step)) == (2, Phase.ORPHANED, "upload-expired")


def test_a_status_that_is_final_meanwhile_needs_no_bytes(bench: Bench) -> None:
    bench.file.write_bytes(ALTERED)
    bench.tiktok.statuses = [Status("PUBLISH_COMPLETE")]
    step = bench.advance(bench.uploading(wire=6))
    assert (step.attempt.phase, puts(bench)) == (Phase.PUBLISHED, [])
