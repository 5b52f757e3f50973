"""Which files are manifests? Those that a glob fits, below the project, and never by a detour."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from contentsync.manifest.files import find, matcher, read_bytes, would_find
from tests.manifest.projects import loaded, told, write

USUAL = ("posts/**/*.yaml", "posts/**/*.yml")
TREE = [
    "posts/a.yaml",
    "posts/b.yml",
    "posts/c.YAML",
    "posts/d.json",
    "posts/.hidden.yaml",
    "posts/2026/12/deep.yaml",
    "posts/.drafts/x.yaml",
    "posts/.git/x.yaml",
    "posts/.contentsync/x.yaml",
    "receipts/acme/r.yaml",
    "other/o.yaml",
    "root.yaml",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path, dict.fromkeys(TREE, ""))


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        (USUAL, ["posts/2026/12/deep.yaml", "posts/a.yaml", "posts/b.yml"]),
        (["posts/*.yaml"], ["posts/a.yaml"]),
        (["./posts/*.yaml"], ["posts/a.yaml"]),
        (["**/*.yaml"], ["other/o.yaml", "posts/2026/12/deep.yaml", "posts/a.yaml", "root.yaml"]),
        (["*.yaml"], ["root.yaml"]),
        (["posts/**/deep.yaml"], ["posts/2026/12/deep.yaml"]),
        (["posts/**"], []),
        (["p*s/?.y[am]*"], ["posts/a.yaml", "posts/b.yml"]),
        (["posts/[!a].y*"], ["posts/b.yml"]),
        (["posts/.drafts/*.yaml"], ["posts/.drafts/x.yaml"]),
        (["posts/.*.yaml"], ["posts/.hidden.yaml"]),
        (["posts/.git/*.yaml", "receipts/**/*.yaml"], []),
        (["none/*.yaml", "posts/[.yaml", "posts/a.yaml/*"], []),
        (["other/*.yaml", "**/o.yaml"], ["other/o.yaml"]),
    ],
)
def test_a_glob_finds_what_it_says(globs: Sequence[str], names: list[str], tree: Path) -> None:
    assert find(tree, globs)[0] == names


@pytest.mark.parametrize("glob", ["**/*.yaml", "*.yaml", "contentsync.yaml", "./contentsync.yaml"])
def test_the_project_file_is_never_a_manifest(glob: str, tree: Path) -> None:
    write(tree, {"contentsync.yaml": "", "posts/contentsync.yaml": ""})
    assert "contentsync.yaml" not in find(tree, [glob])[0]
    assert not would_find([glob], "contentsync.yaml") and not matcher([glob])("contentsync.yaml")
    assert would_find(["**/*.yaml"], "posts/contentsync.yaml")


def test_the_globs_that_fit_nothing_are_told(tree: Path) -> None:
    assert find(tree, [*USUAL, "none/*.yaml"])[1] == ["none/*.yaml"]


def test_a_link_that_leads_back_to_itself_ends_no_search(tree: Path) -> None:
    (tree / "posts/loop.yaml").symlink_to("loop.yaml")
    (tree / "posts/clip.mp4").symlink_to("clip.mp4")
    assert find(tree, ["posts/*.yaml"])[0] == ["posts/a.yaml", "posts/loop.yaml"]
    problem = read_bytes(tree, "posts/loop.yaml")[1]
    assert problem is not None and problem.code == "file-unreadable"


def test_a_linked_folder_is_not_entered(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = write(tmp_path_factory.mktemp("outside"), {"x.yaml": ""})
    (tree / "posts/out").symlink_to(outside)
    (tree / "posts/loop").symlink_to(tree / "posts")
    (tree / "link").symlink_to(outside)
    assert find(tree, [*USUAL, "link/*.yaml"])[0] == ["posts/2026/12/deep.yaml", "posts/a.yaml", "posts/b.yml"]


@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_of_manifests_that_is_a_link_is_reported_and_holds_moves_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, inside: bool
) -> None:
    real = tmp_path / "content" if inside else tmp_path_factory.mktemp("outside")
    write(real, {"a.yaml": "name: a\n"})
    (tmp_path / "posts").symlink_to(real)
    found = loaded(tmp_path, {})
    problem = next(problem for problem in found.problems if problem.code == "folder-linked")
    assert (str(problem.where), found.unread, found.has_errors) == ("posts:1:1", ("posts",), True)
    assert ("outside the project" in problem.what) is not inside


def test_a_linked_manifest_counts_only_inside_the_project(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = write(tmp_path_factory.mktemp("outside"), {"x.yaml": "name: x\n"})
    write(tmp_path, {"posts/a.yaml": "name: a\n"})
    (tmp_path / "posts/out.yaml").symlink_to(outside / "x.yaml")
    (tmp_path / "posts/in.yaml").symlink_to("a.yaml")
    assert read_bytes(tmp_path, "posts/in.yaml") == (b"name: a\n", None)
    data, problem = read_bytes(tmp_path, "posts/out.yaml")
    assert (data, problem and problem.code) == (b"", "path-outside")


@pytest.mark.parametrize("make", [getattr(os, "mkfifo", os.mkdir), os.mkdir, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_told_and_never_waited_for(make: object, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    make(path)  # type: ignore[operator]
    problem = read_bytes(tmp_path, "a.yaml")[1]
    assert problem is not None
    assert str(problem.where) == "a.yaml:1:1"
    assert problem.code == "file-unreadable"


@pytest.mark.parametrize("name", ["gone.yaml", "x" * 300 + ".yaml"])
def test_a_file_that_can_not_be_read_is_told(name: str, tmp_path: Path) -> None:
    problem = read_bytes(tmp_path, name)[1]
    assert problem is not None
    assert problem.code == "file-unreadable"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch(mode=0)
    assert read_bytes(tmp_path, "a.yaml")[1] is not None


def test_a_project_without_manifests_is_noted(tmp_path: Path) -> None:
    found = loaded(tmp_path, {})
    assert told(found.problems) == ["1:1 no-manifests"]
    assert not found.has_errors
