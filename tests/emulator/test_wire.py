"""HTTP on a raw socket: what a client may send, leave half said, or do to its connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from contentsync.emulator.server import Emulator
from tests.emulator.support import Caller, a_caller, a_client, a_tiktok, code

GET = "GET /v2/user/info/?fields=open_id HTTP/1.1\r\nhost: localhost\r\n"


@contextmanager
def a_socket(emulator: Emulator) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=5) as raw:
        yield raw


def said(raw: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    while data := raw.recv(65_536):
        found += data
    return found


def alive(emulator: Emulator) -> bool:
    with a_client(emulator.url) as http:
        return code(Caller(emulator, "acme", http).creator()) == (200, "ok")


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET /v2/us",
        b"POST /v2/oauth/token/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\ngrant",
        b"PUT /upload/?upload_id=1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10000000\r\n\r\nabc",
        GET.encode() + b"\r\n",
    ],
)
def test_a_client_that_goes_away_is_no_matter(half: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with a_tiktok() as emulator:
        for _ in range(3):
            with a_socket(emulator) as raw:
                raw.sendall(half)
        assert alive(emulator)
    assert capfd.readouterr().err == ""


def test_a_client_that_resets_its_connection_is_no_matter(capfd: pytest.CaptureFixture[str]) -> None:
    with a_tiktok() as emulator:
        with a_socket(emulator) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            raw.sendall(GET.encode() + b"\r\n" + GET.encode())
        assert alive(emulator)
    assert capfd.readouterr().err == ""


def test_pipelined_requests_are_answered_in_order() -> None:
    with a_tiktok() as emulator, a_socket(emulator) as raw:
        raw.sendall(
            f"{GET}\r\nGET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n{GET}connection: close\r\n\r\n".encode()
        )
        found = said(raw)
    assert [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]] == [b"401", b"404", b"401"]


def test_a_connection_serves_many_requests() -> None:
    with a_caller() as caller:
        ports = set()
        for _ in range(3):
            stream = caller.creator().extensions["network_stream"]
            ports.add(stream.get_extra_info("client_addr"))
    assert len(ports) == 1


def test_a_client_that_expects_to_be_asked_is_asked() -> None:
    with a_tiktok() as emulator, a_socket(emulator) as raw:
        head = "POST /v2/oauth/token/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nexpect: 100-continue\r\n"
        raw.sendall(f"{head}connection: close\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 100")
        raw.sendall(b"a=b")
        assert b"invalid_request" in said(raw)


def test_a_chunk_refused_by_its_head_is_not_asked_for() -> None:
    with a_tiktok() as emulator, a_socket(emulator) as raw:
        head = "PUT /upload/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3000000\r\nexpect: 100-continue\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 404")


def test_json_may_come_in_pieces_of_unknown_length() -> None:
    with a_caller() as caller:
        token = caller.emulator.accounts["acme"].access_token
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        answer = caller.http.post(
            "/v2/video/list/?fields=id", content=iter([b'{"max_', b'count": 5}']), headers=headers
        )
    assert code(answer) == (200, "ok")


@pytest.mark.parametrize("known_length", [True, False])
def test_a_body_over_a_mebibyte_is_refused(known_length: bool) -> None:
    with a_caller() as caller:
        body = b"x" * 1_048_577
        answer = caller.http.post("/v2/video/list/", content=body if known_length else iter([body]))
        assert answer.status_code == 413
        assert alive(caller.emulator)


def test_big_headers_are_taken_and_huge_ones_refused() -> None:
    with a_caller() as caller:
        assert caller.http.get("/", headers={"x": "y" * 30_000}).status_code == 404
        assert caller.http.get("/", headers={"x": "y" * 100_000}).status_code == 431
        assert alive(caller.emulator)


@pytest.mark.parametrize("words", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\r\n\r\n"])
def test_who_does_not_speak_http_is_told_so(words: bytes) -> None:
    with a_tiktok() as emulator, a_socket(emulator) as raw:
        raw.sendall(words)
        assert said(raw).startswith(b"HTTP/1.1 400")


def test_a_target_that_is_no_url_is_refused() -> None:
    with a_tiktok() as emulator, a_socket(emulator) as raw:
        raw.sendall(b"GET http://[ HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert said(raw).startswith(b"HTTP/1.1 400")


def test_an_answer_to_head_has_no_body() -> None:
    with a_caller() as caller:
        answer = caller.http.head("/v2/user/info/")
        assert (answer.status_code, answer.content) == (405, b"")
        assert alive(caller.emulator)


def test_http_1_0_is_answered_and_closed() -> None:
    with a_tiktok() as emulator, a_socket(emulator) as raw:
        raw.sendall(b"GET /nowhere HTTP/1.0\r\n\r\n")
        assert said(raw).startswith(b"HTTP/1.1 404")


def test_it_stops_at_once_though_connections_are_open(capfd: pytest.CaptureFixture[str]) -> None:
    with a_caller() as caller:
        caller.creator()
        with a_socket(caller.emulator) as idle, a_socket(caller.emulator) as half:
            half.sendall(b"PUT /upload/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nabc")
            before = time.monotonic()
            caller.emulator.stop()
            assert time.monotonic() - before < 10  # not when the clients leave, which they never do
            assert idle.recv(1) == b""
        with pytest.raises(httpx.TransportError):
            caller.http.get("/")
    assert capfd.readouterr().err == ""


def test_small_answers_do_not_wait_for_acknowledgements() -> None:
    with a_caller() as caller:
        caller.creator()
        taken = []
        for _ in range(20):
            before = time.monotonic()
            caller.get("/v2/user/info/?fields=open_id")
            taken.append(time.monotonic() - before)
        assert min(taken) < 0.04  # with Nagle's algorithm each would take 44 ms


def test_a_port_in_use_is_an_os_error() -> None:
    with a_tiktok() as emulator, pytest.raises(OSError):
        Emulator(port=emulator.port).start()
