"""What is remembered of manifests saves time, and never changes what loading gives."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contentsync.errors import Place
from contentsync.manifest import load as loading
from contentsync.manifest import remembered
from contentsync.manifest.load import Loaded, load
from contentsync.media.disk import DiskReader
from contentsync.media.look import CachedReader
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Media, MediaFacts, Mode, Privacy
from contentsync.store.machine_secret import machine_secret
from contentsync.store.sqlite.cache import FileCache
from tests.manifest.projects import write

MEDIA = Path(__file__).parents[1] / "media"
SECRET = b"s" * 32
ONE = """\
name: one
account: acme
video: one.mp4
privacy: everyone
caption: "Grüße #fyp"
publish_at: 2030-03-01T09:00:00
"""
TWO = """\
name: two
accounts: [lily, acme]
video: two.mp4
privacy: friends
publish_at: 2030-04-01T09:00:00
grace: 90m
---
name: three
account: lily
video: two.mp4
"""


class MuchLater:
    """A clock by which no file was written just now."""

    def now(self) -> datetime:
        return datetime(2100, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def clip(mark: bytes = b"a") -> bytes:
    return (MEDIA / "video-h264.mp4").read_bytes() + (8 + len(mark)).to_bytes(4, "big") + b"free" + mark


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"posts/one.yaml": ONE, "posts/two.yaml": TWO, "posts/one.mp4": clip(b"1"), "posts/two.mp4": clip(b"2")}
    return write(tmp_path / "studio", files)


def remembering(root: Path, secret: bytes = SECRET) -> Loaded:
    """What loading gives with a cache that lasts from call to call."""
    cache = FileCache(root / ".contentsync" / "cache.db", secret)
    try:
        return load(root, {}, probe=CachedReader(DiskReader(), cache, MuchLater()), cache=cache, memory=cache)
    finally:
        cache.close()


def fresh(root: Path) -> Loaded:
    return load(root, {}, probe=DiskReader())


@contextmanager
def parsed_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the manifests that are parsed meanwhile."""
    names: list[str] = []
    reader_of: Callable[[str], object] = loading._reader_of
    monkeypatch.setattr(loading, "_reader_of", lambda name: names.append(name) or reader_of(name))
    yield names


def test_a_second_run_parses_nothing_and_gives_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = remembering(root)
    with parsed_files(monkeypatch) as names:
        second = remembering(root)
    assert (first, names) == (second, [])
    assert second == fresh(root)


def test_only_the_file_that_changed_is_parsed_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering(root)
    (root / "posts/one.yaml").write_text(ONE.replace("Grüße", "Moin"))
    with parsed_files(monkeypatch) as names:
        assert remembering(root) == fresh(root)
    assert names[:1] == ["posts/one.yaml"]
    assert "posts/two.yaml" not in names[:1]


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE manifests SET text = replace(text, 'friends', 'everyone')",
        "UPDATE manifests SET text = '[]'",
        "UPDATE manifests SET text = 'no JSON'",
        "UPDATE manifests SET text = x'00ff'",
        "UPDATE manifests SET proof = zeroblob(32)",
        "UPDATE manifests SET proof = (SELECT proof FROM manifests AS other WHERE other.name <> manifests.name)",
        "DROP TABLE manifests",
    ],
)
def test_a_damaged_cache_is_not_believed(root: Path, spoil: str) -> None:
    remembering(root)
    with sqlite3.connect(root / ".contentsync" / "cache.db") as db:
        db.execute(spoil)
    db.close()
    assert remembering(root) == fresh(root)


def test_a_cache_that_another_user_wrote_is_not_believed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering(root, secret=b"x" * 32)
    with parsed_files(monkeypatch) as names:
        remembering(root)
    assert names == ["posts/one.yaml", "posts/two.yaml"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("timezone: Europe/Berlin", "timezone: Asia/Tokyo"),
        ("mode: draft", "mode: direct"),
        ("bare: {}", "bare: {}\ndefaults: {ai_generated: true}"),
        ("  acme:", "  acme2:"),
    ],
)
def test_other_settings_are_applied_to_unchanged_manifests(root: Path, before: str, after: str) -> None:
    remembering(root)
    project = root / "contentsync.yaml"
    project.write_text(project.read_text().replace(before, after))
    assert remembering(root) == fresh(root)


def test_what_an_older_version_kept_is_parsed_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering(root)
    monkeypatch.setattr("contentsync.manifest.remembered.__version__", "0.0.0")
    with parsed_files(monkeypatch) as names:
        remembering(root)
    assert names == ["posts/one.yaml", "posts/two.yaml"]


def test_a_key_that_comes_to_be_declared_twice_is_faulty_in_both_files(root: Path) -> None:
    remembering(root)
    (root / "posts/again.yaml").write_text(ONE)
    found = remembering(root)
    assert found == fresh(root)
    assert [one.key for one in found.faulty] == ["acme/one", "acme/one"]


def test_a_picture_that_comes_into_a_folder_is_seen(root: Path) -> None:
    slides = {"posts/s/1.jpg": (MEDIA / "ok.jpg").read_bytes()}
    write(root, {"posts/s.yaml": "name: s\naccount: lily\nphotos: s/\n", **slides})
    remembering(root)
    shutil.copy(MEDIA / "ok.webp", root / "posts/s/2.webp")
    assert remembering(root) == fresh(root)


