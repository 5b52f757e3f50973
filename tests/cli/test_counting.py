"""How far work is that takes long: one line that changes on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import pytest

from contentsync.cli.terminal.counting import Counting


class Hands:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def count(seconds: float, *, terminal: bool) -> None:
    """A thousand files, each after so many seconds."""
    hands = Hands()
    told = Counting(hands, terminal)
    for number in range(1, 1001):
        hands.now += seconds
        told("Reading files", number, 1000)


def test_quick_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for terminal in (True, False):
        count(0.0009, terminal=terminal)
    assert capsys.readouterr() == ("", "")


def test_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    count(0.035, terminal=False)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "" and len(lines) == 3 and lines[0].startswith("Reading files: 2") and lines[0].endswith("of 1,000")


def test_on_a_terminal_one_line_that_is_gone_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    count(0.035, terminal=True)
    out, err = capsys.readouterr()
    assert out == "" and "\n" not in err and err.endswith("\r\x1b[K")
    assert 200 < err.count("Reading files") < 400
