"""Two clocks say whether the hour of an upload is over: TikTok's can make it longer, never shorter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contentsync.lifecycle import Phase
from contentsync.post_state import Attempt
from contentsync.upload_hour import HOUR, Hour, judge, left_by_tiktok, words
from tests.builders import NOW, an_attempt

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MARGIN = 5 * MINUTE
THERE = NOW - 7 * MINUTE  # TikTok's clock when it gave the address; no two clocks agree
AGES = [datetime(2000, 1, 1, tzinfo=UTC), NOW - 400 * DAY, NOW + 400 * DAY, datetime(8999, 12, 31, tzinfo=UTC)]


def an_upload(opened: datetime | None = THERE) -> Attempt:
    return an_attempt(phase=Phase.UPLOADING, upload_expires_at=NOW + HOUR, tiktok_opened_at=opened)


@pytest.mark.parametrize(
    ("here", "there", "says"),
    [
        (59, 59, Hour.RUNS),
        (60, 60, Hour.OVER),
        (180, 12, Hour.RUNS),  # the machine's clock was set ahead
        (180, 59, Hour.RUNS),
        (180, 60, Hour.OVER),
        (60, 180, Hour.OVER),
        (12, 180, Hour.RUNS),  # it was set back, or TikTok's clock leapt: never earlier than our own says
        (-120, 60, Hour.RUNS),
        (60, -1_379, Hour.RUNS),
        (60, -1_381, Hour.DISPUTED),  # more than a day to wait
    ],
)
def test_the_hour_is_over_when_both_clocks_say_so(here: int, there: int, says: Hour) -> None:
    assert judge(an_upload(), NOW + here * MINUTE, THERE + there * MINUTE) is says


@pytest.mark.parametrize(("opened", "date"), [(None, THERE), (THERE, None), (None, None)])
@pytest.mark.parametrize(("here", "says"), [(59, Hour.RUNS), (60, Hour.OVER)])
def test_without_tiktoks_clock_at_both_ends_the_machines_own_decides(
    opened: datetime | None, date: datetime | None, here: int, says: Hour
) -> None:
    assert judge(an_upload(opened), NOW + here * MINUTE, date) is says


@pytest.mark.parametrize("opened", AGES)
@pytest.mark.parametrize("date", AGES)
@pytest.mark.parametrize("here", [-DAY, timedelta(), HOUR - MINUTE])
def test_no_date_whatever_makes_it_end_earlier(opened: datetime, date: datetime, here: timedelta) -> None:
    assert judge(an_upload(opened), NOW + here, date) is Hour.RUNS


@pytest.mark.parametrize("opened", AGES)
@pytest.mark.parametrize("date", AGES)
def test_no_date_whatever_makes_it_wait_for_ever(opened: datetime, date: datetime) -> None:
    left = left_by_tiktok(an_upload(opened), date)
    assert left is not None
    assert (judge(an_upload(opened), NOW + HOUR, date) is Hour.RUNS) is (timedelta() < left <= DAY)


@pytest.mark.parametrize(("here", "there", "says"), [(65, 64, Hour.RUNS), (64, 65, Hour.RUNS), (65, 65, Hour.OVER)])
def test_a_later_end_is_asked_of_both_clocks(here: int, there: int, says: Hour) -> None:
    ends = NOW + HOUR + MARGIN
    assert judge(an_upload(), NOW + here * MINUTE, THERE + there * MINUTE, ends) is says


def test_what_has_no_hour_has_none_to_wait_for() -> None:
    bare = an_attempt(phase=Phase.UPLOADING, upload_expires_at=None)
    assert judge(bare, NOW, NOW) is Hour.OVER
    assert left_by_tiktok(bare, NOW) is None


def test_why_it_waits_is_told_in_minutes() -> None:
    assert words(timedelta(seconds=61)).endswith("but by TikTok's it has 2 min left")
