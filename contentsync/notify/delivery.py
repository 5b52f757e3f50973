"""How are notices sent without waiting for a dead recipient? Each recipient has a thread, and all share a deadline.

A thread that hangs is left behind: it touches nothing but its own message, and ends with the process. So the caller
alone writes into the state, and what no thread reported in time counts as not told.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from contentsync.clock import Clock
from contentsync.frozen import frozen
from contentsync.notices import Notice


@frozen
class Sent:
    """What became of one notice for one recipient."""

    recipient: str
    #: Which of the recipient's notices, from 0.
    number: int
    #: Why it was not sent; empty where it was.
    why: str


Send = Callable[[Notice], str]
LATE = "no answer in time"
DEFECT = "sending it failed unexpectedly"


def deliver(work: Mapping[str, tuple[Send, Sequence[Notice]]], clock: Clock, seconds: float) -> Iterator[Sent]:
    """Send all notices, the recipients side by side, each recipient's in order. Yields what became of each.

    A recipient's first failure ends its turn. seconds: for all of it together.
    """
    answers: queue.SimpleQueue[Sent] = queue.SimpleQueue()
    for name, (send, notices) in work.items():
        threading.Thread(target=_run, args=(name, send, tuple(notices), answers), name="notice", daemon=True).start()
    left = {name: len(notices) for name, (_, notices) in work.items() if notices}
    until = clock.monotonic() + seconds
    while left:
        try:
            sent = answers.get(timeout=max(0.0, until - clock.monotonic()))
        except queue.Empty:
            break
        yield sent
        left[sent.recipient] = 0 if sent.why else left[sent.recipient] - 1
        if not left[sent.recipient]:
            del left[sent.recipient]
    for name, count in left.items():
        yield Sent(name, len(work[name][1]) - count, LATE)


def _run(name: str, send: Send, notices: Sequence[Notice], answers: queue.SimpleQueue[Sent]) -> None:
    for number, notice in enumerate(notices):
        why = DEFECT
        try:
            why = send(notice)
        finally:
            answers.put(Sent(name, number, why))
        if why:
            return
