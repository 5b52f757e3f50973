"""A bare remote, and clones of it that share their state on its branch; each is a machine of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from contentsync.emulator.server import Emulator
from tests.cli.support import PROJECT, Studio
from tests.store.git.remotes import git

STATE = "contentsync-state"
SHARED = PROJECT.replace("version: 1\n", "version: 1\nstate: git\n")


@dataclass
class Site:
    """A remote with a project on its main branch."""

    folder: Path
    emulator: Emulator

    @property
    def remote(self) -> Path:
        return self.folder / "remote.git"

    @classmethod
    def made(cls, folder: Path, emulator: Emulator, *posts: str, project: str = SHARED) -> Site:
        site = cls(folder, emulator)
        git(folder, "init", "-q", "--bare", "-b", "main", str(site.remote))
        first = Studio(folder / "first", emulator.environment)
        first.write("contentsync.yaml", project)
        for name in posts:
            first.post(name)
        git(first.root, "init", "-q", "-b", "main")
        git(first.root, "add", ".")
        git(first.root, "commit", "-q", "-m", "content")
        git(first.root, "push", "-q", str(site.remote), "main")
        return site

    def clone(self, name: str, *options: str) -> Studio:
        """Another machine: a clone, and a data folder of its own."""
        folder = self.folder / name
        git(self.folder, "clone", "-q", *options, self.remote.as_uri(), str(folder))
        return self.studio(name, folder)

    def studio(self, name: str, root: Path) -> Studio:
        data = {"CONTENTSYNC_DATA_DIR": str(self.folder / f"data of {name}")}
        studio = Studio.__new__(Studio)
        studio.root, studio.environment = root, self.emulator.environment | data
        return studio

    def away(self) -> Path:
        """Take the remote away; put it back by renaming what is returned."""
        return self.remote.rename(self.folder / "away.git")

    def back(self) -> None:
        (self.folder / "away.git").rename(self.remote)

    def hook(self, text: str) -> None:
        path = self.remote / "hooks" / "pre-receive"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def log(self) -> list[str]:
        return git(self.remote, "log", "--format=%s", STATE).splitlines()

    def captions(self) -> list[str]:
        return sorted(post.caption for post in self.emulator.posts())


def apply(studio: Studio, *args: str) -> tuple[int, str]:
    """The exit code of `apply --auto-approve`, and all that it said."""
    ran = studio.run("apply", "--auto-approve", *args)
    return ran.code, ran.out + ran.err


def start(studio: Studio, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "contentsync", *args],
        cwd=studio.root,
        env=dict(os.environ) | studio.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def untouched(folder: Path) -> tuple[str, ...]:
    """All that is the user's: work tree, index, HEAD, branches, remote branches, tags, FETCH_HEAD."""
    git_dir = Path(git(folder, "rev-parse", "--absolute-git-dir"))
    index = (git_dir / "index").read_bytes().hex()
    fetched = git_dir / "FETCH_HEAD"
    told = git(folder, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/remotes", "refs/tags")
    # git itself keeps note of a branch that it pushed.
    refs = "\n".join(line for line in told.splitlines() if not line.startswith(f"refs/remotes/origin/{STATE} "))
    head = (git_dir / "HEAD").read_text()
    status = git(folder, "status", "--porcelain", "--untracked-files=all")
    return index, refs, head, status, fetched.read_text() if fetched.exists() else ""
