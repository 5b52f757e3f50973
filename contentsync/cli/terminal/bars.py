"""How does the line of one upload fit its terminal? The figures whole, always; bar and key share what they leave.

Imported late: rich is slow to come.
"""

from __future__ import annotations

from typing import Final

from rich import progress
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.text import Text

_FIGURES: Final = 48  # 999.9/999.9 MB, 999.9 MB/s, 0:59:59 and processing, and a blank before each column
_BAR: Final = (8, 24)  # the least that is worth showing, and the most
_KEY: Final = 22  # what a key gets before there is a bar


def columns(console: Console) -> tuple[progress.ProgressColumn, ...]:
    """Key, bar, bytes, rate, time left and phase of an upload, for the console as wide as it is now."""
    return (
        _Key(console),
        _Bar(console),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[phase]}", markup=False),
    )


def widths(columns: int) -> tuple[int, int]:
    """The most that a key may take, and the bar; 0 for no bar."""
    left = max(10, columns - _FIGURES - 1)
    bar = min(_BAR[1], left - _KEY)
    return (left - bar, bar) if bar >= _BAR[0] else (left, 0)


def shortened(key: str, width: int) -> str:
    """A key that fits: its middle is cut, since posts differ by account and end."""
    if len(key) <= width:
        return key
    tail = (width - 1) // 2
    return f"{key[: width - 1 - tail]}…{key[len(key) - tail :]}"


class _Key(progress.ProgressColumn):
    """A post's key, cut to what the terminal leaves it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        super().__init__()

    def render(self, task: progress.Task) -> Text:
        return Text(shortened(task.description, widths(self._console.width)[0]), no_wrap=True)


class _Bar(progress.ProgressColumn):
    """A bar as wide as there is room for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        super().__init__()

    def render(self, task: progress.Task) -> ProgressBar | Text:
        width = widths(self._console.width)[1]
        total = max(0, task.total or 0)
        return ProgressBar(total=total, completed=max(0, task.completed), width=width) if width else Text("")
