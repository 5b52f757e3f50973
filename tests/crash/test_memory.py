"""Memory does not grow with the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from tests.attempt.site import a_site

MEBIBYTE = 1 << 20
UPLOAD = """
import os, resource
from pathlib import Path
from contentsync.account import NeverStop
from contentsync.operations.carry_out import apply_plan
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.project import Project

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

project = Project.open(Path.cwd(), os.environ)
made = make_plan(project, Wish())
before = most()
done = apply_plan(
    project, made, made.plan.actions, tell=lambda _: None, stop=NeverStop(), wait=60
)
print(done.outcomes[0].result, most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_200_megabytes_are_sent_without_holding_them(tmp_path: Path) -> None:
    with a_site(tmp_path, SystemClock()) as site:
        site.studio.post("launch")
        clip = site.studio.root / "posts" / "launch.mp4"
        with clip.open("ab") as file:
            file.write((200 * MEBIBYTE).to_bytes(4, "big") + b"free")
            file.truncate(file.tell() - 8 + 200 * MEBIBYTE)
        done = subprocess.run(
            [sys.executable, "-c", UPLOAD],
            cwd=site.studio.root,
            env=dict(os.environ) | site.studio.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.stderr == ""
        result, grown = done.stdout.split()
        assert (result, site.arrived()) == ("published", [site.digest()])
        assert int(grown) < 64 * 1024
