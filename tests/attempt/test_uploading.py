"""From the publish_id to the last byte: which bytes go, what is asked before, and what each answer leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contentsync.errors import Problem, Unanswered
from contentsync.lifecycle import Phase
from contentsync.tiktok.client import PutAnswer
from contentsync.tiktok.wire import Status
from tests.attempt.bench import BYTES, PUBLISHED, WORKING, Bench, a_refusal, has, no_line, silence
from tests.builders import NOW, ManualClock

HOUR = timedelta(hours=1)
IN_FLIGHT = timedelta(minutes=5)


def puts(bench: Bench) -> list[tuple[Any, ...]]:
    return [call for call in bench.tiktok.calls if call[0] == "put"]


# What is sent.


def test_chunks_go_in_order_and_make_the_file(bench: Bench) -> None:
    step = bench.advance(bench.uploading(chunk=3))
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5), ("put", 6, 9)]
    assert b"".join(bench.tiktok.sent) == BYTES
    assert (step.attempt.phase, step.attempt.upload_url) == (Phase.PROCESSING, "")


def test_that_the_last_put_begins_is_on_disk_before_it_begins(bench: Bench) -> None:
    attempt, seen = bench.uploading(chunk=5), []
    bench.tiktok.before_put = lambda: seen.append(bench.on_disk(attempt).last_put_at)
    bench.advance(attempt)
    assert seen == [None, NOW]


def test_a_pause_stops_an_upload_before_its_next_chunk(bench: Bench) -> None:
    attempt = bench.uploading(chunk=3)
    bench.tiktok.before_put = lambda: bench.store.pauses.add("acme", "", "", NOW) and None
    step = bench.advance(attempt)
    assert puts(bench) == [("put", 0, 2)]
    assert step.problem and step.problem.code == "paused"
    assert step.attempt.phase is Phase.UPLOADING and step.attempt.last_put_at is None
    bench.tiktok.before_put = lambda: None
    bench.store.pauses.lift("acme", NOW)
    assert bench.advance(step.attempt).attempt.phase is Phase.PROCESSING


def test_an_upload_whose_last_put_began_goes_on_to_its_end_under_a_pause(bench: Bench) -> None:
    bench.store.pauses.add("acme", "", "", NOW)
    bench.tiktok.statuses = [has(6)]
    step = bench.advance(bench.uploading(chunk=3, wire=10, last_put_at=NOW))
    assert step.attempt.phase is Phase.PROCESSING


def test_an_upload_found_on_disk_is_asked_about_before_anything_is_sent(bench: Bench) -> None:
    bench.tiktok.statuses = [has(6)]
    bench.advance(bench.uploading(chunk=3, wire=6))
    assert bench.tiktok.calls == [("status",), ("put", 6, 9)]


def test_an_upload_that_this_process_opened_needs_no_question(bench: Bench) -> None:
    opened = bench.advance(bench.intent())
    bench.advance(opened.attempt)
    assert bench.tiktok.calls == [("init",), ("put", 0, 9)]


def test_an_upload_that_came_back_unfinished_is_asked_about_again(bench: Bench) -> None:
    bench.tiktok.puts = [silence()]
    stuck = bench.advance(bench.uploading())
    bench.tiktok.puts = [None]
    bench.tiktok.calls.clear()
    bench.advance(stuck.attempt)
    assert bench.tiktok.calls[:2] == [("status",), ("put", 0, 2)]


@pytest.mark.parametrize("status", [PUBLISHED, Status("SEND_TO_USER_INBOX"), Status("FAILED", "internal"), has(10)])
def test_nothing_is_sent_where_tiktok_has_more_than_we_knew(bench: Bench, status: Status) -> None:
    bench.tiktok.statuses = [status]
    step = bench.advance(bench.uploading())
    assert step.attempt.phase is not Phase.UPLOADING
    assert step.attempt.upload_url == "" and puts(bench) == []


def test_an_upload_whose_manifest_is_gone_or_changed_gets_no_more_bytes(bench: Bench) -> None:
    attempt = bench.uploading()
    step = bench.steps.advance(attempt, None)
    assert step.problem is not None and step.problem.code == "edited-while-uploading"
    assert puts(bench) == []


# What a chunk is answered.


@pytest.mark.parametrize("reading", [3, 2, None])
def test_both_readings_of_content_range_go_on_with_the_next_chunk(bench: Bench, reading: int | None) -> None:
    bench.tiktok.puts = [PutAnswer(206, reading), None]
    bench.advance(bench.uploading())
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5), ("put", 6, 9)]


@pytest.mark.parametrize("status", [has(10), has(9), Status("PUBLISH_COMPLETE")])
def test_an_unclear_end_is_asked_about_and_not_sent_again(bench: Bench, status: Status) -> None:
    bench.tiktok.puts = [PutAnswer(200, None)]
    bench.tiktok.statuses = [has(0), status]
    step = bench.advance(bench.uploading(chunk=10))
    assert step.attempt.phase in {Phase.PROCESSING, Phase.PUBLISHED}
    assert len(puts(bench)) == 1


@pytest.mark.parametrize("told", [3, 5, 0])
def test_a_201_that_tells_of_fewer_bytes_is_asked_about(bench: Bench, told: int) -> None:
    bench.tiktok.puts = [None, None, PutAnswer(201, told), None]
    bench.tiktok.statuses = [has(0), has(6)]
    step = bench.advance(bench.uploading())
    assert (step.attempt.phase, puts(bench)[2:]) == (Phase.PROCESSING, [("put", 6, 9), ("put", 6, 9)])


def test_the_lost_answer_to_the_last_chunk_leads_to_a_question_never_to_init(bench: Bench) -> None:
    bench.tiktok.puts = [silence()]
    bench.tiktok.statuses = [has(0), has(10)]
    step = bench.advance(bench.uploading(chunk=10))
    assert (step.attempt.phase, bench.tiktok.count("init")) == (Phase.PROCESSING, 0)


@pytest.mark.parametrize("trouble", [PutAnswer(500), PutAnswer(503), PutAnswer(416), PutAnswer(429), silence()])
def test_passing_trouble_with_a_chunk_sends_the_same_chunk_again(bench: Bench, trouble: Any) -> None:
    bench.tiktok.puts = [None, trouble, None]
    bench.tiktok.statuses = [has(0), has(3)]
    step = bench.advance(bench.uploading())
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5), ("put", 3, 5), ("put", 6, 9)]
    assert step.attempt.phase is Phase.PROCESSING


def test_416_goes_on_from_what_tiktok_has(bench: Bench) -> None:
    bench.tiktok.puts = [PutAnswer(416), None]
    bench.tiktok.statuses = [has(0), has(6)]
    bench.advance(bench.uploading(wire=6))
    assert puts(bench) == [("put", 0, 2), ("put", 6, 9)]


@pytest.mark.parametrize("trouble", [PutAnswer(500), PutAnswer(416, 0), silence(), no_line()])
def test_an_offset_that_does_not_move_ends_this_run_and_loses_nothing(bench: Bench, trouble: Any) -> None:
    bench.tiktok.puts = [trouble]
    bench.tiktok.statuses = [has(0)]
    step = bench.advance(bench.uploading())
    assert (len(puts(bench)), step.again_in) == (5, None)
    assert step.problem is not None
    assert bench.on_disk(step.attempt).phase is Phase.UPLOADING


def test_a_server_that_forgets_what_it_took_does_not_keep_us_for_ever(bench: Bench) -> None:
    answers = [PutAnswer(206, 3), PutAnswer(416, 0)] * 20
    bench.tiktok.puts = answers
    bench.tiktok.statuses = [has(0)]
    step = bench.advance(bench.uploading())
    assert step.again_in is None
    assert len(puts(bench)) <= 12


@pytest.mark.parametrize("status", [403, 404])
def test_a_dead_address_before_the_last_put_ends_the_upload(bench: Bench, status: int) -> None:
    bench.tiktok.puts = [None, PutAnswer(status)]
    ended = bench.on_disk(bench.advance(bench.uploading()).attempt)
    assert (ended.phase, ended.upload_url, ended.problem_code) == (Phase.ORPHANED, "", f"upload-{status}")


@pytest.mark.parametrize("status", [403, 404])
def test_a_dead_address_at_the_last_put_leaves_only_looking(bench: Bench, status: int) -> None:
    bench.tiktok.puts = [PutAnswer(status)]
    kept = bench.on_disk(bench.advance(bench.uploading(chunk=10)).attempt)
    assert (kept.phase, kept.upload_url) == (Phase.UPLOADING, "")
    again = bench.advance(kept)
    assert (again.attempt.phase, len(puts(bench))) == (Phase.UPLOADING, 1)


def test_a_chunk_that_tiktok_can_not_read_is_not_repeated(bench: Bench) -> None:
    bench.tiktok.puts = [PutAnswer(400)]
    step = bench.advance(bench.uploading())
    assert (len(puts(bench)), step.again_in, step.attempt.phase) == (1, None, Phase.UPLOADING)


@pytest.mark.parametrize("trouble", [no_line(), Unanswered(Problem("upload-url-not-trusted", "elsewhere", ""))])
def test_a_last_put_of_which_no_byte_left_did_not_begin(bench: Bench, trouble: Exception) -> None:
    bench.tiktok.puts = [trouble]
    step = bench.advance(bench.uploading(chunk=10))
    assert bench.on_disk(step.attempt).last_put_at is None


# The hour of the address.


def test_an_upload_past_its_hour_without_a_last_put_is_orphaned(bench: Bench) -> None:
    attempt = bench.uploading()
    bench.clock.advance(HOUR)
    ended = bench.on_disk(bench.advance(attempt).attempt)
    assert (ended.phase, ended.problem_code, ended.upload_url) == (Phase.ORPHANED, "upload-expired", "")
    assert bench.tiktok.calls == [("status",)]


@pytest.mark.parametrize(
    ("after", "count", "phase"),
    [
        (HOUR, 6, Phase.UPLOADING),  # what was sent within the hour may still be counted
        (HOUR + IN_FLIGHT, 6, Phase.ORPHANED),
        (HOUR + IN_FLIGHT, 0, Phase.ORPHANED),
        (HOUR + IN_FLIGHT, 9, Phase.PROCESSING),  # the last index: all of it
        (HOUR + IN_FLIGHT, 10, Phase.PROCESSING),
        (HOUR + IN_FLIGHT, None, Phase.UNKNOWN),
    ],
)
def test_once_the_last_put_began_only_a_count_after_the_hour_tells(
    bench: Bench, after: timedelta, count: int | None, phase: Phase
) -> None:
    attempt = bench.uploading(last_put_at=NOW, upload_url="")
    bench.clock.advance(after)
    bench.tiktok.statuses = [has(count)]
    assert bench.advance(attempt).attempt.phase is phase


@pytest.mark.parametrize("status", [has(0), has(None)])
def test_who_only_looks_concludes_nothing_about_an_open_upload(bench: Bench, status: Status) -> None:
    attempt = bench.uploading(last_put_at=NOW)
    bench.clock.advance(3 * HOUR)
    bench.tiktok.statuses = [status]
    assert bench.steps.look(attempt).attempt.phase is Phase.UPLOADING


def test_a_clock_that_jumps_during_the_last_put_proves_nothing(bench: Bench) -> None:
    clock = ManualClock()
    steps = bench.another(clock)
    bench.tiktok.puts = [silence()]
    bench.tiktok.before_put = lambda: setattr(clock, "start", NOW + 5 * HOUR)
    bench.tiktok.statuses = [has(0)]
    step = steps.advance(bench.uploading(chunk=10), bench.post)
    assert step.attempt.phase is Phase.UPLOADING


def test_a_clock_that_is_set_back_does_not_lengthen_the_hour_for_a_new_upload(bench: Bench) -> None:
    attempt = bench.uploading()
    bench.clock.start = NOW - timedelta(days=1)
    bench.tiktok.puts = [PutAnswer(403)]
    assert bench.advance(attempt).attempt.phase is Phase.ORPHANED


def slowly(bench: Bench, seconds: float) -> None:
    bench.tiktok.before_put = lambda: bench.clock.advance(seconds) and None


def test_a_line_too_slow_for_the_hour_is_told_and_the_post_blocked(bench: Bench) -> None:
    slowly(bench, 1300)
    step = bench.advance(bench.uploading())
    assert (step.attempt.phase, step.attempt.retry, step.attempt.upload_url) == (Phase.FAILED, False, "")
    assert step.problem is not None and step.problem.code == "upload-too-slow"
    assert "contentsync apply --retry acme/launch" in step.problem.hint
    assert len(puts(bench)) == 1


def test_an_upload_that_only_began_late_may_start_over(bench: Bench) -> None:
    attempt = bench.uploading()
    bench.clock.advance(HOUR - timedelta(seconds=60))
    slowly(bench, 40)
    step = bench.advance(attempt)
    assert (step.attempt.phase, step.attempt.problem_code) == (Phase.ORPHANED, "upload-late")


# The file.


@pytest.mark.parametrize("data", [b"", b"012345678", b"0123456789A", None])
def test_a_file_of_another_length_or_none_is_told(bench: Bench, data: bytes | None) -> None:
    attempt = bench.uploading()
    bench.file.unlink()
    if data is not None:
        bench.file.write_bytes(data)
    step = bench.advance(attempt)
    assert step.problem is not None and step.problem.code == "media-changed"
    assert step.problem.what.startswith(f"{bench.post.media[0].path} ")
    assert puts(bench) == []


def test_a_folder_in_the_file_s_place_is_told(bench: Bench) -> None:
    attempt = bench.uploading()
    bench.file.unlink()
    bench.file.mkdir()
    step = bench.advance(attempt)
    assert step.problem is not None and step.problem.code == "media-changed"


# Others, and an end asked for.


def test_a_stop_ends_between_two_chunks_and_the_next_run_goes_on(bench: Bench) -> None:
    bench.tiktok.before_put = bench.stop.set
    step = bench.advance(bench.uploading())
    assert (puts(bench), step.again_in, step.attempt.sent_bytes) == ([("put", 0, 2)], None, 3)
    bench.stop.clear()
    bench.tiktok.before_put = lambda: None
    bench.tiktok.statuses = [has(3)]
    assert bench.advance(step.attempt).attempt.phase is Phase.PROCESSING


def test_a_stop_ends_a_wait_between_tries(bench: Bench) -> None:
    bench.tiktok.puts = [PutAnswer(503)]
    bench.tiktok.before_put = bench.stop.set
    step = bench.advance(bench.uploading())
    assert (len(puts(bench)), step.again_in, bench.clock.slept) == (1, None, [])


def test_two_runners_on_one_upload_send_one_file(bench: Bench) -> None:
    attempt, other = bench.uploading(), bench.another()
    turn = iter([lambda: other.advance(bench.on_disk(attempt), bench.post)])
    bench.tiktok.before_put = lambda: next(turn, lambda: None)() and None
    bench.tiktok.statuses = [has(0), has(0), WORKING]
    step = bench.advance(attempt)
    assert step.attempt.phase is Phase.PROCESSING
    assert bench.on_disk(attempt).phase is Phase.PROCESSING


def test_a_last_put_is_not_begun_once_another_process_ended_the_upload(bench: Bench) -> None:
    attempt = bench.uploading()
    problem = Problem("upload-404", "gone", "")
    steps = iter([lambda: None, lambda: bench.another().end_upload(bench.on_disk(attempt), problem)])
    bench.tiktok.before_put = lambda: next(steps, lambda: None)() and None
    step = bench.advance(attempt)
    assert step.attempt.phase is Phase.ORPHANED
    assert puts(bench) == [("put", 0, 2), ("put", 3, 5)]


@pytest.mark.parametrize("trouble", [silence(), no_line(), a_refusal("rate_limit_exceeded")])
def test_nothing_is_sent_while_tiktok_can_not_be_asked(bench: Bench, trouble: Exception) -> None:
    bench.tiktok.statuses = [trouble]
    step = bench.advance(bench.uploading())
    assert (step.attempt.phase, step.again_in, puts(bench)) == (Phase.UPLOADING, 30.0, [])


def test_an_id_that_tiktok_does_not_know_yet_does_not_hold_up_an_upload(bench: Bench) -> None:
    bench.tiktok.statuses = [a_refusal("invalid_publish_id")]
    assert bench.advance(bench.uploading(chunk=5)).attempt.phase is Phase.PROCESSING


def test_no_address_is_told_anywhere(bench: Bench) -> None:
    bench.tiktok.puts = [PutAnswer(404)]
    bench.advance(bench.uploading())
    said = str(bench.told) + str(bench.store.history())
    assert "UploadSecret" not in said
