"""P16: what a shared state costs: pushes for each post, and time against a local state and as many bare pushes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure, Taken, compared

POSTS = 15
STATE = "contentsync-state"


def shared() -> Iterator[Figure]:
    """An apply of fifteen posts through a bare remote on this disk."""
    with tempfile.TemporaryDirectory() as folder:
        local, _ = _applied(Path(folder) / "local", ".contentsync/state.db")
        ours, pushes = _applied(Path(folder) / "shared", "git")
        push = _bare_push(Path(folder) / "pushing")
    per_post = pushes / POSTS
    what = f"`state: git`, {POSTS} posts: pushes a post"
    yield Figure("P16", what, f"{pushes} pushes", f"{POSTS} posts", per_post, 3.0, "", "claim, announcement, outcome")
    what = f"`state: git`, {POSTS} posts / a local state and {pushes} bare pushes"
    reference = Taken(local + pushes * push, 0)
    yield compared("P16", what, Taken(ours, 0), reference, 1.5, "one run each; git's own processes", by="wall")


def _applied(folder: Path, state: str) -> tuple[float, int]:
    """The seconds of one apply, and how many commits it made on the state's branch."""
    from tests.cli.shared_state import SHARED, Site
    from tests.cli.support import an_emulator

    folder.mkdir()
    names = [f"p{number:02}" for number in range(POSTS)]
    with an_emulator() as emulator:
        project = SHARED.replace("state: git", f"state: {state}")
        clone = Site.made(folder, emulator, *names, project=project).clone("clone")
        command = [sys.executable, "-m", "contentsync", "apply", "--auto-approve"]
        environ = dict(os.environ) | {"CONTENTSYNC_TOKEN_STORE": "file"} | clone.environment
        began = time.perf_counter()
        ended = subprocess.run(command, cwd=clone.root, env=environ, capture_output=True, check=False)
        took = time.perf_counter() - began
        assert ended.returncode == 0, ended.stderr.decode()
    return took, _commits(folder / "remote.git")


def _commits(remote: Path) -> int:
    command = ["git", "rev-list", "--count", STATE]
    counted = subprocess.run(command, cwd=remote, capture_output=True, text=True, check=False)
    return int(counted.stdout or 0)


def _bare_push(folder: Path, rounds: int = 10) -> float:
    """The seconds of one `git push` of a small commit, made beforehand."""
    from tests.store.git.remotes import a_remote_repository, git

    folder.mkdir()
    a_remote_repository(folder)
    work = folder / "work"
    began, spent = 0.0, []
    for number in range(rounds):
        (work / "README").write_text(f"{number}\n")
        git(work, "commit", "-q", "-a", "-m", "next")
        began = time.perf_counter()
        git(work, "push", "-q", "origin", "main")
        spent.append(time.perf_counter() - began)
    return sorted(spent)[rounds // 2]
