"""A bare remote on this disk, and clones of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from contentsync.store.git.backend import GitBackend
from contentsync.store.git.branch import Branch
from contentsync.store.git.program import Git


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
    done = subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def a_remote_repository(folder: Path) -> Path:
    """A bare repository with one commit on main."""
    bare, work = folder / "remote.git", folder / "work"
    git(folder, "init", "-q", "--bare", "-b", "main", str(bare))
    git(folder, "clone", "-q", str(bare), str(work))
    (work / "README").write_text("content\n")
    git(work, "checkout", "-q", "-b", "main")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "first")
    git(work, "push", "-q", "origin", "main")
    return bare


def a_branch(remote: Path, name: str, *options: str) -> Branch:
    """The state branch as a clone of its own sees it."""
    folder = remote.parent / name
    if not folder.exists():
        git(remote.parent, "clone", "-q", *options, remote.as_uri(), str(folder))
    return Branch(Git(folder, os.environ), "origin", "contentsync-state")


def a_backend(remote: Path, name: str, *options: str) -> GitBackend:
    """The shared state as a clone of its own keeps it."""
    branch = a_branch(remote, name, *options)
    return GitBackend(branch, branch.git.folder / ".contentsync" / "shared.db")
