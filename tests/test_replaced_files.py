"""Is a file that is replaced always whole, and never for more eyes than it should be?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contentsync.files import replace_whole, write_new


def test_a_file_is_replaced_with_the_mode_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    replace_whole(file, b"one")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"one", 0o600)
    replace_whole(file, b"two", 0o644)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"two", 0o644)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_what_can_not_be_written_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.json"
    replace_whole(file, b"one")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_whole(file, b"two")
    assert file.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_new_file_takes_the_place_of_none(tmp_path: Path) -> None:
    write_new(tmp_path / "a.yaml", b"one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.yaml", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.yaml", b"one")]


def test_a_link_without_an_end_is_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.yaml", b"one")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_appears_at_the_last_moment_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a look at the name and a rename, another program may write the file."""
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    (tmp_path / "a.yaml").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.yaml", b"ours")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.yaml", b"theirs")]


def test_a_disk_without_hard_links_gets_new_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_args: object, **_kinds: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    write_new(tmp_path / "a.yaml", b"one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.yaml", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.yaml", b"one")]
