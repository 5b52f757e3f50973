"""An upload whose sender is gone after its last request began: what is said of it, and how long it is waited for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contentsync.attempt.left_behind import LeftBehind
from contentsync.lifecycle import Phase
from contentsync.upload_hour import HOUR, IN_FLIGHT
from tests.attempt.bench import Bench, has
from tests.builders import NOW, an_attempt

TAKEOVER = timedelta(minutes=10)
ENDS = NOW + HOUR + IN_FLIGHT


def left(machine: str = "runner/1", silent: timedelta = TAKEOVER, **over: object) -> LeftBehind:
    """An upload of which TikTok has 3 of 10 bytes, by a machine that was heard of at NOW."""
    given = {"phase": Phase.UPLOADING, "size": 10, "sent_bytes": 3, "last_put_at": NOW, "machine": machine}
    given |= {"upload_url": "", "upload_expires_at": NOW + HOUR, "problem_code": "", "updated_at": NOW}
    attempt = an_attempt(**(given | over))
    return LeftBehind(attempt, NOW, "desk/2", TAKEOVER, NOW + silent)


def test_a_machine_heard_of_a_short_time_ago_may_still_finish_it() -> None:
    one = left(silent=TAKEOVER - timedelta(seconds=1))
    problem = one.problem("Europe/Berlin")
    assert one.no_end_before is None
    assert problem is not None
    assert "TikTok has 3 of 10 bytes; runner is sending the rest (last heard of " in problem.what


@pytest.mark.parametrize(
    ("machine", "who"),
    [
        pytest.param(
            "runner/1", "runner, which was sending it, has stopped or is still at work", id="another machine"
        ),
        pytest.param("desk/2", "its upload address can no longer be used here", id="this machine"),
        pytest.param("", "its upload address can no longer be used here", id="a state that is not shared"),
    ],
)
def test_a_sender_that_stopped_is_not_waited_for(machine: str, who: str) -> None:
    one = left(machine)
    problem = one.problem("UTC")
    assert one.no_end_before == ENDS
    assert problem is not None
    assert f"TikTok has 3 of 10 bytes; {who}" in problem.what
    assert f"may still arrive until {ENDS:%a} {ENDS.day} {ENDS:%b %H:%M} UTC" in problem.what
    assert "begins the post anew" in problem.hint
    assert "contentsync explain POST" in problem.hint


def test_tiktok_may_take_a_moment_to_count_what_it_got() -> None:
    assert left("desk/2", silent=timedelta(seconds=10)).no_end_before is None


def test_the_time_is_in_the_zone_of_the_account() -> None:
    problem = left().problem("Asia/Tokyo")
    assert problem is not None
    assert f"until {ENDS + timedelta(hours=9):%a}" in problem.what
    assert f"{ENDS + timedelta(hours=9):%H:%M} JST" in problem.what


def test_tiktoks_clock_makes_the_wait_longer_and_never_shorter() -> None:
    there = NOW + timedelta(days=1)
    one = left(tiktok_opened_at=there)
    slow = LeftBehind(one.attempt, NOW, "desk/2", TAKEOVER, NOW + 2 * HOUR, there + timedelta(minutes=1))
    fast = LeftBehind(one.attempt, NOW, "desk/2", TAKEOVER, NOW + timedelta(minutes=20), there + 3 * HOUR)
    assert slow.no_end_before == NOW + 3 * HOUR + IN_FLIGHT - timedelta(minutes=1)
    assert fast.no_end_before == ENDS


def test_what_the_row_says_of_its_own_upload_stays() -> None:
    assert left("desk/2", problem_code="upload-403").problem("UTC") is None
    assert left("runner/1", problem_code="upload-403").problem("UTC") is not None


def test_a_step_says_what_tiktok_has_and_until_when_waiting_is_of_no_use(bench: Bench) -> None:
    attempt = bench.uploading(last_put_at=NOW - timedelta(minutes=2), upload_url="")
    bench.tiktok.statuses = [has(3)]
    step = bench.advance(attempt)
    assert step.problem is not None
    assert step.problem.what.startswith("TikTok has 3 of 10 bytes; ")
    assert step.no_end_before == ENDS
    assert (bench.tiktok.count("put"), bench.tiktok.count("init")) == (0, 0)
