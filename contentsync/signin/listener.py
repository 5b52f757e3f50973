"""How is the browser's answer received? By a server on a port of 127.0.0.1, for one answer, and never on IPv6.

Any page in the browser could find the port. So the server checks that an answer belongs to this sign-in, and checks
nothing else. It hands the right answer over, and shows the page that it gets in return.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from contentsync.clock import Clock
from contentsync.errors import Problem, SignInNeeded
from contentsync.loopback import LoopbackServer
from contentsync.signin import page
from contentsync.signin.redirect import Answer, read_answer

HOST: Final = "127.0.0.1"
LOOK_EVERY: Final = 0.2  # seconds: so often a wait lets Ctrl-C through
PAGE_SECONDS: Final = 180.0  # the browser waits so long for the code to be redeemed
LAST_SECONDS: Final = 5.0
HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


class Listener:
    """Waits for the redirect at `path`; `with Listener(path, port) as listener: …`.

    port: 0 for a free one. is_ours: whether an answer is to this sign-in; others are turned away, and the wait goes
    on. Raises SignInNeeded where the port is not to be had.
    """

    def __init__(self, path: str, port: int, is_ours: Callable[[Answer], bool]) -> None:
        self._path, self._is_ours = path, is_ours
        self._turned_away: Answer | None = None
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._one = threading.Lock()  # whoever gets it brings the one answer that is taken
        self._page: tuple[int, str] | None = None
        self._decided, self._shown = threading.Event(), threading.Event()
        try:
            self._server = LoopbackServer((HOST, port), self._handler())
        except (OSError, OverflowError) as err:
            raise _port_taken(port, err) from err
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="sign-in", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show a last page to a browser that still waits, then close the port."""
        if self._one.locked():
            self.show(500, page.stopped())
            self._shown.wait(LAST_SECONDS)
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float, clock: Clock) -> Answer:
        """The first answer to this sign-in. Raises SignInNeeded where none comes in time."""
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            try:
                return self._answers.get(timeout=min(LOOK_EVERY, left))
            except queue.Empty:
                continue
        if stray := self._turned_away:
            said = f", and says {stray.error}" if stray.error else ""
            raise SignInNeeded(other_sign_in(f" within {seconds:g} seconds", said))
        raise SignInNeeded(_timeout(seconds))

    def show(self, status: int, html: str) -> None:
        """Set the page for the browser that brought the answer; the first call counts."""
        if self._page is None:
            self._page = (status, html)
        self._decided.set()

    def answer(self, target: str) -> tuple[int, str]:
        """Status and page for one request; the request with the answer waits until `show` is called."""
        parts = urlsplit(target)
        if parts.path != self._path:
            return 404, page.elsewhere()
        answer = read_answer(parts.query)
        if answer is None:
            return 400, page.nothing_in_it()
        if not self._is_ours(answer):
            self._turned_away = answer
            return 400, page.not_ours()
        if not self._one.acquire(blocking=False):
            return 409, page.taken_already()
        self._answers.put(answer)
        self._decided.wait(PAGE_SECONDS)
        return self._page or (500, page.stopped())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds for a request to come in
            server_version, sys_version = "contentsync", ""

            def do_GET(self) -> None:
                status, html = listener.answer(self.path)
                body = html.encode()
                try:
                    self.send_response(status)
                    for name, value in (*HEADERS, ("Content-Length", str(len(body)))):
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)
                    self.wfile.flush()
                finally:
                    if listener._decided.is_set() and (status, html) == listener._page:
                        listener._shown.set()

            def log_message(self, *args: object) -> None:
                """Nothing: the request's address holds the code."""

        return Handler


def other_sign_in(when: str = "", said: str = "") -> Problem:
    """The problem of an answer to another sign-in. when, said: what to add about its time and its words."""
    what = f"the answer that came{when} belongs to another sign-in: its `state` is a different one{said}"
    hint = "close old tabs with TikTok's page, then sign in again; if this happens again, someone may be interfering"
    return Problem("sign-in-state", what, hint)


def _timeout(seconds: float) -> Problem:
    what = f"no answer came from the browser within {seconds:g} seconds"
    hint = "sign in again and authorize the app in the browser; on a machine without a browser, add --no-browser"
    return Problem("sign-in-timeout", what, hint)


def _port_taken(port: int, err: Exception) -> SignInNeeded:
    why = getattr(err, "strerror", None) or type(err).__name__
    what = f"can't listen on port {port} of 127.0.0.1: {why}"
    hint = "stop the program that uses the port; or register http://127.0.0.1:*/callback/, which allows any free port"
    return SignInNeeded(Problem("sign-in-port", what, hint))
