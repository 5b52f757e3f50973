"""What the emulator fetches in earnest: how it ends, what it keeps of it, and how far it may be cancelled."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator import pictures
from contentsync.emulator.config import App, Fetch
from tests.emulator.support import Caller, a_caller, code
from tests.hosting.web import Web, a_web

MEDIA = Path(__file__).parents[1] / "media"
PHOTO = (MEDIA / "ok.jpg").read_bytes()
FILM = (MEDIA / "video-h264.mp4").read_bytes()


@pytest.fixture
def web() -> Iterator[Web]:
    with a_web() as made:
        yield made


def ended(caller: Caller, publish_id: str) -> dict[str, Any]:
    """The status once it is final."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found: dict[str, Any] = caller.status(publish_id).json()["data"]
        if not found["status"].startswith("PROCESSING"):
            return found
        time.sleep(0.01)
    raise AssertionError("it does not come to an end")


def reason_of(caller: Caller, answer: Any) -> str:
    return str(ended(caller, answer.json()["data"]["publish_id"]).get("fail_reason", "published"))


def task(caller: Caller) -> dict[str, Any]:
    tasks: list[dict[str, Any]] = caller.emulator.ledger()["tasks"]  # type: ignore[assignment]
    return tasks[-1]


def test_photos_are_fetched_and_their_digests_kept(web: Web) -> None:
    with a_caller() as caller:
        urls = [web.put("1.jpg", PHOTO), web.put("2.webp", (MEDIA / "ok.webp").read_bytes())]
        assert reason_of(caller, caller.photos(*urls)) == "published"
        assert [file["sha256"] for file in task(caller)["fetched"]] == [
            hashlib.sha256((MEDIA / name).read_bytes()).hexdigest() for name in ("ok.jpg", "ok.webp")
        ]


def test_a_video_is_fetched_and_its_length_is_read(web: Web) -> None:
    with a_caller(default_duration=99) as caller:
        answer = caller.pull(web.put("film.mp4", FILM))
        found = ended(caller, answer.json()["data"]["publish_id"])
        assert found == {"status": "PUBLISH_COMPLETE"}
        assert (task(caller)["sha256"], task(caller)["downloaded_bytes"]) == (
            hashlib.sha256(FILM).hexdigest(),
            len(FILM),
        )
        assert caller.emulator.videos("acme")[0].duration < 99


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ({"body": PHOTO, "statuses": {"GET": 404}}, "photo_pull_failed"),
        ({"body": PHOTO, "statuses": {"GET": 302}}, "photo_pull_failed"),
        ({"body": b"<html>", "kind": "text/html"}, "photo_pull_failed"),
        ({"body": b"\xff\xd8\xff" + bytes(21_000_000)}, "photo_pull_failed"),
        ({"body": (MEDIA / "ok.png").read_bytes()}, "file_format_check_failed"),
        ({"body": (MEDIA / "big.jpg").read_bytes()}, "picture_size_check_failed"),
    ],
)
def test_one_bad_photo_fails_the_whole(web: Web, page: dict[str, Any], reason: str) -> None:
    with a_caller() as caller:
        assert reason_of(caller, caller.photos(web.put("1.jpg", PHOTO), web.put("2.jpg", **page))) == reason


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ({"body": FILM, "statuses": {"GET": 500}}, "video_pull_failed"),
        ({"body": b"no film"}, "file_format_check_failed"),
    ],
)
def test_a_bad_video_fails(web: Web, page: dict[str, Any], reason: str) -> None:
    with a_caller() as caller:
        assert reason_of(caller, caller.pull(web.put("film.mp4", **page))) == reason


def test_a_download_that_takes_too_long_fails(web: Web) -> None:
    held = threading.Event()
    with a_caller(fetch=Fetch(seconds=0.2)) as caller:
        assert reason_of(caller, caller.pull(web.put("film.mp4", FILM, held=held))) == "video_pull_failed"
    held.set()


def test_a_download_is_cancelled_while_it_goes_on_and_not_once_it_is_done(web: Web) -> None:
    held = threading.Event()
    with a_caller() as caller:
        caller.emulator.add_fault("init:stuck,count=all")
        going = caller.pull(web.put("slow.mp4", FILM, held=held)).json()["data"]["publish_id"]
        assert code(caller.cancel(going)) == (200, "ok")
        assert ended(caller, going)["fail_reason"] == "publish_cancelled"
        done = caller.pull(web.put("film.mp4", FILM)).json()["data"]["publish_id"]
        until = time.monotonic() + 20
        while not task(caller)["fetched"] and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.05)
        assert code(caller.cancel(done)) == (400, "publish_not_cancellable")
    held.set()


def test_what_is_not_verified_is_refused_also_on_this_machine(web: Web) -> None:
    url = web.put("1.jpg", PHOTO)
    for verified, answer in (((f"{web.url}/",), 200), (("acme.example",), 403), ((f"{web.url}/other/",), 403)):
        with a_caller(app=App(verified=verified)) as caller:
            assert caller.photos(url).status_code == answer


def test_what_lies_elsewhere_counts_as_had_unless_all_is_to_be_fetched() -> None:
    with a_caller() as caller:
        assert reason_of(caller, caller.photos()) == "published"
    with a_caller(fetch=Fetch("all", silence=5)) as caller:
        url = "https://no-such-host.invalid/1.jpg"
        assert reason_of(caller, caller.photos(url)) == "photo_pull_failed"


def test_nothing_is_fetched_where_that_is_asked_for(web: Web) -> None:
    with a_caller(fetch=Fetch("nothing")) as caller:
        assert reason_of(caller, caller.photos(f"{web.url}/missing.jpg")) == "published"
    assert web.asked == []


@pytest.mark.parametrize("name", ["ok.jpg", "ok.webp", "big.jpg"])
def test_the_size_of_a_picture_is_read_as_mediainfo_reads_it(name: str) -> None:
    from contentsync.media.disk import DiskReader

    facts = DiskReader().read(MEDIA / name).facts
    assert facts is not None
    found = pictures.look((MEDIA / name).read_bytes())
    assert (found.kind, found.width, found.height) == (facts.container, facts.width, facts.height)
