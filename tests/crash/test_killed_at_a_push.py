"""SIGKILL before and after each push of the shared state: another machine goes on, then the killed one, and nothing
goes out twice or gets lost. The push itself outlives the process that began it, and arrives late."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import SHARED, Site, apply, start
from tests.cli.support import an_emulator

# Runs on the remote, before or after it takes a push: kills the process whose id is in a file, at its Nth push.
KILLS = """cat > /dev/null
n=$(($(cat "{count}" 2>/dev/null || echo 0) + 1)); echo $n > "{count}"
if [ "$n" = {nth} ]; then kill -9 "$(cat "{pid}")"; sleep 0.3; fi
exit 0"""
PUSHES = 3  # of one post


@pytest.mark.parametrize("nth", range(1, PUSHES + 1))
@pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
def test_a_process_killed_at_any_push_posts_nothing_twice(tmp_path: Path, hook: str, nth: int) -> None:
    with an_emulator() as emulator:
        site = Site.made(tmp_path, emulator, "one", project=SHARED.replace("\napp:", "\ntakeover: 1s\napp:"))
        killed, other = site.clone("killed"), site.clone("other")
        count, pid = tmp_path / "count", tmp_path / "pid"
        path = site.remote / "hooks" / hook
        path.write_text("#!/bin/sh\n" + KILLS.format(count=count, pid=pid, nth=nth) + "\n")
        path.chmod(0o755)

        process = start(killed, "apply", "--auto-approve")
        pid.write_text(str(process.pid))
        process.communicate(timeout=100)
        assert process.returncode == -signal.SIGKILL
        path.unlink()

        assert_once_at_most(emulator, apply(other, "--wait", "3s"))
        assert_once_at_most(emulator, apply(killed, "--wait", "3s"))
        last = [apply(other), apply(killed)]

        assert [code for code, _ in last] == [0, 0], last
        assert site.captions() == ["About one"]
        assert other.run("status", "--json").json["posts"][0]["phase"] == "published"


def assert_once_at_most(emulator: Emulator, said: tuple[int, str]) -> None:
    assert len(emulator.posts()) <= 1, said
