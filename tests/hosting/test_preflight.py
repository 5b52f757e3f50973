"""What an address answers, over a real TLS line: what TikTok would refuse blocks, what can't be known does not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from contentsync.hosting.preflight import Preflight, judged
from contentsync.media_urls import Answer
from contentsync.tiktok import exchange
from tests.builders import a_photo, sha256
from tests.hosting.web import Web, a_web

trustme = pytest.importorskip("trustme", reason="needs the package trustme")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server with a certificate of an authority that only this test knows."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(tls)
    exchange._tls.cache_clear()
    with a_web(tls) as made:
        yield made
    exchange._tls.cache_clear()


def answer_of(url: str, size: int = 0) -> Answer:
    with Preflight(SystemClock()) as preflight:
        return preflight.look_at({url: size})[url].answer


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        ({}, Answer.GOOD),
        ({"HEAD": 301, "GET": 301}, Answer.REFUSED),
        ({"HEAD": 404, "GET": 404}, Answer.REFUSED),
        ({"HEAD": 405}, Answer.GOOD),
        ({"HEAD": 501}, Answer.GOOD),
        ({"HEAD": 403}, Answer.GOOD),
        ({"HEAD": 405, "GET": 403}, Answer.REFUSED),
        ({"HEAD": 500}, Answer.NOT_CHECKED),
        ({"HEAD": 429}, Answer.GOOD),
        ({"HEAD": 429, "GET": 429}, Answer.REFUSED),
        ({"HEAD": 403, "GET": 416}, Answer.REFUSED),
        ({"HEAD": 408, "GET": 503}, Answer.NOT_CHECKED),
    ],
)
def test_an_answer_is_judged_as_tiktok_would(web: Web, statuses: dict[str, int], answer: Answer) -> None:
    assert answer_of(web.put("1.jpg", statuses=statuses)) is answer


def test_a_redirect_is_not_followed_and_nothing_signs_us_in(web: Web) -> None:
    answer_of(web.put("1.jpg", statuses={"HEAD": 302, "GET": 302}))
    assert [(method, path) for method, path, _ in web.asked] == [("HEAD", "/1.jpg")]
    assert not {"authorization", "cookie"} & {name.lower() for _, _, headers in web.asked for name in headers}


def test_only_the_first_byte_is_asked_for_where_head_is_refused(web: Web) -> None:
    answer_of(web.put("1.jpg", statuses={"HEAD": 405}))
    assert web.asked[-1][2]["Range"] == "bytes=0-0"


def test_another_length_than_the_files_is_told(web: Web) -> None:
    url = web.put("1.jpg", b"12345")
    assert (answer_of(url, 5), answer_of(url, 6)) == (Answer.GOOD, Answer.OTHER_FILE)


def test_a_certificate_that_this_machine_does_not_know_is_no_refusal(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    exchange._tls.cache_clear()
    assert answer_of(web.put("1.jpg")) is Answer.NOT_CHECKED


def test_what_can_not_be_reached_is_not_checked_and_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    urls = {f"https://127.0.0.1:{port}/{number}.jpg": 0 for number in range(20)}
    with Preflight(SystemClock()) as preflight:
        assert {look.answer for look in preflight.look_at(urls).values()} == {Answer.NOT_CHECKED}


@pytest.mark.parametrize("status", [500, 501, 503, 599])
def test_trouble_of_the_server_blocks_nothing(status: int) -> None:
    assert judged(status, None, 0).answer is Answer.NOT_CHECKED


@pytest.mark.parametrize("status", range(300, 500))
def test_every_answer_of_3xx_and_4xx_blocks(status: int) -> None:
    look = judged(status, None, 0)
    assert (look.answer, look.passes) == (Answer.REFUSED, status in {408, 425, 429})


# The very bytes.


@pytest.mark.parametrize(
    ("lies_there", "statuses", "answer"),
    [
        (b"picture", {}, Answer.GOOD),
        (b"Picture", {}, Answer.OTHER_FILE),
        (b"picture and more", {}, Answer.OTHER_FILE),
        (b"pic", {}, Answer.OTHER_FILE),
        (b"picture", {"GET": 302}, Answer.REFUSED),
        (b"picture", {"GET": 404}, Answer.REFUSED),
        (b"picture", {"GET": 503}, Answer.NOT_CHECKED),
    ],
)
def test_a_photo_is_proven_by_its_bytes(
    web: Web, lies_there: bytes, statuses: dict[str, int], answer: Answer
) -> None:
    url = web.put("1.jpg", lies_there, statuses=statuses)
    photo = a_photo("posts/1.jpg", sha256=sha256("picture"), size=7)
    with Preflight(SystemClock()) as preflight:
        assert preflight.prove({url: photo})[url].answer is answer


def test_a_photo_whose_host_can_not_be_reached_is_not_proven() -> None:
    url = "http://127.0.0.1:9/1.jpg"
    with Preflight(SystemClock()) as preflight:
        assert preflight.prove({url: a_photo()})[url].answer is Answer.NOT_CHECKED
