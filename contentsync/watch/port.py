"""How is a running watch seen from outside? `/healthz` and `/metrics`, on a port of this machine.

The danger: a page in a browser, or another machine, reads which accounts there are. The rule: the port is open on a
loopback address only, and a request must name that address as its host, which a page of another site can't. What is
told has counts, times and the names of accounts, and no caption and no secret.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Final

from contentsync.errors import Problem, UsageError
from contentsync.loopback import LoopbackServer, address_problem, loopback_address
from contentsync.visible import visible
from contentsync.web_server import port_taken

Answer = tuple[int, str, bytes]
_TEXT: Final = "text/plain; charset=utf-8"
_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def address_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`. Raises UsageError for what is no loopback address with a port."""
    if found := loopback_address(text):
        return found
    what = f'"{visible(text)}" is not an address of this machine alone; /healthz and /metrics have no password'
    hint = "write 127.0.0.1:PORT; to read it from elsewhere, put a proxy with a password in front of it"
    raise UsageError(address_problem(text, Problem("metrics-address", what, hint)))


class _Server6(LoopbackServer):
    address_family = socket.AF_INET6


class Port:
    """Serves pages until it is closed. pages: by path, what gives each answer."""

    def __init__(self, host: str, port: int, pages: Mapping[str, Callable[[], Answer]]) -> None:
        """Raises UsageError if the port can't be opened."""
        self._pages = pages
        self._names = _NAMES | {f"[{host}]" if ":" in host else host}
        kind = _Server6 if ":" in host else LoopbackServer
        try:
            self._server = kind((host, port), self._handler())
        except OSError as err:
            raise port_taken(host, port, err, "choose another one with --metrics; 0 picks a free port") from err
        self.port: int = self._server.server_address[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="watch-port", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, path: str, host: str) -> Answer:
        """Status, type and body for one request. host: as the request names it."""
        if host.rpartition(":")[0] not in self._names and host not in self._names:
            return 421, _TEXT, b"not the host of this server\n"
        page = self._pages.get(path.partition("?")[0])
        return page() if page else (404, _TEXT, b"/healthz and /metrics are here\n")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        port = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds for a request to come in
            server_version, sys_version = "contentsync", ""

            def do_GET(self) -> None:
                status, kind, body = port.answer(self.path, self.headers.get("Host", ""))
                self.send_response(status)
                for name, value in (
                    ("Content-Type", kind),
                    ("Content-Length", str(len(body))),
                    ("Cache-Control", "no-store"),
                    ("X-Content-Type-Options", "nosniff"),
                    ("Connection", "close"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                """Log nothing: a check every few seconds is not worth a line."""

        return Handler


def as_json(status: int, document: Mapping[str, object]) -> Answer:
    """A page of JSON."""
    return status, "application/json", json.dumps(document).encode() + b"\n"
