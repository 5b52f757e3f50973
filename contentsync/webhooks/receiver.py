"""Which thread listens, and which one works? One for the socket and one for the events, started together.

A command keeps it while it runs: `receiver.start()`, then `receiver.check()` now and then, and `receiver.stop()`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from contentsync import web_server
from contentsync.attempt.waiting import StoppableClock
from contentsync.errors import ManifestError, Place, Problem, StoreError
from contentsync.project import Project
from contentsync.standard_paths import PROJECT_FILE
from contentsync.webhooks.inbox import Inbox, Received
from contentsync.webhooks.signature import TOLERANCE
from contentsync.webhooks.work import Worked, Worker

if TYPE_CHECKING:
    import uvicorn

LOOK_EVERY: Final = 30.0  # seconds, at most, between two looks at what waits
AFTER_FAILURE: Final = 5.0
HEAD_SECONDS: Final = 5.0
CONNECTIONS: Final = 100  # more than these at a time are answered 503
OPEN: Final = 2 * CONNECTIONS  # more than these at a time are closed without an answer

PORT_HINT: Final = "choose another one with --port; 0 picks a free port"

Happened = Received | Worked | StoreError


class Receiver:
    """Takes deliveries for one project and processes them, including those that an earlier receiver left.

    port 0 picks a free one. tell: told of each delivery, of each event that was worked on, and of a state that
    can't be written; from more than one thread. Takes no apply lock.
    """

    def __init__(
        self,
        project: Project,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str = "/tiktok/webhooks",
        tolerance: timedelta = TOLERANCE,
        tell: Callable[[Happened], None] = lambda _: None,
    ) -> None:
        self._stop = threading.Event()
        self._wake = threading.Event()
        project.clock = StoppableClock(project.clock, self._stop)
        self._project, self._tell = project, tell
        self.host, self.port, self.path = host, port, path
        self._inbox = Inbox(project.store.events, project.clock, _keys(project), tolerance)
        self._worker = Worker(project, tell, self._stop, project.clock.now())
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="webhooks")
        self._running: list[Future[None]] = []
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"

    def start(self) -> None:
        """Open the port and start both threads. Raises UsageError if the port is in use, or `web` is missing."""
        server = _server_of(self._inbox, self.path, self._received)
        listener = web_server.listen(self.host, self.port, PORT_HINT)
        self.port = listener.getsockname()[1]
        self._server = server
        self._running = [self._threads.submit(web_server.serve, server, listener), self._threads.submit(self._work)]

    def check(self) -> None:
        """Raise the error that ended one of the threads, if one has ended."""
        for thread in self._running:
            if thread.done():
                thread.result()
                raise RuntimeError("the receiver stopped unexpectedly")

    def stop(self) -> None:
        """Answer running requests, close the port, and end; waiting events are processed next time."""
        self._stop.set()
        self._wake.set()
        if self._server:
            self._server.should_exit = True
        self._threads.shutdown(wait=True)

    def _received(self, answer: Received) -> None:
        self._tell(answer)
        if answer.is_new:
            self._wake.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self._worker.work_off()
                pause = self._pause()
            except StoreError as err:
                self._tell(err)
                pause = AFTER_FAILURE
            self._wake.wait(pause)

    def _pause(self) -> float:
        """Seconds until the next event is due."""
        due_at = self._project.store.events.next_due()
        if due_at is None:
            return LOOK_EVERY
        return min(LOOK_EVERY, max(0.0, (due_at - self._project.clock.now()).total_seconds()))


def _keys(project: Project) -> list[tuple[str | None, str]]:
    keys = project.app_keys()
    if not keys:
        what = "TikTok signs webhooks with the app's client secret, and none is set"
        hint = "write client_secret: ${CONTENTSYNC_CLIENT_SECRET} under app:, and export that variable"
        raise ManifestError(Problem("webhook-secret-missing", what, hint, Place(PROJECT_FILE)))
    return keys


def _server_of(inbox: Inbox, path: str, received: Callable[[Received], None]) -> uvicorn.Server:
    """A server that leaves signals, logs and the process to its caller."""
    try:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        from contentsync.webhooks.app import make_app
    except ImportError as err:
        raise web_server.extra_missing("the receiver", err) from err

    class Bounded(H11Protocol):
        """A connection that is closed if no request's head arrives in time, or if far too many are open."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > OPEN:
                transport.abort()  # each is a file of this process, which the state needs too
                return
            self.loop.call_later(HEAD_SECONDS, self._end_without_head)

        def _end_without_head(self) -> None:
            if getattr(self, "cycle", None) is None:  # typed as if there always were one
                self.transport.abort()

    app = make_app(inbox, path, received)
    return web_server.server_of(app, connections=CONNECTIONS, seconds_to_end=15, protocol=Bounded)
