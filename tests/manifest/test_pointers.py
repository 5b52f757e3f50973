"""Are files that are kept elsewhere named as what they are, with the command that fetches them?"""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.errors import Level
from contentsync.lfs import lfs_command
from contentsync.manifest.load import load
from contentsync.manifest.loaded import Loaded
from contentsync.media.disk import DiskReader
from contentsync.operations.probe import probe
from tests.manifest.projects import write

A = "name: a\naccount: lily\nvideo: v.mp4\n"
OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n"


def found_in(root: Path, files: dict[str, str | bytes]) -> Loaded:
    write(root, {"posts/a.yaml": A, **files})
    return load(root, {})


def test_a_pointer_of_git_lfs_counts_as_its_file(tmp_path: Path) -> None:
    found = found_in(tmp_path, {"posts/v.mp4": LFS})
    item = found.posts[0].media[0]
    assert (item.sha256, item.size, item.facts, item.pointer) == (OID, 12345, None, "lfs")
    problem = found.problems[0]
    assert (problem.code, problem.level) == ("media-lfs-pointer", Level.NOTE)
    assert problem.hint == "run: git lfs pull --include=posts/v.mp4"


def test_a_pointer_with_the_line_ends_of_windows_counts_as_its_file(tmp_path: Path) -> None:
    item = found_in(tmp_path, {"posts/v.mp4": LFS.replace("\n", "\r\n")}).posts[0].media[0]
    assert (item.sha256, item.size, item.pointer) == (OID, 12345, "lfs")


def test_a_folder_of_photos_kept_by_dvc_is_named_with_its_command(tmp_path: Path) -> None:
    photos = {"posts/b.yaml": "name: b\naccount: lily\nphotos: slides/\n", "posts/slides.dvc": "outs: []\n"}
    problems = found_in(tmp_path, {"posts/v.mp4": LFS, **photos}).problems
    assert [(p.code, p.hint) for p in problems if p.code != "media-lfs-pointer"] == [
        ("media-dvc-pointer", "run: dvc pull posts/slides.dvc")
    ]


def test_the_post_is_the_same_with_its_pointer_and_with_its_file(tmp_path: Path) -> None:
    film = (Path(__file__).parents[1] / "media" / "video-h264.mp4").read_bytes()
    sha256 = DiskReader().read(Path(__file__).parents[1] / "media" / "video-h264.mp4").sha256
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(film)}\n"
    posts = [found_in(tmp_path / str(n), {"posts/v.mp4": data}).posts[0] for n, data in enumerate((pointer, film))]
    assert posts[0].digest == posts[1].digest
    assert posts[0].media_digest == posts[1].media_digest


def test_the_size_of_the_file_behind_a_pointer_is_judged(tmp_path: Path) -> None:
    found = found_in(tmp_path, {"posts/v.mp4": LFS.replace("12345", "5000000000")})
    assert "video-too-big" in {problem.code for problem in found.problems}


@pytest.mark.parametrize("text", [LFS.replace("sha256", "md5"), LFS.replace("12345", "x"), LFS + "x" * 2_000])
def test_a_pointer_that_can_not_be_read_is_an_error(text: str, tmp_path: Path) -> None:
    problem = found_in(tmp_path, {"posts/v.mp4": text}).problems[0]
    assert (problem.code, problem.level) == ("media-lfs-pointer", Level.ERROR)


def test_the_command_names_files_from_the_repository_and_only_once(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = found_in(tmp_path / "content", {"posts/v.mp4": LFS})
    assert found.problems[0].hint == "run: git lfs pull --include=content/posts/v.mp4"
    assert lfs_command("", ["b", "a x", "b"]) == "git lfs pull --include='a x,b'"
    assert lfs_command("p/", [f"posts/{n}.mp4" for n in range(500)]) == "git lfs pull --include='p/posts/**'"


@pytest.mark.parametrize("pointer", ["posts/v.mp4.dvc", "posts.dvc"])
def test_a_file_kept_by_dvc_is_named_with_its_command(pointer: str, tmp_path: Path) -> None:
    problem = found_in(tmp_path, {pointer: "outs:\n- md5: 41ca\n  path: v.mp4\n"}).problems[0]
    assert (problem.code, problem.hint) == ("media-dvc-pointer", f"run: dvc pull {pointer}")


def test_a_file_kept_by_git_annex_is_named_with_its_command(tmp_path: Path) -> None:
    write(tmp_path, {"posts/a.yaml": A})
    (tmp_path / "posts/v.mp4").symlink_to("../.git/annex/objects/Xk/SHA256E-s1--ab.mp4")
    problem = load(tmp_path, {}).problems[0]
    assert (problem.code, problem.hint) == ("media-annex-pointer", "run: git annex get posts/v.mp4")


def test_an_unlocked_file_of_git_annex_without_its_content_is_named(tmp_path: Path) -> None:
    problem = found_in(tmp_path, {"posts/v.mp4": "/annex/objects/SHA256E-s603462--ab.mp4\n"}).problems[0]
    assert problem.code == "media-annex-pointer"


def test_a_link_of_git_annex_that_git_wrote_as_a_file_is_named(tmp_path: Path) -> None:
    text = f"../.git/annex/objects/Xk/zz/SHA256E-s12345--{OID}.mp4/SHA256E-s12345--{OID}.mp4"
    assert found_in(tmp_path, {"posts/v.mp4": text}).problems[0].code == "media-annex-pointer"


def test_a_link_into_the_cache_of_dvc_is_told_with_the_way_out(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, {"posts/a.yaml": A, ".dvc/config": "", "../cache/v": b"x"})
    (root / "posts/v.mp4").symlink_to(tmp_path / "cache/v")
    problem = load(root, {}).problems[0]
    assert problem.code == "path-outside"
    assert "dvc config cache.type" in problem.hint


def test_a_broken_link_is_named_as_one(tmp_path: Path) -> None:
    write(tmp_path, {"posts/a.yaml": A})
    (tmp_path / "posts/v.mp4").symlink_to("gone.mp4")
    assert "link" in load(tmp_path, {}).problems[0].what


def test_probe_names_the_command_as_git_lfs_counts_paths(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "content" / "posts").mkdir(parents=True)
    film = tmp_path / "content" / "posts" / "my film.mp4"
    film.write_text(LFS)
    (problem,) = probe(film).problems
    assert (problem.code, problem.hint) == (
        "media-lfs-pointer",
        "run: git lfs pull --include='content/posts/my film.mp4'",
    )
