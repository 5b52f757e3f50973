"""The pace: never more calls in any window than TikTok allows, and no more waiting than that takes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.settings import Limits
from contentsync.tiktok.throttle import WINDOW, MemoryLedger, Throttle
from contentsync.tiktok.wire import Endpoint
from tests.builders import NOW, ManualClock


def wait(throttle: Throttle, clock: ManualClock, endpoint: Endpoint) -> None:
    """Come back until the call may go, as the client does."""
    while (seconds := throttle.take(endpoint)) > 0:
        clock.sleep(seconds)


MINUTE = timedelta(seconds=60)
SPANS = st.lists(st.floats(0, 90), min_size=1, max_size=40)


def most_within(times: Sequence[datetime], span: timedelta) -> int:
    """The highest number of `times` that lie within any closed span of this length."""
    return max(sum(1 for other in times if at <= other <= at + span) for at in times)


@given(SPANS, st.integers(1, 7))
def test_no_minute_ever_sees_more_calls_than_allowed(pauses: list[float], limit: int) -> None:
    clock, sent = ManualClock(), []
    throttle = Throttle(MemoryLedger(), clock, "acme", Limits(inits_per_minute=limit))
    for pause in pauses:
        clock.advance(pause)
        wait(throttle, clock, Endpoint.VIDEO_INIT)
        sent.append(clock.now())
    assert most_within(sent, MINUTE) <= limit


@given(st.integers(1, 30), st.integers(1, 100))
def test_a_burst_is_paced_without_needless_waiting(limit: int, calls: int) -> None:
    clock = ManualClock()
    throttle = Throttle(MemoryLedger(), clock, "acme", Limits(status_per_minute=limit))
    for _ in range(calls):
        wait(throttle, clock, Endpoint.STATUS)
    assert clock.passed == WINDOW * ((calls - 1) // limit)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(-5, 0)), min_size=1, max_size=60), st.integers(1, 5))
def test_a_ledger_holds_its_limit_though_calls_come_out_of_order(
    calls: list[tuple[float, float]], limit: int
) -> None:
    ledger, passed, taken = MemoryLedger(), 0.0, []
    for pause, lateness in calls:
        passed += pause
        at = NOW + timedelta(seconds=passed + lateness)
        taken += [at] if ledger.take("acme", "init", limit, WINDOW, at) == 0.0 else []
    assert most_within(taken, MINUTE) <= limit


def test_a_late_caller_still_meets_the_calls_of_its_own_minute() -> None:
    ledger = MemoryLedger()
    waits = [ledger.take("acme", "init", 2, WINDOW, NOW + timedelta(seconds=at)) for at in (0, 0.5, 61.5, 58)]
    assert waits[:3] == [0, 0, 0]
    assert waits[3] > 0


def test_each_endpoint_and_each_account_counts_by_itself() -> None:
    clock, ledger = ManualClock(), MemoryLedger()
    for scope in ("acme", "acme_de"):
        throttle = Throttle(ledger, clock, scope, Limits(inits_per_minute=1))
        for endpoint in (Endpoint.VIDEO_INIT, Endpoint.INBOX_INIT, Endpoint.CONTENT_INIT):
            wait(throttle, clock, endpoint)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        (Endpoint.VIDEO_INIT, 6),
        (Endpoint.INBOX_INIT, 6),
        (Endpoint.CONTENT_INIT, 6),
        (Endpoint.CREATOR_INFO, 20),
        (Endpoint.STATUS, 30),
        (Endpoint.CANCEL, 30),
        (Endpoint.USER_INFO, 600),
        (Endpoint.VIDEO_LIST, 600),
        (Endpoint.VIDEO_QUERY, 600),
    ],
)
def test_tiktoks_figures_are_the_default(endpoint: Endpoint, allowed: int) -> None:
    clock = ManualClock()
    throttle = Throttle(MemoryLedger(), clock, "acme")
    for _ in range(allowed):
        wait(throttle, clock, endpoint)
    assert clock.slept == []
    wait(throttle, clock, endpoint)
    assert clock.passed == WINDOW


def test_the_token_endpoint_is_not_paced() -> None:
    clock = ManualClock()
    for _ in range(100):
        wait(Throttle(MemoryLedger(), clock, "acme"), clock, Endpoint.TOKEN)
    assert clock.slept == []


def test_processes_that_share_a_ledger_share_the_limit() -> None:
    clock, ledger = ManualClock(), MemoryLedger()
    for _ in range(6):
        wait(Throttle(ledger, clock, "acme"), clock, Endpoint.VIDEO_INIT)
    wait(Throttle(ledger, clock, "acme"), clock, Endpoint.VIDEO_INIT)
    assert clock.passed == WINDOW


def test_a_clock_that_was_set_back_stops_nothing_for_long() -> None:
    clock, ledger = ManualClock(), MemoryLedger()
    throttle = Throttle(ledger, clock, "acme", Limits(inits_per_minute=1))
    wait(throttle, clock, Endpoint.VIDEO_INIT)
    clock.advance(timedelta(hours=-5))
    wait(throttle, clock, Endpoint.VIDEO_INIT)
    assert clock.slept == []


class Kept(MemoryLedger):
    """A ledger that remembers what it let through."""

    def __init__(self) -> None:
        super().__init__()
        self.let_through: list[datetime] = []

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        wait = super().take(scope, endpoint, limit, window, now)
        if wait == 0.0:
            self.let_through.append(now)
        return wait


def test_threads_that_share_a_ledger_stay_within_the_limit() -> None:
    clock, ledger = ManualClock(), Kept()
    calls = [
        threading.Thread(target=wait, args=(Throttle(ledger, clock, "acme"), clock, Endpoint.VIDEO_INIT))
        for _ in range(40)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join(timeout=10)
    assert len(ledger.let_through) == 40
    assert most_within(ledger.let_through, MINUTE) <= 6


def test_a_look_at_the_room_tells_the_wait_and_takes_nothing() -> None:
    clock = ManualClock()
    throttle = Throttle(MemoryLedger(), clock, "acme", Limits(inits_per_minute=1))
    assert [throttle.room_in(Endpoint.VIDEO_INIT), throttle.room_in(Endpoint.VIDEO_INIT)] == [0.0, 0.0]
    assert throttle.take(Endpoint.VIDEO_INIT) == 0.0
    clock.advance(20)
    assert throttle.room_in(Endpoint.VIDEO_INIT) == throttle.take(Endpoint.VIDEO_INIT) == 40.5
    assert clock.slept == []