def test_every_field_of_a_post_is_remembered() -> None:
    given = {
        "account": "lily",
        "name": "all",
        "kind": Kind.PHOTOS,
        "mode": Mode.DIRECT,
        "media": (
            Media("a.jpg", "", "sha", 3, MediaFacts("jpeg", "x", 1, 2, 3.5, 4.5)),
            Media(url="https://x.example/"),
        ),
        "caption": "Grüße \u2028",
        "title": "t",
        "privacy": Privacy.FRIENDS,
        "allow": frozenset({Interaction.COMMENT}),
        "disclosure": frozenset({Disclosure.YOUR_BRAND}),
        "ai_generated": True,
        "auto_music": True,
        "cover": 7,
        "publish_at": datetime(2030, 1, 2, 3, 4, 5, 678, UTC),
        "next_slot": True,
        "grace": timedelta(days=3, microseconds=1),
        "expires_at": datetime(2031, 1, 2, tzinfo=UTC),
        "hold": True,
        "generation": 4,
        "moved_from": "old",
        "post_id": "74",
        "where": Place("posts/a.yaml", 3, 4),
        "places": (("name", Place("posts/a.yaml", 3, 10)),),
        "lists_photos": True,
    }
    assert set(given) == {field.name for field in fields(DesiredPost)}, "add the new field to remembered.py, and here"
    assert len(fields(Media)) == 6 and len(fields(MediaFacts)) == 6
    post = DesiredPost(**given)
    facts = [getattr(post.media[0].facts, field.name) for field in fields(MediaFacts)]
    media = [["a.jpg", "", "sha", 3, facts, None], ["", "https://x.example/", "", 0, None, None]]
    assert remembered._post(json.loads(json.dumps(remembered._told_post(post, media))), "posts/a.yaml") == post


def test_a_clip_that_became_a_link_out_of_the_project_is_refused(root: Path, tmp_path: Path) -> None:
    remembering(root)
    (root / "posts/one.mp4").rename(tmp_path / "one.mp4")
    (root / "posts/one.mp4").symlink_to(tmp_path / "one.mp4")
    found = remembering(root)
    assert [problem.code for problem in found.problems] == ["path-outside"]


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = machine_secret(tmp_path / "data")
    assert machine_secret(tmp_path / "data") == first
    assert (tmp_path / "data" / "cache-secret").stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_cant_be_used_gives_another_secret_each_time(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert machine_secret(tmp_path / "data") != machine_secret(tmp_path / "data")


FILES = ("posts/one.yaml", "posts/two.yaml", "posts/new.yaml", "posts/one.mp4", "posts/two.mp4", "posts/sub/two.mp4")
CONTENTS = {
    ".yaml": (
        ONE,
        ONE.replace("Grüße", "Grüsse"),
        TWO,
        TWO.replace("two.mp4", "sub/two.mp4"),
        "name: [",
        ONE + "x: 1\n",
    ),
    ".mp4": (clip(b"1"), clip(b"2"), clip(b"3"), b"", b"no video"),
}
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(FILES), st.integers(0, 5)),
    st.tuples(st.just("write, times put back"), st.sampled_from(FILES), st.integers(0, 5)),
    st.tuples(st.just("checkout"), st.sampled_from(FILES), st.integers(0, 5)),
    st.tuples(st.just("touch"), st.sampled_from(FILES), st.sampled_from((0, 1, 4_000_000_000))),
    st.tuples(st.just("delete"), st.sampled_from(FILES), st.just(0)),
    st.tuples(st.just("copy with times"), st.sampled_from(FILES), st.sampled_from(range(len(FILES)))),
    st.tuples(st.just("zone"), st.just("contentsync.yaml"), st.sampled_from((0, 1))),
    st.tuples(st.just("look"), st.just(""), st.just(0)),
)


def _step(root: Path, what: str, name: str, number: int) -> None:
    path = root / name
    if what == "zone":
        zones = ("Europe/Berlin", "Asia/Tokyo")
        path.write_text(path.read_text().replace(zones[number], zones[1 - number]))
    elif what == "look":
        remembering(root)
    elif what == "delete":
        path.unlink(missing_ok=True)
    elif what == "touch" and path.exists():
        os.utime(path, (number, number))
    elif what == "copy with times" and (root / FILES[number]).exists() and path != root / FILES[number]:
        path.parent.mkdir(exist_ok=True)
        shutil.copy2(root / FILES[number], path)
    elif what in {"write", "write, times put back", "checkout"}:
        _write(path, what, number)


def _write(path: Path, what: str, number: int) -> None:
    contents = CONTENTS[path.suffix]
    content = contents[number % len(contents)]
    before = path.stat() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    target = path.with_suffix(".part") if what == "checkout" else path
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    target.replace(path)
    if before and what == "write, times put back":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _next_tick(folder: Path) -> None:
    """Wait until the file system's clock has moved on, as it has between two runs of a person."""
    mark = folder / "tick"
    mark.write_bytes(b"")
    before = mark.stat().st_ctime_ns
    while mark.stat().st_ctime_ns == before:
        mark.write_bytes(b"")


@settings(max_examples=int(os.environ.get("CONTENTSYNC_EXAMPLES", "40")), deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_whatever_happens_to_the_files_the_same_is_loaded_as_without_a_cache(
    steps: list[tuple[str, str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "posts/one.yaml": ONE,
            "posts/two.yaml": TWO,
            "posts/one.mp4": clip(b"1"),
            "posts/two.mp4": clip(b"2"),
        }
        root = write(Path(folder) / "studio", files)
        remembering(root)
        for what, name, number in steps:
            _next_tick(Path(folder))
            _step(root, what, name, number)
            assert remembering(root) == fresh(root)


def test_manifests_are_not_meant_by_a_missing_clip(root: Path) -> None:
    (root / "posts/one.mp4").unlink()
    (problem,) = fresh(root).problems
    assert (problem.code, problem.hint) == ("media-not-found", 'did you mean "two.mp4"?')
    (root / "posts/two.mp4").rename(root / "posts/elsewhere.webm")
    assert {p.hint for p in fresh(root).problems} == {"fix the path, or add the file"}
