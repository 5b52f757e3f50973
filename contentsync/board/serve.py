"""How does the board run? A listener on loopback, in a thread of its own; whoever runs the engine keeps it.

`board.start()`, then print `board.link` to the person, `board.wake()` when the engine did something, `board.stop()`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from contentsync import web_server
from contentsync.board.guard import OPEN, Guard
from contentsync.errors import Problem, UsageError
from contentsync.loopback import address_problem, loopback_address
from contentsync.project import Project
from contentsync.visible import visible

if TYPE_CHECKING:
    import uvicorn

    from contentsync.board.live import Live

CONNECTIONS: Final = 60


class Board:
    """The board of one project, until it is stopped."""

    def __init__(self, open_project: Callable[[], Project], address: str, *, allow_actions: bool = False) -> None:
        """open_project: opens the project again. address: HOST:PORT on loopback; port 0 picks a free one.

        Raises UsageError for an address that is not on loopback.
        """
        self._host, self._port = address_of(address)
        self._guard = Guard(allow_actions=allow_actions)
        self._open_project = open_project
        self._server: uvicorn.Server | None = None
        self._live: Live | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, without the token."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def link(self) -> str:
        """The link that signs one browser in, once. Show it on the terminal only, and never log it."""
        return f"{self.url}{OPEN}?token={self._guard.token}"

    def start(self) -> None:
        """Open the port and serve. Raises UsageError if the port is in use, or the extra `web` is missing."""
        try:
            from contentsync.board.app import make_app
            from contentsync.board.desk import Desk
            from contentsync.board.live import Live

            web_server.import_server()
        except ImportError as err:
            raise web_server.extra_missing("the board", err) from err
        listener = web_server.listen(self._host, self._port, "choose another port; 0 picks a free one")
        self._port = listener.getsockname()[1]
        self._guard.listens_on(self._host, self._port)
        self._live = Live(self._open_project)
        app = make_app(self._guard, Desk(self._open_project, self._guard, self._live.wake), self._live)
        self._server = web_server.server_of(app, connections=CONNECTIONS, seconds_to_end=3, proxied=False)
        self._live.start()
        self._thread = threading.Thread(
            target=web_server.serve, args=(self._server, listener), name="board", daemon=True
        )
        self._thread.start()

    def wake(self) -> None:
        """Refresh the pages, because the engine did something. Any thread may call this."""
        if self._live:
            self._live.wake()

    def stop(self) -> None:
        """Answer running requests, close the port, and end."""
        if self._live:
            self._live.stop()
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(10)


def address_of(text: str) -> tuple[str, int]:
    """The host and port of `127.0.0.1:8480` or `[::1]:0`. Raises UsageError for an address beyond this machine."""
    if found := loopback_address(text):
        return found
    what = f'"{visible(text)}" is not an address of this machine alone'
    hint = "write 127.0.0.1:PORT; to look at it from elsewhere, forward the port: ssh -L"
    raise UsageError(address_problem(text, Problem("board-address", what, hint)))
