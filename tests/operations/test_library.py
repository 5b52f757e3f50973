"""Can a script plan, approve and apply without a command line? That of docs/library.md, run as it is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from contentsync.clock import SystemClock
from tests.attempt.site import a_site

ROOT = Path(__file__).parents[2]
NO_COMMAND_LINE = "\nimport sys\nassert 'contentsync.cli' not in sys.modules, 'a command line was imported'\n"


def the_script() -> str:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_script_of_the_docs_plans_approves_and_applies(tmp_path: Path) -> None:
    with a_site(tmp_path, SystemClock()) as site:
        site.studio.post("launch", mode="draft")
        done = subprocess.run(
            [sys.executable, "-c", the_script() + NO_COMMAND_LINE],
            cwd=site.studio.root,
            env=dict(os.environ) | site.studio.environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.stderr, done.returncode) == ("", 0)
        assert done.stdout == "create acme/launch new\nacme/launch delivered\n"
        assert site.arrived() == [site.digest()]


def test_what_is_not_approved_is_not_sent(tmp_path: Path) -> None:
    with a_site(tmp_path, SystemClock()) as site:
        site.studio.post("launch", privacy="only_me")
        done = subprocess.run(
            [sys.executable, "-c", the_script()],
            cwd=site.studio.root,
            env=dict(os.environ) | site.studio.environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.stdout, done.returncode) == ("create acme/launch new\n", 0)
        assert site.arrived() == []
