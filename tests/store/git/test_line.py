"""What the branch says of itself: which state it is, and in which format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contentsync.pause import Pause
from tests.builders import NOW, OPEN_ID
from tests.store.git.remotes import a_backend, a_remote_repository, git

STATE = "contentsync-state"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A remote whose state has a pause of account acme."""
    remote = a_remote_repository(tmp_path)
    a_backend(remote, "first").open().pauses.add("acme", OPEN_ID, "recall", NOW)
    return remote


def renamed(remote: Path, name: str) -> None:
    """Write another format into the branch's own file, as another version of contentsync does."""
    folder = remote.parent / "by-hand"
    git(remote.parent, "clone", "-q", "-b", STATE, str(remote), str(folder))
    file = folder / "contentsync.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": name}))
    git(folder, "commit", "-q", "-a", "-m", "another version")
    git(folder, "push", "-q", "origin", STATE)


def paused(store: object) -> list[Pause]:
    return store.pauses.all()  # type: ignore[attr-defined,no-any-return]


def format_of(remote: Path) -> str:
    return str(json.loads(git(remote, "show", f"{STATE}:contentsync.json"))["format"])


def test_a_branch_of_an_earlier_version_is_read_and_goes_on_under_the_new_name(remote: Path) -> None:
    assert format_of(remote) == "contentsync.shared-state/1"
    renamed(remote, "contentsync.state/1")
    store = a_backend(remote, "other").open()

    assert store.catch_up(NOW) is None
    assert [pause.account for pause in paused(store)] == ["acme"]
    store.pauses.lift("acme", NOW)
    assert format_of(remote) == "contentsync.shared-state/1"


def test_a_branch_of_a_later_version_is_refused(remote: Path) -> None:
    renamed(remote, "contentsync.shared-state/2")

    problem = a_backend(remote, "other").open().catch_up(NOW)

    assert problem is not None
    assert problem.code == "state-newer"
    assert "upgrade contentsync" in problem.hint
