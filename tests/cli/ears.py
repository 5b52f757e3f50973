"""Who is told, in tests: a web server on this machine, as a chat service would be one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Ear:
    """What arrived. status: how each message is answered. silent: whether it never is."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    silent: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address for apprise, with a secret in it."""
        return f"json://hunter1:hunter2@127.0.0.1:{self.port}/hunter3"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.heard]

    @property
    def texts(self) -> list[str]:
        return [message["message"] for message in self.heard]


@contextmanager
def an_ear() -> Iterator[Ear]:
    """A server that hears messages until the block is left."""
    ear, over = Ear(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if ear.silent.is_set():
                over.wait(60)
                return
            if ear.status == 200:
                ear.heard.append(json.loads(body))
            self.send_response(ear.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ear.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
