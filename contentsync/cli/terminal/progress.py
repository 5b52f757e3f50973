"""How does long work show? A moving bar on a terminal, a line every ten seconds elsewhere, JSON lines on request."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from contentsync.attempt.told import Told
from contentsync.cli.terminal import log, text
from contentsync.clock import SystemClock
from contentsync.views import apply_events
from contentsync.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from contentsync.cli.terminal.summary import Summary

EVERY: Final = 10.0
NARROWEST: Final = 60  # columns; below that the figures of an upload fit beside nothing
JSON_EVERY: Final = 1.0
_WORDS: Final = {
    "accepted": "accepted by TikTok; sending the file",
    "processing": "TikTok is processing it, which takes a few minutes",
    "elsewhere": "another machine is sending it; waiting for what becomes of it",
    "incomplete": "TikTok does not have all of it",
    "again": "tried once more",
    "resume": "resumed",
    "published": "published",
    "delivered": "delivered to the inbox",
    "hosted": "its photos are on the web",
    "pinned": "from now on it posts as this TikTok account only",
    "receipt-not-written": "its receipt could not be written",
    "receipt-not-removed": "the receipt of its old name could not be removed",
}


class Show(Protocol):
    """Something that shows events."""

    def __call__(self, told: Told) -> None: ...


@contextmanager
def showing(summary: Summary | None) -> Iterator[Show]:
    """What shows the events of an apply: JSON lines for `summary`, bars on a terminal, plain lines elsewhere."""
    if summary is not None:
        yield JsonLines(summary)
    elif sys.stderr.isatty() and not log.is_json() and text.colour() is None and text.width() >= NARROWEST:
        with _bars() as show:
            yield show
    else:
        yield Lines()


class JsonLines:
    """One JSON object a line on stdout; the progress of one upload once a second."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self._last: dict[str, float] = {}

    def __call__(self, told: Told) -> None:
        with self._summary.lock:
            self._summary.count(told)
            if told.event == "progress" and not _is_due(self._last, told.post, JSON_EVERY):
                return
            text.say_json(apply_events.event(told, SystemClock().now()))
            if told.event == "pinned":  # a CI throws its folder away: a person must see which line to commit
                _tell_pinned(told)


def _tell_pinned(told: Told) -> None:
    text.tell(f"{told.post}: {_said(told)}", told.event, account=told.post, add=told.detail["line"])


class Lines:
    """Plain lines on stderr."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def __call__(self, told: Told) -> None:
        with self._lock:
            if told.event == "progress":
                self._progress(told)
            elif told.event == "hosted" and told.detail["at"] < told.detail["total"]:
                return  # a line once all of them are there
            elif told.event == "pinned":
                _tell_pinned(told)
            elif told.event in _WORDS:
                text.tell(f"{told.post}: {_said(told)}", told.event, post=told.post)

    def _progress(self, told: Told) -> None:
        began = self._began.setdefault(told.post, time.monotonic())
        self._last.setdefault(told.post, began)
        if _is_due(self._last, told.post, EVERY):
            said = _rate(told.detail, time.monotonic() - began)
            sent, total = told.detail["at"], told.detail["total"]
            text.tell(f"{told.post}: {said}", told.event, post=told.post, sent=sent, total=total)


def _is_due(last: dict[str, float], post: str, every: float) -> bool:
    now = time.monotonic()
    if now - last.get(post, 0.0) < every:
        return False
    last[post] = now
    return True


def _said(told: Told) -> str:
    words = "accepted by TikTok, which fetches the media" if told.detail.get("pulls") else _WORDS[told.event]
    if told.event == "pinned" and not told.detail.get("why"):
        words += f"; commit the new line in contentsync.yaml: {told.detail['line']}"
    if reason := told.detail.get("reason") or told.detail.get("why"):
        words += f" ({visible(str(reason))})"
    if post_id := told.detail.get("post_id"):
        words += f" as {post_id}"
    return words


def _rate(detail: Mapping[str, Any], seconds: float) -> str:
    """Bytes, rate and what is left of the time."""
    done, total, given = detail["at"], detail["total"], detail["given"]
    rate = given / seconds if seconds > 0 else 0
    left = f", {(total - done) / rate:.0f} s left" if rate else ""
    return f"uploading {text.size(done)} of {text.size(total)}, {text.size(int(rate))}/s{left}"


@contextmanager
def _bars() -> Iterator[Show]:
    from rich import progress
    from rich.console import Console

    from contentsync.cli.terminal.bars import columns

    console = Console(stderr=True)
    with progress.Progress(*columns(console), console=console, transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    """A bar an upload, and above them a line for each thing that ended."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, told: Told) -> None:
        with self._lock:
            if told.event == "progress":
                self._move(told)
            elif told.event in {"uploaded", "processing"}:
                self._phase(told, "processing")
            elif told.event == "done":
                self._remove(told)
            elif told.event in _WORDS and told.event not in {"accepted", "hosted"}:
                self._bars.console.print(text.hidden(f"{told.post}: {_said(told)}"), markup=False, highlight=False)

    def _move(self, told: Told) -> None:
        if told.post not in self._tasks:
            total = told.detail["total"]
            self._tasks[told.post] = self._bars.add_task(told.post, total=total, phase="uploading")
        self._bars.update(self._tasks[told.post], completed=told.detail["at"])

    def _phase(self, told: Told, phase: str) -> None:
        if told.post in self._tasks:
            self._bars.update(self._tasks[told.post], phase=phase)

    def _remove(self, told: Told) -> None:
        if told.post in self._tasks:
            self._bars.remove_task(self._tasks.pop(told.post))
