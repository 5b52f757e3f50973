"""Do rows and foreign text fit a terminal?"""

from __future__ import annotations

import pytest

from contentsync.cli.terminal.table import Column, aligned, figure, one_line, width_of, wrapped


def test_numbers_stand_right_and_text_left() -> None:
    lines = list(aligned([Column("n", right=True), Column("who")], [["1", "a"], ["100", "陶芸"]]))
    assert lines == ["  n  who", "  1  a", "100  陶芸"]


def test_a_figure_that_was_not_told_is_none() -> None:
    assert (figure(1234567), figure(0), figure(None)) == ("1,234,567", "0", "-")


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("陶芸", 4), ("e\u0301", 1), ("", 0)])
def test_wide_characters_take_two_columns_and_marks_none(text: str, width: int) -> None:
    assert width_of(text) == width


def test_a_text_is_put_into_one_line_and_cut() -> None:
    assert one_line("a\r\nb\n\n c", 10) == "a b c"
    assert one_line("陶芸陶芸陶芸", 7) == "陶芸陶…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("onetwothree", ["onetwoth", "ree"]),
        ("a\nb", ["a", "b"]),
        ("陶芸陶芸陶芸", ["陶芸陶芸", "陶芸"]),
        ("", [""]),
    ],
)
def test_a_text_is_wrapped_between_words_where_it_can_be(text: str, lines: list[str]) -> None:
    assert list(wrapped(text, 8)) == lines
