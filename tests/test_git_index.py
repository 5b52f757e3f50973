"""Is a file that git tracks seen as such, whatever the version of the index?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from contentsync.git_index import is_tracked, may_come_into_git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
TRACKED = ["a", "data/state.db", "data/state.db.bak", "data/sub/state.db", "x/data/state.db", "z" * 200]


def git(folder: Path, *args: str) -> None:
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *args], check=True)


@pytest.fixture(params=["2", "3", "4"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    git(tmp_path, "init", "-q")
    for name in TRACKED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    git(tmp_path, "add", ".")
    if request.param == "3":  # an entry that is only intended has the longer flags of version 3
        (tmp_path / "meant").write_text("")
        git(tmp_path, "add", "-N", "meant")
    git(tmp_path, "update-index", "--index-version", "4" if request.param == "4" else "2")
    return tmp_path


@pytest.mark.parametrize("name", TRACKED)
def test_what_is_in_the_index_is_tracked(name: str, repository: Path) -> None:
    assert is_tracked(repository / name)


@pytest.mark.parametrize(
    "name", ["state.db", "data/state", "data/state.d", "ata/state.db", "data", "sub/state.db", ""]
)
def test_what_only_looks_like_it_is_not(name: str, repository: Path) -> None:
    assert not is_tracked(repository / name)


def test_an_intended_file_is_tracked_in_an_index_of_version_3(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "meant").write_text("")
    git(tmp_path, "add", "-N", "meant")
    assert (tmp_path / ".git" / "index").read_bytes()[7] == 3
    assert is_tracked(tmp_path / "meant")


def test_a_worktree_has_an_index_of_its_own(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "tree"
    git(repository, "commit", "-qm", "x")
    git(repository, "worktree", "add", "-q", str(other))
    assert is_tracked(other / "data" / "state.db") and not is_tracked(other / "state.db")


@pytest.mark.parametrize("index", [b"", b"DIRC", b"DIRC\0\0\0\4\xff\xff\xff\xff" + b"\xff" * 99, b"nonsense" * 20])
def test_a_damaged_index_tracks_nothing(index: bytes, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_bytes(index)
    assert not is_tracked(tmp_path / "a")


def test_what_git_does_not_ignore_may_come_into_it(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.db\n")
    assert may_come_into_git(repository / "new.txt")
    assert not may_come_into_git(repository / "new.db")


def test_outside_of_any_repository_nothing_can(tmp_path: Path) -> None:
    assert not may_come_into_git(tmp_path / "a") and not is_tracked(tmp_path / "a")
