"""One renewal for all processes, through real sockets and files; and what remains when one of them is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

ROOT = Path(__file__).parents[2]
SEED = {"CONTENTSYNC_TOKEN_ACME": "act.0", "CONTENTSYNC_REFRESH_TOKEN_ACME": "rft.0"}


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
        self.server.held.wait(timeout=20)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    with SignIn() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.held.set()
        server.shutdown()
        serving.join()


def begin(sign_in: SignIn, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.tiktok.renewing", sign_in.url, str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | SEED, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=30)
    return out.strip()


@pytest.mark.slow
def test_eight_processes_renew_once_and_all_get_the_same_token(sign_in: SignIn, tmp_path: Path) -> None:
    processes = [begin(sign_in, tmp_path) for _ in range(8)]
    assert [said(process) for process in processes] == ["ready"] * 8
    for process in processes:
        go(process)
    assert [ended(process) for process in processes] == ["act.1"] * 8
    assert (sign_in.renewals, sign_in.refused) == (1, 0)


@pytest.mark.slow
def test_a_process_killed_between_answer_and_disk_loses_the_token_and_the_next_one_says_so(
    sign_in: SignIn, tmp_path: Path
) -> None:
    killed, next_one = begin(sign_in, tmp_path), begin(sign_in, tmp_path)
    assert (said(killed), said(next_one)) == ("ready", "ready")
    sign_in.held.clear()
    go(killed)
    sign_in.asked.wait(timeout=20)
    killed.kill()
    ended(killed)
    sign_in.held.set()
    go(next_one)
    told = ended(next_one)
    assert "was cut off before its answer was saved" in told
    assert "[invalid-grant]" in told
    assert sign_in.renewals == 1
