"""Dates as people write them in spreadsheets: read where there is one reading, refused where there are two."""

from __future__ import annotations

import pytest

from contentsync.importers.dates import Order, publish_time
from contentsync.manifest.scalars import ScalarError

CLEAR = {
    "2026-12-01T09:00:00": "2026-12-01T09:00:00",
    "2026-12-01 09:00": "2026-12-01T09:00:00",
    "2026-12-01 9:05:07.000": "2026-12-01T09:05:07",
    "2026/12/1 9:00 PM": "2026-12-01T21:00:00",
    "2026-12-01T09:00:00Z": "2026-12-01T09:00:00+00:00",
    "2026-12-01T09:00:00.000Z": "2026-12-01T09:00:00+00:00",
    "2026-12-01 09:00 +0200": "2026-12-01T09:00:00+02:00",
    "25/12/2026 18:30": "2026-12-25T18:30:00",
    "12/25/2026 12:00 am": "2026-12-25T00:00:00",
    "12/25/2026 12:00 p.m.": "2026-12-25T12:00:00",
    "3/3/2026 8 pm": "2026-03-03T20:00:00",
    "31.12.2026 18.30": "2026-12-31T18:30:00",
    "05.01.2027 09:00": "2027-01-05T09:00:00",
    "3.4.2026 9:00 PM": "2026-04-03T21:00:00",
    "12.25.2026 09:00": "2026-12-25T09:00:00",
    "1 Dec 2026 09:00": "2026-12-01T09:00:00",
    "1st December 2026 at 9:00": "2026-12-01T09:00:00",
    "Dec 1, 2026, 9:00 AM": "2026-12-01T09:00:00",
    "Tue, 1 Dec 2026 09:00": "2026-12-01T09:00:00",
    "Tuesday 1 Dec 2026 09:00": "2026-12-01T09:00:00",
    "Next slot": "next-slot",
}
REFUSED = {
    "3/4/2026 09:00": "date-ambiguous",
    "03-04-2026 09:00": "date-ambiguous",
    "03.04/2026 09.00": "date-ambiguous",
    "13.13.2026 09:00": "not-a-time",
    "2026-12-01": "date-without-time",
    "2026-12-01 9": "date-unknown",
    "2026-12-01 13:00 PM": "date-unknown",
    "1 Dezember 2026 9:00": "date-unknown",
    "3/4/26 9:00": "date-unknown",
    "45992.375": "date-unknown",
    "tomorrow": "date-unknown",
    "Mon, 1 Dec 2026 09:00": "date-unknown",
    "2026-02-30 09:00": "not-a-time",
    "2026-12-01 25:00": "not-a-time",
}


@pytest.mark.parametrize("written", CLEAR)
def test_a_clear_date_is_read(written: str) -> None:
    assert publish_time(written, None) == CLEAR[written]


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_not_clear_is_refused(written: str) -> None:
    with pytest.raises(ScalarError) as refused:
        publish_time(written, None)
    assert refused.value.code == REFUSED[written]


def test_the_caller_may_say_what_comes_first() -> None:
    assert publish_time("3/4/2026 09:00", Order.DAY_FIRST) == "2026-04-03T09:00:00"
    assert publish_time("3/4/2026 09:00", Order.MONTH_FIRST) == "2026-03-04T09:00:00"
    assert publish_time("3.4.2026 09:00", Order.MONTH_FIRST) == "2026-03-04T09:00:00"


def test_a_date_against_the_given_order_is_no_date() -> None:
    with pytest.raises(ScalarError):
        publish_time("12/25/2026 09:00", Order.DAY_FIRST)
