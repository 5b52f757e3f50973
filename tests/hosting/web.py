"""What a test of fetching needs: a web server on loopback, with or without TLS, whose answers it chooses."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MEDIA = {"jpg": "image/jpeg", "webp": "image/webp", "mp4": "video/mp4"}


@dataclass
class Page:
    """What lies at a path. statuses: by method, where it is not 200. held: the body is kept back until it is set."""

    body: bytes = b""
    kind: str = ""
    statuses: dict[str, int] = field(default_factory=dict)
    held: threading.Event | None = None


@dataclass
class Web:
    """A server. asked: method, path and header names of each request, in order."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def put(self, name: str, body: bytes = b"x", **more: object) -> str:
        """Let something lie there; its address."""
        self.pages[f"/{name}"] = Page(body, **more)  # type: ignore[arg-type]
        return f"{self.url}/{name}"


@contextmanager
def a_web(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Web]:
    web = Web("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.answer()

        def answer(self) -> None:
            web.asked.append((self.command, self.path, dict(self.headers)))
            page = web.pages.get(self.path.partition("?")[0], Page(statuses={"HEAD": 404, "GET": 404}))
            status = page.statuses.get(self.command, 200)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{web.url}/elsewhere")
            body = page.body if status == 200 else b""
            self.send_header("Content-Type", page.kind or MEDIA.get(self.path.rpartition(".")[2], "text/html"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                if page.held:
                    self.wfile.flush()
                    page.held.wait(30)
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web.url = f"{'https' if tls else 'http'}://{'localhost' if tls else host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
