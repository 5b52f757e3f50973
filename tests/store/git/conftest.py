"""A remote repository, and two clones of it that share nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.store.git.store import GitStore
from tests.store.git.remotes import a_backend, a_remote_repository


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return a_remote_repository(tmp_path)


@pytest.fixture
def one(remote: Path) -> GitStore:
    return a_backend(remote, "one").open()


@pytest.fixture
def other(remote: Path) -> GitStore:
    return a_backend(remote, "other").open()
