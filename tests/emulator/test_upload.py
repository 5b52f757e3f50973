"""Chunks: what an upload_url accepts, what it answers, and that only whole chunks ever count."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from contentsync.emulator.config import Lives, Quirks
from contentsync.emulator.sniff import DurationSniffer
from tests.emulator.support import Caller, a_caller, some_bytes

CHUNK = 5_000_000
SIZE = 2 * CHUNK + 123
DATA = some_bytes(SIZE)
FIRST, LAST = DATA[:CHUNK], DATA[CHUNK:]


def started(caller: Caller, size: int = SIZE, chunk: int = CHUNK, count: int = 2) -> str:
    """The upload_url of a new post; two chunks unless told otherwise."""
    return str(caller.init(size, chunk, count).json()["data"]["upload_url"])


def task(caller: Caller) -> dict[str, Any]:
    found: list[dict[str, Any]] = caller.emulator.ledger()["tasks"]  # type: ignore[assignment]
    return found[0]


def told(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("content-range")


def test_chunks_in_order_make_the_file() -> None:
    with a_caller() as caller:
        url = started(caller)
        assert told(caller.put(url, FIRST, 0, SIZE)) == (206, f"bytes 0-{CHUNK}/{SIZE}")
        assert task(caller)["sha256"] is None
        assert told(caller.put(url, LAST, CHUNK, SIZE)) == (201, f"bytes 0-{SIZE}/{SIZE}")
        assert task(caller)["sha256"] == hashlib.sha256(DATA).hexdigest()
        assert task(caller)["received_bytes"] == SIZE


def test_the_upload_url_is_on_loopback_and_short() -> None:
    with a_caller() as caller:
        url = started(caller)
        assert url.startswith(f"{caller.emulator.url}/upload?upload_id=") and len(url) <= 256


def test_the_answer_can_name_the_last_index_instead_of_the_count() -> None:
    with a_caller(quirks=Quirks(range_answer="last")) as caller:
        assert told(caller.put(started(caller), FIRST, 0, SIZE)) == (206, f"bytes 0-{CHUNK - 1}/{SIZE}")


def test_a_chunk_that_is_there_already_is_416_with_the_progress() -> None:
    with a_caller() as caller:
        url = started(caller)
        caller.put(url, FIRST, 0, SIZE)
        assert told(caller.put(url, FIRST, 0, SIZE)) == (416, f"bytes 0-{CHUNK}/{SIZE}")
        caller.put(url, LAST, CHUNK, SIZE)
        assert task(caller)["sha256"] == hashlib.sha256(DATA).hexdigest()


def test_a_chunk_that_is_there_already_can_be_waved_through() -> None:
    with a_caller(quirks=Quirks(repeated_chunk=206)) as caller:
        url = started(caller)
        caller.put(url, FIRST, 0, SIZE)
        assert told(caller.put(url, b"x" * CHUNK, 0, SIZE)) == (206, f"bytes 0-{CHUNK}/{SIZE}")
        caller.put(url, LAST, CHUNK, SIZE)
        assert task(caller)["sha256"] == hashlib.sha256(DATA).hexdigest()


def test_a_chunk_ahead_of_its_turn_is_416() -> None:
    with a_caller() as caller:
        assert told(caller.put(started(caller), LAST, CHUNK, SIZE)) == (416, f"bytes 0-0/{SIZE}")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "application/octet-stream"}, 400),
        ({"content_type": ""}, 400),
        ({"content_range": ""}, 416),
        ({"content_range": "bytes */5"}, 400),
        ({"content_range": "bytes 0-4"}, 400),
        ({"content_range": "bytes 0-4/6"}, 400),
        ({"content_range": "bytes 0-3/5"}, 400),
        ({"content_range": "bytes 4-0/5"}, 400),
        ({"content_type": "video/webm"}, 201),
        ({"content_type": "video/quicktime; charset=x"}, 201),
    ],
)
def test_the_headers_of_a_chunk_are_checked(headers: dict[str, str], status: int) -> None:
    with a_caller() as caller:
        answer = caller.put(started(caller, 5, 5, 1), b"video", **headers)
    assert (answer.status_code, answer.content) == (status, b"null" if status in (201, 416) else b"")


@pytest.mark.parametrize(("reading", "body"), [("null", b"null"), ("empty", b"")])
def test_the_body_of_an_upload_answer_is_null_or_nothing(reading: Any, body: bytes) -> None:
    with a_caller(quirks=Quirks(upload_body=reading)) as caller:
        url = started(caller)
        answers = [
            caller.put(url, LAST, CHUNK, SIZE),
            caller.put(url, FIRST, 0, SIZE),
            caller.put(url, LAST, CHUNK, SIZE),
        ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(416, body), (206, body), (201, body)]


@pytest.mark.parametrize("path", ["/upload", "/upload/", "/video/"])
def test_an_upload_url_has_one_of_the_paths_that_were_seen(path: Any) -> None:
    with a_caller(quirks=Quirks(upload_path=path)) as caller:
        url = started(caller, 5, 5, 1)
        assert re.fullmatch(
            rf"{path}\?upload_id=\d{{19}}&upload_token=[0-9a-f-]{{36}}", url.removeprefix(caller.emulator.url)
        )
        assert caller.put(url, b"video").status_code == 201


def test_a_chunk_of_another_length_than_declared_is_400() -> None:
    with a_caller() as caller:
        url = started(caller)
        assert caller.put(url, DATA[: CHUNK - 1], 0, SIZE).status_code == 400
        assert caller.put(url, DATA, 0, SIZE).status_code == 400
        assert task(caller)["received_bytes"] == 0


def test_an_upload_url_lives_an_hour() -> None:
    with a_caller() as caller:
        url = started(caller)
        caller.emulator.advance(3_599)
        assert caller.put(url, FIRST, 0, SIZE).status_code == 206
        caller.emulator.advance(1)
        assert caller.put(url, LAST, CHUNK, SIZE).status_code == 403
        assert task(caller)["status"] == "PROCESSING_UPLOAD"


def test_a_post_whose_url_expired_can_fail() -> None:
    with a_caller(quirks=Quirks(expired_upload="failed"), lives=Lives(upload_url=60)) as caller:
        started(caller)
        caller.emulator.advance(60)
        assert (task(caller)["status"], task(caller)["fail_reason"]) == ("FAILED", "internal")


def test_there_is_nothing_behind_a_used_a_wrong_or_a_forgotten_url() -> None:
    with a_caller() as caller:
        used, forgotten = started(caller, 5, 5, 1), started(caller, 5, 5, 1)
        caller.put(used, b"video")
        caller.emulator.forget(caller.emulator.ledger()["tasks"][1]["publish_id"])  # type: ignore[index]
        urls = (used, forgotten, used.replace("upload_token=", "upload_token=0"), used.partition("?")[0])
        assert [caller.put(url, b"video").status_code for url in urls] == [404] * 4


def test_a_put_without_a_length_is_411() -> None:
    with a_caller() as caller:
        url = started(caller, 5, 5, 1)
        headers = {"content-type": "video/mp4", "content-range": "bytes 0-4/5"}
        assert caller.http.put(url, content=iter([b"vid", b"eo"]), headers=headers).status_code == 411
        assert caller.put(url, b"video").status_code == 201


def test_a_chunk_cut_short_by_its_client_leaves_no_trace() -> None:
    with a_caller() as caller:
        url = urlsplit(started(caller))
        head = (
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nhost: localhost\r\ncontent-type: video/mp4\r\n"
            f"content-length: {CHUNK}\r\ncontent-range: bytes 0-{CHUNK - 1}/{SIZE}\r\n\r\n"
        )
        with socket.create_connection((url.hostname or "", url.port or 0)) as raw:
            raw.sendall(head.encode() + FIRST[:1_000_000])
        assert task(caller)["received_bytes"] == 0
        caller.put(url.geturl(), FIRST, 0, SIZE)
        caller.put(url.geturl(), LAST, CHUNK, SIZE)
        assert task(caller)["sha256"] == hashlib.sha256(DATA).hexdigest()


def test_of_two_requests_that_bring_the_same_chunk_one_counts() -> None:
    with a_caller() as caller:
        url = urlsplit(started(caller, 5, 5, 1))
        head = (
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nhost: localhost\r\ncontent-type: video/mp4\r\n"
            "content-length: 5\r\ncontent-range: bytes 0-4/5\r\nexpect: 100-continue\r\n\r\n"
        )
        with socket.create_connection((url.hostname or "", url.port or 0)) as slow:
            slow.sendall(head.encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 100")
            assert caller.put(url.geturl(), b"video").status_code == 201
            slow.sendall(b"VIDEO")
            assert slow.recv(100).startswith(b"HTTP/1.1 416")
        assert task(caller)["sha256"] == hashlib.sha256(b"video").hexdigest()


# -- the length of a video


def a_movie(seconds: int, version: int = 0) -> bytes:
    """The beginning of an MP4 with its movie header box; a scale of 600 to the second."""
    times = (
        struct.pack(">QQIQ", 1, 2, 600, seconds * 600) if version else struct.pack(">IIII", 1, 2, 600, seconds * 600)
    )
    body = bytes([version, 0, 0, 0]) + times
    box = struct.pack(">I", 120 if version else 108) + b"mvhd" + body.ljust(112 if version else 100, b"\0")
    return struct.pack(">I", 16) + b"ftypisom" + b"\0" * 4 + struct.pack(">I", len(box) + 8) + b"moov" + box


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("piece", [1, 7, 50, 1_000])
def test_the_length_is_read_however_the_bytes_are_cut(piece: int, version: int) -> None:
    sniffer, data = DurationSniffer(), b"x" * 99 + a_movie(42, version) + b"y" * 99
    for at in range(0, len(data), piece):
        sniffer.feed(data[at : at + piece])
    assert sniffer.seconds == 42


def test_chance_bytes_are_no_header() -> None:
    sniffer = DurationSniffer()
    sniffer.feed(b"mvhd" + b"....mvhd" * 20)
    assert sniffer.seconds is None


def test_the_list_tells_the_length_of_what_was_uploaded() -> None:
    with a_caller() as caller:
        caller.publish(a_movie(42))
        caller.publish(b"no header here")
        assert [video["duration"] for video in caller.list("duration").json()["data"]["videos"]] == [10, 42]


def test_the_length_can_be_told_by_who_configures() -> None:
    with a_caller(duration_of=lambda _sha256, size: float(size)) as caller:
        caller.publish(b"video")
        assert caller.list("duration").json()["data"]["videos"] == [{"duration": 5}]
