"""A stand-in for the part of GitHub's API that the kit uses: comments and pull requests, on loopback."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Forge:
    """The comments of one pull request, and the calls that were made."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.token = "job-token"
        self.url = ""

    def add(self, body: str, author: str = "github-actions[bot]") -> None:
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"login": author}})

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith("GET")]

    def answer(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        parts, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        if parts == "/repos/acme/content/pulls":
            return 200, [one for one in self.pulls if one["head"]["label"] == query["head"][0]]
        if parts == "/repos/acme/content/issues/7/comments":
            if method == "POST" and body:
                self.add(body["body"])
                return 201, self.comments[-1]
            first = (int(query["page"][0]) - 1) * 100
            return 200, self.comments[first : first + 100]
        found = re.fullmatch(r"/repos/acme/content/issues/comments/(\d+)", parts)
        if found and method == "PATCH" and body:
            self.comments[int(found[1]) - 1]["body"] = body["body"]
            return 200, self.comments[int(found[1]) - 1]
        return 404, {"message": "Not Found"}


@contextmanager
def a_forge() -> Iterator[Forge]:
    forge = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") == f"Bearer {forge.token}":
                code, told = forge.answer(self.command, self.path, body)
            else:
                code, told = 401, {}
            data = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
