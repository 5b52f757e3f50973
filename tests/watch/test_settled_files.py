"""Is a file still? What was seen of it, and when, decides."""

from __future__ import annotations

import pytest

from contentsync.watch.settled_files import MOST, Seen, SettledFiles

A: Seen = (100, 1, 1, 7)
B: Seen = (200, 2, 2, 7)


@pytest.fixture
def stillness() -> SettledFiles:
    return SettledFiles(settle=5.0)


def test_a_file_is_still_after_the_time_to_settle(stillness: SettledFiles) -> None:
    stillness.observe({"clip": A}, 10.0)
    stillness.observe({"clip": A}, 12.0)
    assert stillness.still_at(["clip"]) == 15.0


@pytest.mark.parametrize("other", [B, None, (100, 1, 2, 7), (100, 1, 1, 8)])
def test_any_change_begins_it_anew(stillness: SettledFiles, other: Seen) -> None:
    stillness.observe({"clip": A}, 10.0)
    stillness.observe({"clip": other}, 14.0)
    assert stillness.still_at(["clip"]) == 19.0


def test_the_last_of_several_decides(stillness: SettledFiles) -> None:
    stillness.observe({"clip": A}, 10.0)
    stillness.observe({"manifest": A}, 13.0)
    assert stillness.still_at(["clip", "manifest"]) == 18.0


def test_a_file_that_was_never_seen_is_not_still(stillness: SettledFiles) -> None:
    stillness.observe({"clip": A}, 10.0)
    assert stillness.still_at(["clip", "other"]) is None


def test_no_files_are_still(stillness: SettledFiles) -> None:
    assert stillness.still_at([]) == 0.0


def test_the_oldest_are_forgotten(stillness: SettledFiles) -> None:
    for number in range(MOST + 1):
        stillness.observe({str(number): A}, 1.0)
    assert stillness.still_at(["0"]) is None
    assert stillness.still_at(["1"]) == 6.0
