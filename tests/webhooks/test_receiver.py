"""The receiver as it is run: a process of its own with a real socket, clients of every kind, and kill -9."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator import webhooks as emulated
from contentsync.emulator.config import Pace
from contentsync.emulator.server import Emulator
from contentsync.store.sqlite.state import SqliteStore
from tests.cli.support import Studio, an_emulator
from tests.processes import PATIENCE, until
from tests.webhooks.support import HIDDEN, PUBLISHED

pytest.importorskip("uvicorn", reason="the extra `web` is not installed")


class Served:
    """A `contentsync webhooks serve --json` in a process of its own."""

    def __init__(self, studio: Studio, *args: str) -> None:
        self.studio = studio
        self.process = subprocess.Popen(
            [sys.executable, "-m", "contentsync", "-v", "webhooks", "serve", "--json", "--port", "0", *args],
            cwd=studio.root,
            env=dict(os.environ) | {"PYTHONUTF8": "1"} | studio.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self.said: list[str] = []
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()
        first = self.next("listening")
        self.url = str(first["url"])

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            self.lines.put(json.loads(line))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)

    def next(self, event: str) -> dict[str, Any]:
        """The next line that tells of this."""
        while (line := self.lines.get(timeout=PATIENCE))["event"] != event:
            pass
        return line

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].partition("/")[0])

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.over()

    def over(self) -> int:
        """Wait for its end, and for all that it said."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        return code


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with an_emulator(pace=Pace(processing_polls=0, moderation_polls=0, settle_seconds=0.1)) as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator) -> Studio:
    return Studio(tmp_path / "studio", emulator.environment)


@contextlib.contextmanager
def serving(studio: Studio, *args: str) -> Iterator[Served]:
    served = Served(studio, *args)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.process.kill()
        served.over()


def signed(studio: Studio, body: bytes, age: int = 0) -> dict[str, str]:
    secret = studio.environment["CONTENTSYNC_CLIENT_SECRET"]
    return emulated.headers_of(secret, body, int(time.time()) - age)


def a_body(studio: Studio, event: str = "post.publish.complete", **content: object) -> bytes:
    key = studio.environment["CONTENTSYNC_CLIENT_KEY"]
    return emulated.body_of(key, event, "open-1", content, int(time.time()))


