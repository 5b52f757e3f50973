"""Are the examples sound? They are what `demo` runs and what people copy from."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from contentsync.cli import exits
from contentsync.cli.main import run
from contentsync.manifest.load import Loaded, load

ROOT = Path(__file__).resolve().parent.parent
STUDIO = ROOT / "examples" / "studio"
MANIFESTS = sorted(STUDIO.glob("posts/**/*.yaml"))
SECRETS = {"CONTENTSYNC_CLIENT_KEY": "key", "CONTENTSYNC_CLIENT_SECRET": "secret"}


@pytest.fixture(scope="module")
def studio() -> Loaded:
    return load(STUDIO, SECRETS)


def test_nothing_is_wrong_with_the_example(studio: Loaded) -> None:
    assert [str(problem) for problem in studio.problems if problem.code != "media-not-checked"] == []


def test_each_manifest_makes_a_post(studio: Loaded) -> None:
    assert {post.where.file for post in studio.posts} == {path.relative_to(STUDIO).as_posix() for path in MANIFESTS}


def test_no_two_posts_of_an_account_share_their_media(studio: Loaded) -> None:
    used = Counter((post.account, post.media_digest) for post in studio.posts)
    assert [pair for pair, count in used.items() if count > 1] == []


def test_no_two_media_files_are_alike() -> None:
    files = [path for path in STUDIO.glob("posts/**/*") if path.suffix in {".mp4", ".mov", ".webm", ".jpg", ".webp"}]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in files}) == len(files) > 0


def test_no_media_file_is_left_over(studio: Loaded) -> None:
    used = {item.path for post in studio.posts for item in post.media}
    there = {path.relative_to(STUDIO).as_posix() for path in STUDIO.glob("posts/**/*") if path.is_file()}
    assert there - {path.relative_to(STUDIO).as_posix() for path in MANIFESTS} == used


class Untimed(yaml.SafeLoader):
    """YAML as an editor's schema checker reads it: times stay text."""


Untimed.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Untimed)


@pytest.mark.parametrize("path", [STUDIO / "contentsync.yaml", *MANIFESTS], ids=lambda path: path.name)
def test_each_file_fits_the_schema_that_it_names(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
    assert named is not None
    schema = json.loads((path.parent / named[1]).read_text("utf-8"))
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(read(path))] == []


def test_the_table_in_the_examples_names_each_post(studio: Loaded) -> None:
    told = (ROOT / "examples" / "README.md").read_text("utf-8")
    assert {post.key for post in studio.posts if f"`{post.key}`" not in told} == set()
    assert {path for path in MANIFESTS if f"`{path.relative_to(STUDIO).as_posix()}`" not in told} == set()


def test_the_example_is_planned_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(STUDIO, tmp_path / "studio")
    assert run(["-C", str(tmp_path / "studio"), "plan", "--no-refresh"]) == exits.DONE
    assert "Plan: 5 to create, 1 waiting, 0 unchanged." in capsys.readouterr().out


GALLERY = ROOT / "examples" / "gallery"


def test_nothing_is_wrong_with_the_gallery_and_its_photos_have_addresses(tmp_path: Path) -> None:
    loaded = load(GALLERY, SECRETS)
    assert [str(problem) for problem in loaded.problems] == []
    (post,) = loaded.posts
    assert [item.path.rpartition("/")[2] for item in post.media] == ["1-blue.jpg", "2-iron.webp", "3-copper.jpg"]


@pytest.mark.parametrize("name", ["contentsync.yaml", "posts/glazes.yaml"])
def test_each_file_of_the_gallery_fits_the_schema_that_it_names(name: str) -> None:
    test_each_file_fits_the_schema_that_it_names(GALLERY / name)


def test_the_gallery_is_planned_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(GALLERY, tmp_path / "gallery")
    assert run(["-C", str(tmp_path / "gallery"), "plan", "--no-refresh"]) == exits.DONE
    assert "Plan: 1 to create, 0 unchanged." in capsys.readouterr().out
