"""TikTok's token endpoint on loopback, for processes: a refresh token works once."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import parse_qs


class SignIn(ThreadingHTTPServer):
    """A token endpoint on loopback: a refresh token works once. `held` keeps answers back while it is not set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Renewal)
        self.renewals = 0
        self.refused = 0
        self.asked = threading.Event()
        self.held = threading.Event()
        self.held.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, refresh_token: str) -> dict[str, str]:
        if refresh_token != f"rft.{self.renewals}":
            self.refused += 1
            return {"error": "invalid_grant", "error_description": "used", "log_id": "2026AB"}
        self.renewals += 1
        return {"access_token": f"act.{self.renewals}", "refresh_token": f"rft.{self.renewals}"}

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no news."""


class Renewal(BaseHTTPRequestHandler):
    server: SignIn

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        body = json.dumps(self.server.answer(form["refresh_token"][0])).encode()
        self.server.asked.set()
        self.server.held.wait(timeout=100)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Chains(SignIn):
    """One that knows many chains: rft.CHAIN.N, each of which it renews by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, int] = {}

    def answer(self, refresh_token: str) -> dict[str, str]:
        _, chain, number = refresh_token.split(".")
        if int(number) != self.given.get(chain, 0):
            return {"error": "invalid_grant", "error_description": "used", "log_id": "2026AB"}
        self.given[chain] = int(number) + 1
        return {kind: f"{start}.{chain}.{int(number) + 1}" for kind, start in PREFIXES.items()}


PREFIXES = {"access_token": "act", "refresh_token": "rft"}
S = TypeVar("S", bound=SignIn)


@contextlib.contextmanager
def serving(server: S) -> Iterator[S]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.held.set()
        server.shutdown()
        thread.join()