def ask(served: Served, method: str, path: str, body: Any = b"", headers: Any = None) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    try:
        line.request(method, path, body, headers or {})
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def raw(served: Served, sent: bytes, wait: float = 30.0) -> bytes:
    """What comes back for bytes that no client library would send, until the line is closed."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=wait) as line:
        line.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while block := line.recv(65_536):
                answer += block
        return answer


def events(studio: Studio) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.run("webhooks", "list", "--json").json["events"]
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly(studio: Studio, how: signal.Signals) -> None:
    with serving(studio, "--path", "/hooks") as served:
        assert served.url == f"http://127.0.0.1:{served.port}/hooks"
        assert ask(served, "POST", "/hooks")[0] == 401
        assert served.end(how) == 0
    assert "Traceback" not in "".join(served.said)


def test_clients_of_every_kind_get_a_bounded_answer(studio: Studio) -> None:
    path = "/tiktok/webhooks"
    body = a_body(studio)
    head = signed(studio, body)
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode()
    with serving(studio) as served:
        assert ask(served, "GET", path) == (405, b"")
        assert ask(served, "PUT", path, body, head) == (405, b"")
        assert {ask(served, "POST", other, body, head) for other in ("/", path + "/", path + "/x")} == {(404, b"")}
        assert ask(served, "POST", path, body) == (401, b"")
        assert ask(served, "POST", path, body + b" ", head) == (401, b"")
        assert ask(served, "POST", path, b"x" * 65_537, head) == (413, b"")
        endless = iter([b"x" * 10_000] * 10)
        assert ask(served, "POST", path, endless, head)[0] == 413
        start = f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + lines
        short = start + b"Content-Length: 5\r\n\r\n" + body
        assert raw(served, short).startswith(b"HTTP/1.1 401 ")
        assert b" 400 " in raw(served, b"nonsense\r\n\r\n")
        pieces = iter([body[:7], body[7:]])
        assert ask(served, "POST", path, pieces, head) == (200, b"")
        until(lambda: [event["outcome"] for event in events(studio)] == ["no-publish-id"])


def test_slow_clients_are_let_go_and_others_are_served_meanwhile(studio: Studio) -> None:
    body = a_body(studio)
    with serving(studio) as served, contextlib.ExitStack() as open_lines:
        start = b"POST /tiktok/webhooks HTTP/1.1\r\nHost: x\r\n"
        slow = []
        for sent in (b"", start, start + b"Content-Length: 100\r\n\r\n{"):
            line = open_lines.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE))
            line.sendall(sent)
            slow.append(line)
        assert ask(served, "POST", "/tiktok/webhooks", body, signed(studio, body)) == (200, b"")
        began = time.monotonic()
        answers = []
        for line in slow:
            try:
                answers.append(line.recv(65_536)[:12])
            except ConnectionResetError:
                answers.append(b"")
        assert answers == [b"", b"", b"HTTP/1.1 408"]
        assert time.monotonic() - began < 60


def memory_of(process: int) -> int:
    """Its resident memory, in bytes."""
    fields = Path(f"/proc/{process}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_hundreds_of_idle_lines_and_a_flood_of_bad_signatures_leave_room_for_tiktok(studio: Studio) -> None:
    big, body = b"x" * 65_536, a_body(studio)
    bad = {"TikTok-Signature": f"t={int(time.time())},s={'0' * 64}"}
    with serving(studio) as served, contextlib.ExitStack() as idle:
        assert ask(served, "POST", "/tiktok/webhooks", big, bad)[0] == 401
        before = memory_of(served.process.pid)
        for _ in range(400):
            idle.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE))
        until(lambda: len(list(Path(f"/proc/{served.process.pid}/fd").iterdir())) < 300)
        until(lambda: ask_quietly(served, big, bad) == 401)  # the idle lines are let go after their five seconds
        for _ in range(300):
            assert ask(served, "POST", "/tiktok/webhooks", big, bad)[0] == 401
        assert ask(served, "POST", "/tiktok/webhooks", body, signed(studio, body)) == (200, b"")
        grown = memory_of(served.process.pid) - before
    assert grown < 20_000_000
    assert sum('"not-signed"' in line for line in served.said) < 100


def ask_quietly(served: Served, body: bytes, headers: dict[str, str]) -> int:
    """The status; 0 where the line is closed."""
    try:
        return ask(served, "POST", "/tiktok/webhooks", body, headers)[0]
    except (OSError, http.client.HTTPException):
        return 0


def test_an_event_for_another_app_or_an_unknown_account_changes_nothing(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    assert studio.run("apply", "--auto-approve").code == 0
    calls = emulator_calls(emulator)
    alien = emulated.body_of("another-app", "authorization.removed", "open-1", {"reason": 1}, int(time.time()))
    stranger = a_body(studio, "authorization.removed", reason=1)
    with serving(studio) as served:
        assert ask(served, "POST", "/tiktok/webhooks", alien, signed(studio, alien))[0] == 403
        for _ in range(3):  # a replay is one event
            assert ask(served, "POST", "/tiktok/webhooks", stranger, signed(studio, stranger))[0] == 200
        until(lambda: [event["outcome"] for event in events(studio)] == ["no-account"])
    assert emulator_calls(emulator) == calls
    assert studio.run("plan").code == 0


def emulator_calls(emulator: Emulator) -> int:
    return len(emulator.requests())


def test_what_tiktok_pushes_brings_a_post_to_its_end(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with serving(studio) as served:
        emulator.deliver_to(served.url)
        emulator.add_fault("webhook:twice,count=all")
        emulator.add_fault("webhook:wrong_signature,nth=1")
        assert studio.run("apply", "--auto-approve", "--no-wait").code in {0, 3}

        def bound() -> bool:
            return any(event["outcome"] == "bound" for event in events(studio))

        until(bound)
        assert served.end() == 0
    log = "".join(served.said)
    secret = studio.environment["CONTENTSYNC_CLIENT_SECRET"]
    assert '"not-signed"' in log and '"seen-before"' in log
    assert "/v2/post/publish/status/fetch/" in log  # -v tells requests
    assert secret not in log and "s=" not in log and "TikTok-Signature" not in log
    assert not any(token.access_token in log for token in emulator.accounts.values())
    assert len(emulator.posts("acme")) == 1
    told = studio.run("state", "list").out
    assert str(emulator.posts("acme")[0].post_id) in told


def test_a_kill_between_receipt_and_work_loses_nothing(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    assert studio.run("apply", "--auto-approve", "--no-wait").code in {0, 3}
    until(lambda: bool(emulator.posts("acme")[0].post_id))
    posting = emulator.posts("acme")[0]
    open_id = emulator.accounts["acme"].open_id
    key = studio.environment["CONTENTSYNC_CLIENT_KEY"]
    content = {"publish_id": posting.publish_id, "post_id": int(posting.post_id or 0)}
    body = emulated.body_of(key, PUBLISHED, open_id, content, int(time.time()))
    emulator.add_fault("status:delay=600,count=all")  # its work does not end before the kill
    with serving(studio) as served:
        assert ask(served, "POST", "/tiktok/webhooks", body, signed(studio, body)) == (200, b"")
        served.end(signal.SIGKILL)
    assert [event["state"] for event in events(studio)] == ["waiting"]
    emulator.clear_faults()
    with serving(studio) as served:
        assert served.next("worked")["outcome"] == "bound"
        assert ask(served, "POST", "/tiktok/webhooks", body, signed(studio, body)) == (200, b"")
        assert served.end() == 0
    (event,) = events(studio)
    assert (event["deliveries"], event["state"], event["post"]) == (2, "done", "acme/launch")


def test_it_works_while_an_apply_holds_the_lock(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    emulator.add_fault("upload:delay=3")
    with serving(studio) as served:
        emulator.deliver_to(served.url)
        applied = studio.run("apply", "--auto-approve", "--json")
        assert applied.code == 0, applied.err
    assert len(emulator.posts("acme")) == 1


def test_without_a_secret_it_says_what_it_lacks(studio: Studio) -> None:
    studio.write("contentsync.yaml", "version: 1\naccounts:\n  acme: {mode: draft}\n")
    ended = studio.run("webhooks", "serve", "--port", "0")
    assert (ended.code, "webhook-secret-missing" in ended.err) == (1, True)


def test_without_the_extra_it_names_the_pip_command(studio: Studio) -> None:
    studio.write("uvicorn.py", "raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')\n")
    studio.environment["PYTHONPATH"] = str(studio.root)
    ended = studio.process("webhooks", "serve", "--port", "0")
    assert (ended.code, "pip install 'contentsync[web]'" in ended.err) == (64, True)


def test_a_port_that_is_taken_is_told(studio: Studio) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = studio.run("webhooks", "serve", "--port", str(taken.getsockname()[1]))
    assert (ended.code, "port-taken" in ended.err) == (64, True)


# Sending one by hand.


def test_an_event_is_sent_by_hand(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.run("apply", "--auto-approve")
    with serving(studio) as served:
        said = studio.run(
            "webhooks", "send", HIDDEN, "--post", "launch", "--post-id", "77", "--twice", "--url", served.url
        )
        assert (said.code, said.out.count("answered 200")) == (0, 2)
        assert served.next("worked")["post"] == "acme/launch"
        wrong = studio.run("webhooks", "send", "post.publish.complete", "--wrong-signature", "--url", served.url)
        assert (wrong.code, "answered 401" in wrong.out) == (1, True)
        assert studio.run("webhooks", "send", "authorization.removed", "--reason", "4", "--url", served.url).code == 0
        assert served.next("worked")["outcome"] == "access-removed"
    listed = studio.run("webhooks", "list")
    assert HIDDEN in listed.out and "acme/launch" in listed.out
    assert "banned" in studio.run("status").err


def test_nobody_there_and_no_url_are_told(studio: Studio) -> None:
    nobody = studio.run("webhooks", "send", "post.publish.complete", "--url", "http://127.0.0.1:9/")
    assert (nobody.code, "no answer from http://127.0.0.1:9/" in nobody.out) == (1, True)
    assert "is contentsync webhooks serve running there?" in nobody.err
    no_url = studio.run("webhooks", "send", "post.publish.complete", "--url", "ftp://x")
    assert (no_url.code, "webhook-not-sent" in no_url.err) == (64, True)


def test_list_asks_nobody_and_makes_no_event(studio: Studio) -> None:
    assert studio.run("webhooks", "list").out == "No events.\n"
    assert events(studio) == []
    assert SqliteStore.open(studio.root / ".contentsync" / "state.db").events.all() == []
