"""Which words differ, within bounds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.views.word_diff import Differ, Side


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_can_be_read_off_the_parts(before: str, after: str) -> None:
    parts = Differ().words(before, after)
    assert "".join(text for side, text in parts if side is not Side.AFTER) == before
    assert "".join(text for side, text in parts if side is not Side.BEFORE) == after


def test_one_word_is_told_alone() -> None:
    assert Differ().words("See you on Friday.", "See you on Saturday.") == [
        (Side.BOTH, "See you on "),
        (Side.BEFORE, "Friday"),
        (Side.AFTER, "Saturday"),
        (Side.BOTH, "."),
    ]


@pytest.mark.slow
def test_texts_that_would_take_long_are_told_whole() -> None:
    before, after = "a b " * 1000 + "x", "b a " * 1000 + "y"
    differ, begun = Differ(), time.process_time()
    for _ in range(1000):
        assert differ.words(before, after)[0][0] is Side.BEFORE
    assert time.process_time() - begun < 10


def test_a_page_has_its_fill_of_comparisons() -> None:
    differ = Differ(left=30)
    differ.words("a b c", "d e f")
    assert differ.words("one two", "two one") == [(Side.BEFORE, "one two"), (Side.AFTER, "two one")]
