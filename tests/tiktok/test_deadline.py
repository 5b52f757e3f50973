"""Does every request end? Servers that trickle: the head, the body, the answer to a chunk."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from contentsync.clock import SystemClock
from contentsync.errors import Unanswered
from contentsync.tiktok.exchange import Exchange, Timeouts

QUICK = Timeouts(connect=5.0, read=5.0, write=5.0, upload_answer=0.3, total=1.0)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
PATIENCE = 60.0  # what trickles in here never ends


@contextmanager
def trickling(at_once: bytes, then: bytes) -> Iterator[str]:
    """A server that answers with some bytes at once, and with the others one by one for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(at_once)
                    while not over.wait(0.02):
                        connection.sendall(then)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def exchange() -> Iterator[Exchange]:
    made = Exchange(SystemClock(), timeouts=QUICK, direct=True)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_head_that_trickles_in_ends_at_the_deadline(method: str) -> None:
    began = time.monotonic()
    with trickling(b"HTTP/1.1 200 OK\r\nX: ", b"x") as url, exchange() as line, pytest.raises(Unanswered) as told:
        line.send(method, url, "/x", {}, None if method == "GET" else b"{}")
    assert "took too long" in told.value.problem.what
    assert time.monotonic() - began < PATIENCE


def test_a_body_that_trickles_in_leaves_the_status_only() -> None:
    began = time.monotonic()
    with trickling(HEAD + b"\r\n", b" ") as url, exchange() as line:
        answer = line.send("GET", url, "/x", {})
    assert (answer.status, answer.body) == (200, None)
    assert time.monotonic() - began < PATIENCE


def test_the_answer_to_a_chunk_has_its_own_time_from_the_last_byte_on() -> None:
    began = time.monotonic()

    def blocks() -> Iterator[bytes]:
        for _ in range(5):
            time.sleep(0.15)  # together longer than an answer may take
            yield b"x"

    with trickling(b"HTTP/1.1 201 Created\r\nX: ", b"x") as url, exchange() as line, pytest.raises(Unanswered):
        line.send("PUT", url, "(upload)", {"Content-Length": "5"}, blocks(), upload=True)
    assert 0.75 < time.monotonic() - began < PATIENCE


def test_a_file_that_trickles_in_is_not_fetched() -> None:
    with trickling(HEAD + b"\r\n", b" ") as url, exchange() as line, pytest.raises(Unanswered):
        line.digest(url, "/x", {}, 1000)


def test_a_file_that_is_too_long_is_not_read_to_its_end() -> None:
    with trickling(HEAD + b"\r\n" + b"x" * 100_000, b" ") as url, exchange() as line:
        assert line.digest(url, "/x", {}, 1000).size > 1000
