"""A folded line says every word once, in its colours, and fits."""

from __future__ import annotations

import re

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.cli.terminal.fold import fold
from contentsync.cli.terminal.table import width_of

WORDS = st.lists(st.text("abcé日☕.[]-", min_size=1, max_size=12), min_size=1, max_size=25)


def bare(lines: list[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


def test_what_follows_is_indented_and_every_word_is_said_once() -> None:
    line = f"contentsync.yaml:2:19: note: {click.style('the variable KEY is not set', fg='cyan')} [unset-variable]"
    assert bare(list(fold(line, 40, 4))) == [
        "contentsync.yaml:2:19: note: the",
        "    variable KEY is not set",
        "    [unset-variable]",
    ]


def test_colours_end_with_each_part_and_begin_again() -> None:
    first, second = fold(click.style("red words that go on", fg="red") + " plain", 14, 2)
    assert first == "\x1b[31mred words that\x1b[0m"
    assert second == "  \x1b[31mgo on\x1b[0m plain"


def test_a_line_may_go_on_at_the_very_beginning() -> None:
    assert list(fold("one two three", 8, 0)) == ["one two", "three"]


def test_a_word_that_is_wider_than_the_terminal_stays_whole() -> None:
    address = "https://www.tiktok.com/@acme/video/7400000000000000001"
    assert list(fold(f"see {address} now", 20, 2)) == ["see", f"  {address}", "  now"]


@pytest.mark.parametrize("line", ["", "  ", "short", "  + indented"])
def test_what_fits_stays_as_it_is(line: str) -> None:
    assert list(fold(line, 80, 4)) == [line]


@given(WORDS, st.integers(20, 60), st.integers(0, 30), st.sets(st.integers(0, 24)))
def test_nothing_is_lost_and_all_but_long_words_fit(words: list[str], width: int, hang: int, red: set[int]) -> None:
    line = " ".join(click.style(w, fg="red") if i in red else w for i, w in enumerate(words))
    parts = bare(list(fold(line, width, hang)))
    assert " ".join(parts).split() == words
    for part in parts:
        assert width_of(part) <= width or not re.search(r"\S \S", part)
