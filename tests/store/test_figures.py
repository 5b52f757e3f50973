"""Figures over time, thinned as they age; and what calendar files said last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contentsync.calendar_entry import Shown
from contentsync.figures import Figures, by_post, gained
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def kept(every: timedelta, days: int) -> list[Figures]:
    """What is left of figures that were taken that often until NOW."""
    store = SqliteStore.in_memory()
    for step in range(days * DAY // every, -1, -1):
        at = NOW - step * every
        store.figures.save(OPEN_ID, [Figures("1", at, views=1000 - step), Figures("2", at, views=5)], at)
    return [one for one in store.figures.all(OPEN_ID) if one.post_id == "1"]


def test_the_last_figures_of_an_hour_are_kept() -> None:
    assert [one.views for one in kept(timedelta(minutes=20), 0)] == [1000]
    store = SqliteStore.in_memory()
    for minutes in (0, 10, 59, 61):
        at = NOW + timedelta(minutes=minutes)
        store.figures.save(OPEN_ID, [Figures("1", at, views=minutes)], at)
    assert [one.views for one in store.figures.all(OPEN_ID)] == [59, 61]


@pytest.mark.slow
def test_figures_are_thinned_to_one_a_day_after_a_week_and_one_a_week_after_90_days() -> None:
    found = kept(timedelta(hours=6), 120)
    ages = [NOW - one.at for one in found]
    assert sum(age < 7 * DAY for age in ages) == 28
    assert 82 <= sum(7 * DAY <= age <= 90 * DAY for age in ages) <= 84
    assert 4 <= sum(age > 90 * DAY for age in ages) <= 6


def test_a_video_without_any_count_is_not_noted() -> None:
    store = SqliteStore.in_memory()
    store.figures.save(OPEN_ID, [Figures("1", NOW)], NOW)
    assert store.figures.all(OPEN_ID) == []


def test_figures_follow_a_new_open_id() -> None:
    store = SqliteStore.in_memory()
    store.figures.save(OPEN_ID, [Figures("1", NOW, views=1)], NOW)
    store.accounts.rebind(OPEN_ID, "new", "acme", NOW)
    assert [one.views for one in store.figures.all("new")] == [1]


def test_what_was_gained_counts_from_the_last_figures_before() -> None:
    series = by_post([Figures("1", NOW, views=9), Figures("1", NOW - 9 * DAY, views=2)])["1"]
    assert gained(series, NOW - 7 * DAY) == 7
    assert gained(series, NOW - 10 * DAY) is None


def test_the_sequence_rises_when_an_entry_moves_and_only_then() -> None:
    store = SqliteStore.in_memory()

    def shown(starts_at: str, digest: str, hours: int) -> Shown:
        return store.calendar.show(OPEN_ID, {"launch": Shown(starts_at, digest)}, NOW + hours * HOUR)["launch"]

    assert shown("20260301", "a", 0) == Shown("20260301", "a", 0, NOW)
    assert shown("20260301", "a", 1) == Shown("20260301", "a", 0, NOW)
    assert shown("20260301", "b", 2) == Shown("20260301", "b", 0, NOW + 2 * HOUR)
    assert shown("20260302", "b", 3) == Shown("20260302", "b", 1, NOW + 3 * HOUR)
    assert shown("20260301", "b", 4).sequence == 2
