"""CSV that a spreadsheet reads as it was meant, whatever a caption says."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.views.csv_text import csv_text

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-1", "@me", "\t=1", "  =cmd|'/c calc'!A1", "\n=1", "＝1", "\u200b=1", "\ufeff @SUM(1)"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert next(csv.reader(io.StringIO(csv_text([[text]]), newline=""))) == [f"'{text}"]


def test_counts_stay_counts() -> None:
    assert csv_text([["post", 1, None, "a, b"]]) == 'post,1,,"a, b"\r\n'


@given(st.lists(st.lists(st.text().filter(lambda text: "\0" not in text), min_size=2, max_size=4), max_size=5))
def test_whatever_is_written_is_read_again_and_never_run(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not [cell for row in read for cell in row if cell.lstrip(" ").startswith(RUN_BY_SPREADSHEETS)]
