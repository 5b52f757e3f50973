"""How is a problem shown with the line of its file? Quickly, however long that is, and underlined at its place."""

from __future__ import annotations

import time

import click
import pytest

from contentsync.cli.terminal import text
from contentsync.errors import Place, Problem


def test_a_problem_in_a_very_long_line_costs_only_what_is_shown_of_it() -> None:
    line = "photos: [" + "*a," * 300_000
    where = Place("posts/a.yaml", 5, 3 * 1000 + 10)
    problem = Problem("yaml-alias", "the alias *a is not allowed", "write it out", where, source=line, width=2)
    began = time.process_time()
    for _ in range(100):
        shown = list(text.problem_lines(problem))
    assert time.process_time() - began < 1
    assert max(map(len, shown)) < 200


@pytest.mark.parametrize("before", ["x" * 20, "x" * 300], ids=["near", "far"])
def test_the_underline_stands_below_its_place_also_behind_an_escape(before: str) -> None:
    line = f"{before}\u202e\u200bHERE and more"
    where = Place("posts/a.yaml", 5, line.index("HERE") + 1)
    problem = Problem("some-code", "something is wrong", "", where, source=line, width=4)
    _, source, underline = (click.unstyle(one) for one in text.problem_lines(problem))
    assert source[underline.index("^") :][: underline.count("^")] == "HERE"
