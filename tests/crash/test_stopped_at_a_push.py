"""SIGSTOP for longer than `takeover`, before and after each push of the shared state: another machine takes over, and
the first one continues later. It must find out before its last byte, whatever it believed while it slept."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import SHARED, Site, apply, start
from tests.cli.support import Studio, an_emulator
from tests.processes import PATIENCE, until

# Runs on the remote, before or after it takes a push: stops the process whose id is in a file, at its Nth push.
STOPS = """#!/bin/sh
cat > /dev/null
n=$(($(cat "{count}" 2>/dev/null || echo 0) + 1)); echo $n > "{count}"
if [ "$n" = {nth} ]; then kill -STOP "$(cat "{pid}")"; echo stopped > "{stopped}"; fi
exit 0
"""
PUSHES = 3  # of one post
TAKEOVER = 1.0
PROJECT = SHARED.replace("\napp:", f"\ntakeover: {TAKEOVER:g}s\napp:")


@pytest.mark.parametrize("nth", range(1, PUSHES + 1))
@pytest.mark.parametrize(
    ("kind", "hook"), [("video", "pre-receive"), ("video", "post-receive"), ("pull", "post-receive")]
)
def test_a_process_stopped_for_longer_than_takeover_posts_nothing_twice(
    tmp_path: Path, hook: str, nth: int, kind: str
) -> None:
    with an_emulator() as emulator:
        site = Site.made(tmp_path, emulator, project=PROJECT)
        first, other = _clones(site, kind)
        stopped = _stops(site, hook, nth)
        process = start(first, "apply", "--auto-approve", "--wait", "5s")
        (tmp_path / "pid").write_text(str(process.pid))
        try:
            until(stopped.exists, process)
            (site.remote / "hooks" / hook).unlink()
            time.sleep(TAKEOVER + 0.2)
            taken_over = apply(other, "--wait", "3s")
            assert len(emulator.posts()) <= 1, taken_over
        finally:
            os.kill(process.pid, signal.SIGCONT)
        said = process.communicate(timeout=PATIENCE)[0]

        assert len(emulator.posts()) <= 1, said
        last = [apply(other), apply(first)]
        assert [code for code, _ in last] == [0, 0], (last, said)
        assert _posted(emulator) == ["About one"], said


def _clones(site: Site, kind: str) -> tuple[Studio, Studio]:
    first, other = site.clone("holder"), site.clone("other")
    keys: dict[str, object] = {} if kind == "video" else {"video": "https://media.example.org/one.mp4"}
    for clone in (first, other):
        clone.post("one", **keys)
    return first, other


def _stops(site: Site, hook: str, nth: int) -> Path:
    """Let the remote stop the process at its nth push; returns the file that then exists."""
    folder = site.folder
    path, stopped = site.remote / "hooks" / hook, folder / "stopped"
    path.write_text(STOPS.format(count=folder / "count", pid=folder / "pid", nth=nth, stopped=stopped))
    path.chmod(0o755)
    return stopped


def _posted(emulator: Emulator) -> list[str]:
    return [post.caption for post in emulator.posts()]
