"""Can a script plan, approve and apply without a command line? That of docs/library.md, run as it is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from contentsync.errors import StoreLocked
from contentsync.operations.ack import ack
from contentsync.operations.apply import apply
from contentsync.operations.edit_state import remove_row, rename_row
from contentsync.operations.hosting import prune
from contentsync.operations.import_videos import import_videos
from contentsync.operations.rebuild import rebuild
from contentsync.operations.resolve import Verdict, resolve
from contentsync.project import Project
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


@pytest.mark.parametrize(
    "change",
    [
        lambda project: ack(project, "launch", "agreed"),
        lambda project: resolve(project, "launch", Verdict.KEEP, "", "looked"),
        lambda project: remove_row(project, "launch", "tidy"),
        lambda project: rename_row(project, "launch", "other", "renamed"),
        lambda project: rebuild(project),
        lambda project: prune(project, dry_run=False),
        lambda project: import_videos(project, project.account("acme"), None),
        lambda project: apply(project, approve=lambda _: True),
    ],
)
def test_every_use_case_that_changes_something_takes_the_lock(
    tmp_path: Path, change: Callable[[Project], object]
) -> None:
    with a_site(tmp_path, SystemClock()) as site:
        site.studio.post("launch", mode="draft")
        with site.project() as holder, site.project() as project, holder.lock("a test"), pytest.raises(StoreLocked):
            change(project)


def test_whoever_holds_the_lock_may_take_it_again(tmp_path: Path) -> None:
    with a_site(tmp_path, SystemClock()) as site, site.project() as project, site.project() as other:
        with project.lock("a test"):
            with project.lock("the same"):
                pass
            with pytest.raises(StoreLocked), other.lock("another"):
                pass
        with other.lock("another"):
            pass
