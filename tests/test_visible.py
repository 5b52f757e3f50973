"""Whatever a text holds, what is shown of it can be seen and written, and its JSON means the same."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.visible import as_json, visible, visible_lines

ANY = st.text(st.characters(), max_size=40)
UNSEEN = "\x00\x07\x1b\x7f\x85\x9b\xad\u200b\u200e\u202e\u2028\u2066\u2060\ufeff\u3164\ud800\udcff\U000e0041"


@pytest.mark.parametrize("char", UNSEEN, ids=ascii)
def test_a_character_that_can_not_be_seen_is_an_escape(char: str) -> None:
    shown = visible(f"a{char}b")
    assert shown.isascii() and shown.isprintable()
    assert f"{ord(char):x}" in shown


@pytest.mark.parametrize(
    "text",
    [
        "Launch day ☕️ #fyp",
        "👩\u200d👩\u200d👧 ❤️\u200d🔥 👋🏽 1️⃣ ♂️",  # one picture of several characters
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "می\u200cخواهم क्\u200dष",  # spelt with joiners
        "e\u0301 日本語 🇩🇪",
    ],
)
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_joiner_that_joins_nothing_is_shown() -> None:
    assert visible("pay\u200dpal") == "pay\\u200dpal"
    assert visible("☕\u200d") == "☕\\u200d"


def test_line_breaks_stay_only_where_lines_are_meant() -> None:
    assert visible("a\r\nb\tc") == "a\\r\\nb\\tc"
    assert visible_lines("a\r\nb\nc\rd") == "a\nb\nc\\rd"


@given(ANY)
def test_what_is_shown_can_be_written_and_moves_no_cursor(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff")


@given(ANY.filter(lambda text: not any(0xD800 <= ord(char) < 0xE000 for char in text)), st.sampled_from([None, 2]))
def test_json_means_what_was_put_in_and_shows_every_character(text: str, indent: int | None) -> None:
    written = as_json({"caption": text, text: [text]}, indent)
    assert json.loads(written) == {"caption": text, text: [text]}
    assert all(line.isprintable() or visible(line) == line for line in written.split("\n"))


@given(st.text(st.characters(categories=["Cs", "Lu"]), max_size=8))
def test_halves_of_pairs_end_nothing(text: str) -> None:
    as_json(text).encode()
    visible(text).encode()
