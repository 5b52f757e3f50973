"""The line of one upload on a terminal: its figures stay whole, however long the key and narrow the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from contentsync.cli.terminal.bars import columns, shortened, widths

LONGEST = "acme/" + "a-name-of-many-words-" * 3  # 68 characters


def drawn(width: int, key: str) -> str:
    """The line of an upload that stands at nearly a thousand megabytes."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    bars = Progress(*columns(console), console=console)
    bars.add_task(key, total=999_900_000, completed=999_800_000, phase="processing")
    with console.capture() as seen:
        console.print(bars.get_renderable())
    return seen.get().rstrip("\n")


@pytest.mark.parametrize("width", [60, 70, 80, 100, 200])
@pytest.mark.parametrize("key", ["acme/x", LONGEST])
def test_the_figures_are_whole_at_any_width(width: int, key: str) -> None:
    line = drawn(width, key)
    assert ("\n" in line, len(line) <= width) == (False, True), line
    assert "999.8/999.9 MB" in line and "-:--:--" in line and line.rstrip().endswith("processing")


def test_a_key_that_is_too_long_shows_both_its_ends() -> None:
    assert shortened(LONGEST, 22) == "acme/a-name…any-words-"
    assert shortened("acme/launch", 11) == "acme/launch"
    assert [len(shortened(LONGEST, width)) for width in (10, 11, 22)] == [10, 11, 22]


def test_a_bar_comes_where_there_is_room_and_the_key_gets_the_rest() -> None:
    assert [widths(columns) for columns in (60, 80, 120)] == [(11, 0), (22, 9), (47, 24)]
