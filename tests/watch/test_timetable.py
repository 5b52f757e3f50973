"""When does watch look next? By values alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contentsync.watch.timetable import FULL_AT_MOST, SHARE, Instant, Timetable, Why
from tests.builders import NOW

LEAD = 7.0


def instant(mono: float, set_by: float = 0.0) -> Instant:
    return Instant(NOW + timedelta(seconds=mono + set_by), mono)


@pytest.fixture
def table() -> Timetable:
    made = Timetable(debounce=2.0, lead=LEAD)
    made.looked(instant(0), 0.1, 1.0)
    return made


def test_without_any_reason_the_next_look_is_a_full_one(table: Timetable) -> None:
    assert table.next(instant(1)) == (60.0, Why.FULL)


def test_a_look_that_takes_long_comes_less_often(table: Timetable) -> None:
    table.looked(instant(0), 1.0, 1.0)
    assert table.next(instant(1)) == (1.0 / SHARE, Why.FULL)
    table.looked(instant(0), 100.0, 1.0)
    assert table.next(instant(1)) == (FULL_AT_MOST, Why.FULL)


def test_file_events_are_gathered_until_they_end(table: Timetable) -> None:
    for moment in (10.0, 11.0, 12.0):
        table.files_changed(moment)
    assert table.next(instant(12)) == (14.0, Why.FILES)


def test_a_storm_without_end_puts_a_look_off_for_a_while_only(table: Timetable) -> None:
    for tenth in range(1000):
        table.files_changed(10.0 + tenth / 10)
    assert table.next(instant(12)) == (20.0, Why.FILES)


def test_a_due_post_is_seen_before_it_is_due_and_then_when_it_is(table: Timetable) -> None:
    table.due([NOW + timedelta(seconds=30)])
    assert table.next(instant(1)) == (30 - LEAD, Why.SOON)
    table.looked(instant(30 - LEAD), 0.1, 1.0)
    assert table.next(instant(30 - LEAD)) == (30, Why.DUE)


@pytest.mark.parametrize("set_by", [-3600.0, 20.0])
def test_a_clock_that_was_set_moves_what_is_due_with_it(table: Timetable, set_by: float) -> None:
    table.due([NOW + timedelta(seconds=30)])
    assert table.next(instant(1, set_by))[0] == min(30 - LEAD - set_by, 60.0)


@pytest.mark.parametrize(
    ("mono", "wall", "jumped"),
    [(10, 10, False), (10, 14, False), (10, 3610, True), (0, -86400, True), (1, 18000, True)],
)
def test_a_jump_is_where_the_two_clocks_part(mono: float, wall: float, jumped: bool) -> None:
    before, now = instant(0), Instant(NOW + timedelta(seconds=wall), mono)
    assert now.has_jumped_since(before) is jumped


def test_what_was_asked_for_during_a_look_stays(table: Timetable) -> None:
    table.plan(Why.RETRY, 5.0)
    table.plan(Why.DONE, 50.0)
    table.looked(instant(10), 0.1, 1.0)
    assert table.next(instant(10)) == (50.0, Why.DONE)


def test_looks_because_of_the_state_leave_time_for_others(table: Timetable) -> None:
    table.looked(instant(10), 0.5, 1.0)
    table.state_changed(11.0)
    assert table.next(instant(11)) == (15.0, Why.STATE)
    table.looked(instant(15), 0.01, 1.0)
    table.state_changed(16.0)
    assert table.next(instant(16)) == (16.0, Why.STATE)


def test_a_saved_file_waits_for_no_look_that_took_long(table: Timetable) -> None:
    table.looked(instant(10), 5.0, 1.0)
    table.files_changed(11.0)
    assert table.next(instant(11)) == (13.0, Why.FILES)


def test_the_start_of_an_upload_is_not_slowed_down_by_what_it_writes(table: Timetable) -> None:
    table.sending_began(11.0)
    table.state_changed(11.5)
    table.files_changed(12.0)
    assert table.next(instant(12)) == (14.0, Why.FILES)
    table.looked(instant(14), 0.0, 1.0)
    table.state_changed(15.0)
    assert table.next(instant(15)) == (15.0, Why.STATE)
