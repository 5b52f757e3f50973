"""What became of the attempts that TikTok is processing? One loop for all accounts, after everything is sent.

Sending and waiting are separate because they need different things. Sending needs the locks and a thread for the
bytes. Waiting needs neither, and lasts as long as TikTok works. So forty accounts wait together, not eight at a time,
and another process may send meanwhile.

Questions about one account follow each other at that account's pace; those about different accounts run in parallel.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Final

from contentsync.apply.account_run import AccountRun, Followed
from contentsync.attempt.waiting import Stop, Stopped
from contentsync.clock import Clock
from contentsync.errors import ContentsyncError

SLICE: Final = 0.25  # seconds
GRAIN: Final = 0.001  # seconds: nearer than that is now


class Following:
    """Asks about each attempt, at growing intervals, until it is final or the time to wait is over."""

    def __init__(
        self, followed: Iterable[Followed], clock: Clock, stop: Stop, workers: Executor | None = None
    ) -> None:
        """workers: make the looks, side by side; without them each is made in its turn."""
        self._left = list(followed)
        self._clock, self._stop, self._workers = clock, stop, workers
        self._busy: dict[Future[None], AccountRun] = {}
        #: What went wrong with an account, by its open_id; nothing more is asked for it then.
        self.failures: dict[str, ContentsyncError] = {}

    def run(self, seconds: float) -> None:
        """Follow for `seconds`, then report the attempts that are left."""
        until = self._clock.monotonic() + seconds
        while not self._stop.is_set() and self._go_on(until):
            pass
        while self._busy:
            self._take_in(None)
        for followed in self._left:
            followed.by.leave(followed)

    def _go_on(self, until: float) -> bool:
        """Start what is due, or wait for it; False where nothing is left to be done in time."""
        busy = set(self._busy.values())
        useful = (f for f in self._left if f.by not in busy and f.no_end_before <= until)
        following = min(useful, key=lambda f: f.due, default=None)
        if following is None or following.due > until:
            self._take_in(None)
            return bool(busy)
        pause = following.due - self._clock.monotonic()
        if pause > GRAIN:
            return self._wait(pause)
        if (room := following.by.room_to_look()) > 0 and not following.repeats:
            following.due += room
            return True
        self._left.remove(following)
        self._start(following)
        return True

    def _wait(self, seconds: float) -> bool:
        """Let time pass, at most so much; False where a stop is asked for."""
        if self._busy:
            self._take_in(min(seconds, SLICE))
            return True
        try:
            self._clock.sleep(seconds)
        except Stopped:
            return False
        return True

    def _start(self, followed: Followed) -> None:
        work = followed.by.repeat if followed.repeats else followed.by.look
        done: Future[None] = Future()
        if self._workers is not None:
            done = self._workers.submit(work, followed)
        else:
            try:
                done.set_result(work(followed))
            except ContentsyncError as err:
                done.set_exception(err)
        self._busy[done] = followed.by
        if done.done():
            self._take_in(0)

    def _take_in(self, timeout: float | None) -> None:
        """Take in what the workers are done with. timeout: seconds to wait for the first; None: however long."""
        for done in wait(self._busy, timeout, FIRST_COMPLETED).done if self._busy else ():
            by = self._busy.pop(done)
            try:
                done.result()
            except ContentsyncError as err:
                self.failures[by.open_id] = err
            self._left += by.take_followed()
            if by.open_id in self.failures:
                self._give_up(by)

    def _give_up(self, by: AccountRun) -> None:
        """Stop following an account after an error that its other attempts would meet too."""
        for followed in [f for f in self._left if f.by is by]:
            self._left.remove(followed)
            by.leave(followed)
