"""When must a page be refreshed? One thread looks while somebody listens, and wakes all listeners at a change."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from contentsync.errors import ContentsyncError
from contentsync.operations.board import Pulse
from contentsync.project import Project

STATE_EVERY: Final = 1.0  # seconds
PLAN_EVERY: Final = 10.0
LISTENERS: Final = 20

Seen = tuple[str, str]
NOTHING: Final[Seen] = ("", "")


class Listener:
    """One open page. Made, and waited for, in the server's loop; woken from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the page with it
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> bool:
        """Whether something changed; False after that time without a change."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Live:
    """The listeners, and the thread that looks for them."""

    def __init__(self, open_project: Callable[[], Project]) -> None:
        self._open_project = open_project
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._look = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def has_room(self) -> bool:
        with self._lock:
            return len(self._listeners) < LISTENERS

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener while the block runs."""
        listener = Listener()
        with self._lock:
            self._listeners.add(listener)
        self._look.set()
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def wake(self) -> None:
        """Say to all pages that something changed. The engine calls this; any thread may."""
        with self._lock:
            for listener in self._listeners:
                listener.wake()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="board-pulse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._look.set()
        self.wake()
        if self._thread:
            self._thread.join(10)

    def _run(self) -> None:
        """Look at the state every second and at the plan every ten seconds, while somebody listens."""
        seen = NOTHING
        while not self._over.is_set():
            if not self._is_heard():
                seen = NOTHING
                self._look.clear()
                self._look.wait(5)
                continue
            try:
                seen = self._watch(seen)
            except ContentsyncError:
                self.wake()  # the page says what is wrong
                self._over.wait(STATE_EVERY * 5)

    def _watch(self, seen: Seen) -> Seen:
        """Wake the listeners at each change, for ten seconds. Raises ContentsyncError.

        seen: the plan and the state at the last look. Returns them as they are now. The project is opened anew each
        time, since its file may have changed.
        """
        project = self._open_project()
        try:
            pulse, until = Pulse(project), time.monotonic() + PLAN_EVERY
            plan = pulse.of_the_plan()
            while self._is_heard() and not self._over.is_set() and time.monotonic() < until:
                now = (plan, pulse.of_the_state())
                if seen not in {NOTHING, now}:
                    self.wake()
                seen = now
                self._over.wait(STATE_EVERY)
            return seen
        finally:
            project.close()
            project.close_state()

    def _is_heard(self) -> bool:
        with self._lock:
            return bool(self._listeners)
