"""When do windows open and end, and which slots are there?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from contentsync.plan.schedule import FreeSlots, slots_after, window_of
from contentsync.settings import Slot
from tests.builders import NOW, a_post, a_row, an_account

HOUR = timedelta(hours=1)
SUNDAY_NIGHT = (Slot(6, 2, 30),)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-21T00:00", ["2026-03-22T01:30", "2026-04-05T00:30"]),  # 29 March: 02:30 does not exist
        (
            "2026-10-17T12:00",
            ["2026-10-18T00:30", "2026-10-25T00:30", "2026-11-01T01:30"],
        ),  # 25 October: it comes twice
        ("2026-10-25T00:30", ["2026-11-01T01:30"]),  # the second time is no slot of its own
    ],
)
def test_slots_are_wall_clock_times_of_the_account(now: str, expected: list[str]) -> None:
    account = an_account(timezone="Europe/Berlin", slots=SUNDAY_NIGHT)
    assert list(islice(slots_after(account, at(now)), len(expected))) == [at(text) for text in expected]


def test_slots_come_in_the_order_of_the_week_whatever_their_order_in_the_project() -> None:
    account = an_account(slots=(Slot(2, 18, 30), Slot(0, 9, 0), Slot(0, 8, 0)))
    found = islice(slots_after(account, at("2026-03-02T08:00")), 3)
    assert list(found) == [at("2026-03-02T09:00"), at("2026-03-04T18:30"), at("2026-03-09T08:00")]


def test_a_slot_is_shown_until_it_is_taken_and_never_where_another_post_has_it() -> None:
    account = an_account(slots=(Slot(0, 9, 0),))
    slots = FreeSlots(account, {at("2026-03-02T09:00")}, NOW)
    first, again = slots.look(), slots.look()
    slots.take()
    assert (first, again, slots.look()) == (at("2026-03-09T09:00"), first, at("2026-03-16T09:00"))


def test_an_account_without_slots_has_none_to_give() -> None:
    assert FreeSlots(an_account(), (), NOW).look() is None


@pytest.mark.parametrize(
    ("keys", "opens", "ends"),
    [
        ({}, None, None),
        ({"publish_at": NOW}, NOW, NOW + HOUR),
        ({"publish_at": NOW, "grace": 3 * HOUR}, NOW, NOW + 3 * HOUR),
        ({"publish_at": NOW, "grace": 3 * HOUR, "expires_at": NOW + HOUR / 2}, NOW, NOW + HOUR / 2),
        ({"expires_at": NOW}, None, NOW),
        ({"next_slot": True}, NOW + 7 * HOUR, NOW + 8 * HOUR),
    ],
)
def test_a_window_opens_with_publish_at_and_ends_with_grace_or_expires_at(
    keys: dict[str, object], opens: datetime | None, ends: datetime | None
) -> None:
    window = window_of(a_post(**keys), None, NOW + 7 * HOUR)
    assert (window.opens_at, window.ends_at) == (opens, ends)


def test_a_window_holds_its_first_moment_and_not_its_last() -> None:
    window = window_of(a_post(publish_at=NOW), None, None)
    assert (window.is_ahead(NOW), window.is_ahead(NOW - HOUR)) == (False, True)
    assert (window.is_over(NOW + HOUR), window.is_over(NOW + HOUR - timedelta.resolution)) == (True, False)


def test_a_slot_once_given_out_stays() -> None:
    post = a_post(next_slot=True)
    window = window_of(post, a_row(post, slot_at=NOW), NOW + HOUR)
    assert (window.opens_at, window.new_slot) == (NOW, None)
