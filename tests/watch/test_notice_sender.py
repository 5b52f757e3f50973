"""Whom does a running watch tell? A real process, and a web server that stands for a chat."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.ears import Ear, an_ear
from tests.cli.support import PROJECT, Studio, an_emulator

pytestmark = pytest.mark.slow
NOTIFY = "watch: {settle: 200ms, debounce: 100ms}\nnotify:\n  - url: ${CONTENTSYNC_NOTIFY_CHAT}\n"


@pytest.fixture
def ear() -> Iterator[Ear]:
    with an_ear() as ear:
        yield ear


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with an_emulator() as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, ear: Ear, emulator: Emulator) -> Studio:
    studio = Studio(tmp_path / "studio", emulator.environment | {"CONTENTSYNC_NOTIFY_CHAT": ear.url})
    studio.write("contentsync.yaml", PROJECT + NOTIFY)
    studio.environment["CONTENTSYNC_TRUST"] = studio.run("trust", "--show", "--json").json["digest"]
    return studio


@contextmanager
def watching(studio: Studio, approve: str = "auto") -> Iterator[subprocess.Popen[str]]:
    """`contentsync watch --approve …` until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "contentsync", "watch", "--approve", approve],
        cwd=studio.root,
        env=dict(os.environ) | studio.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert "hunter" not in said and "Traceback" not in said, said


def until(holds: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_what_a_watch_publishes_is_told_once_also_across_watches(studio: Studio, ear: Ear) -> None:
    studio.post("launch")
    with watching(studio):
        until(lambda: bool(ear.heard))
    with watching(studio):
        studio.post("second")
        until(lambda: len(ear.heard) > 1)
    assert ear.titles == ["acme/launch: published", "acme/second: published"]


def test_what_a_killed_watch_published_is_told_by_the_next(studio: Studio, ear: Ear, emulator: Emulator) -> None:
    ear.status = 500
    studio.post("launch")
    with watching(studio) as process:
        until(lambda: bool(emulator.videos("acme")))
        process.kill()
        process.wait()
    ear.status = 200
    with contextlib.closing(sqlite3.connect(studio.root / ".contentsync" / "state.db")) as db, db:
        db.execute("UPDATE notices SET due_at = 0")
    with watching(studio):
        until(lambda: bool(ear.heard))
    assert ear.titles == ["acme/launch: published"]


def test_a_watch_that_may_not_send_says_what_needs_approval(studio: Studio, ear: Ear) -> None:
    studio.post("launch")
    with watching(studio, "manual"):
        until(lambda: bool(ear.heard), seconds=90)
    assert ear.titles == ["acme/launch: needs-approval"]


def test_a_folder_that_is_gone_is_told_although_no_state_can_be_used(studio: Studio, ear: Ear) -> None:
    with watching(studio):
        until(lambda: (studio.root / ".contentsync" / "state.db").exists())
        studio.root.rename(studio.root.with_name("moved"))
        until(lambda: "root-gone" in ear.titles)


def test_a_silent_recipient_keeps_no_post_from_going_out(studio: Studio, ear: Ear, emulator: Emulator) -> None:
    ear.silent.set()
    studio.post("one")
    studio.post("two")
    with watching(studio):
        until(lambda: len(emulator.videos("acme")) == 2)


def test_a_running_watch_answers_on_its_port_and_closes_it(studio: Studio) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "contentsync", "watch", "--metrics", "127.0.0.1:0"],
        cwd=studio.root,
        env=dict(os.environ) | studio.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    url = process.stderr.readline().strip().rpartition(" ")[2]
    until(lambda: healthz(url)["last_look_at"] is not None)
    assert healthz(url)["ok"] is True
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    with pytest.raises(urllib.error.URLError):
        healthz(url)


def healthz(url: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        found: dict[str, object] = json.load(answer)
    return found
