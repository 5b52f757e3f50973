"""`status --watch` shows changes: drawn again on a terminal, a line each in a pipe, and without a request."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio
from tests.processes import PATIENCE, until

pytestmark = pytest.mark.slow


def watched(studio: Studio, *args: str, stdout: int) -> subprocess.Popen[bytes]:
    """`contentsync status --watch`, with its output where the caller says."""
    return subprocess.Popen(
        [sys.executable, "-m", "contentsync", "status", "--watch", "--interval", "0.2", *args],
        cwd=studio.root,
        env=dict(os.environ) | studio.environment | {"TERM": "xterm"},
        stdout=stdout,
        stderr=subprocess.STDOUT,
    )


def ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE)


def said(told: Path) -> str:
    """What it wrote so far, whose last line may be cut in the middle of a letter."""
    return told.read_text("utf-8", errors="replace")


def test_a_pipe_gets_a_line_for_each_change_and_nobody_is_asked(
    studio: Studio, tmp_path: Path, emulator: Emulator
) -> None:
    studio.post("launch")
    told = tmp_path / "told"
    with told.open("wb") as out:
        process = watched(studio, stdout=out.fileno())
        until(lambda: "acme/launch  new" in said(told), process)
        assert emulator.requests() == []
        assert studio.run("apply", "--auto-approve").code == 0
        until(lambda: "published" in said(told), process)
        assert ended(process) == 0
    lines = told.read_text().splitlines()
    assert len(lines) == len({re.sub(r"^.*?  acme", "acme", line) for line in lines})
    assert all(re.match(r"\w{3} \d+ \w{3} \d{4} \d\d:\d\d UTC  acme/launch  ", line) for line in lines), lines


def test_json_is_a_document_a_line_whenever_something_changed(studio: Studio, tmp_path: Path) -> None:
    studio.post("launch")
    told = tmp_path / "told"
    with told.open("wb") as out:
        process = watched(studio, "--json", stdout=out.fileno())
        until(lambda: said(told).count("\n") == 1, process)
        time.sleep(1)
        assert said(told).count("\n") == 1
        studio.post("second")
        assert studio.run("pause", "acme").code == 0
        until(lambda: said(told).count("\n") >= 2, process)
        assert ended(process) == 0
    documents = [json.loads(line) for line in told.read_text().splitlines()[:2]]
    assert [len(document["posts"]) for document in documents] == [1, 2]


def test_a_terminal_of_eighty_columns_is_drawn_again_in_place(studio: Studio) -> None:
    pty = pytest.importorskip("pty", reason="needs a terminal")
    fcntl, struct, termios = (pytest.importorskip(name) for name in ("fcntl", "struct", "termios"))
    for number in range(30):
        studio.post(f"a-post-with-quite-a-long-name-{number:02}", publish_at="2031-01-01T00:00:00Z")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = watched(studio, stdout=theirs)
    os.close(theirs)
    screen = bytearray()
    reader = threading.Thread(target=read_all, args=(ours, screen))  # to the end: else it waits for room to write
    reader.start()
    until(lambda: screen.count(b"\x1b[H") >= 2 and screen.count(b"\x1b[J") >= 2, process)
    assert ended(process) == 0
    reader.join(PATIENCE)
    os.close(ours)
    last = screen.decode().split("\x1b[J")[-2].split("\x1b[H")[-1]
    lines = [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line).rstrip("\r") for line in last.split("\n")]
    assert "30 waiting" in lines[0]
    assert max(map(len, lines)) <= 80 and len(lines) <= 24
    assert lines[-2].startswith("… and 10 more")


def read_all(terminal: int, into: bytearray) -> None:
    """Read what is written to a terminal until its last writer is gone."""
    with contextlib.suppress(OSError):  # Linux says EIO there
        while data := os.read(terminal, 65536):
            into += data


def test_an_interval_without_watch_is_a_wrong_call(studio: Studio) -> None:
    assert studio.run("status", "--interval", "5s").code == 64
