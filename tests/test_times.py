"""Times as people read them: with weekday and zone, and how far ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contentsync.times import from_now, in_words, span

NOW = datetime(2026, 11, 26, 14, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (datetime(2026, 11, 26, 17, 0, tzinfo=UTC), "Europe/Berlin", "Thu 26 Nov 18:00 CET"),
        (datetime(2026, 7, 1, 17, 0, tzinfo=UTC), "Europe/Berlin", "Wed 1 Jul 19:00 CEST"),
        (datetime(2026, 11, 26, 17, 0, tzinfo=UTC), "UTC", "Thu 26 Nov 17:00 UTC"),
        (datetime(2026, 11, 26, 17, 0, tzinfo=UTC), "America/Sao_Paulo", "Thu 26 Nov 14:00 UTC-03"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Berlin", "Fri 1 Jan 2027 00:30 CET"),
    ],
)
def test_a_time_has_weekday_zone_and_the_year_where_it_is_another(moment: datetime, zone: str, words: str) -> None:
    assert in_words(moment, zone, NOW) == words


def test_how_far_ahead_it_is() -> None:
    due = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
    assert from_now(due, "Europe/Berlin", NOW) == "Thu 26 Nov 18:00 CET, in 2 h 3 min"
    assert from_now(due, "Europe/Berlin", due) == "Thu 26 Nov 18:00 CET"


def test_a_span_names_its_two_largest_units() -> None:
    assert span(timedelta(days=1, minutes=5, seconds=4)) == "1 d 5 min"
    assert span(timedelta(0)) == "0 s"
