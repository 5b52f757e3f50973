"""Many new media are looked into side by side, and what is said of them is the same."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from contentsync.manifest.load import load
from contentsync.media.look import MediaLook, Sent
from tests.manifest.projects import FakeProbe, write

POST = "name: p{0}\naccount: acme\nvideo: p{0}.mp4\nprivacy: everyone\n"
PROJECT = "version: 1\naccounts: {acme: {mode: direct}}\n"


class Watched(FakeProbe):
    """Remembers which threads asked."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()
        self.asked: list[str] = []

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        self.threads.add(threading.current_thread().name)
        self.asked.append(path.name)
        return super().read(path)


def a_project(root: Path, posts: int) -> Path:
    files: dict[str, str | bytes] = {"contentsync.yaml": PROJECT}
    for number in range(posts):
        files |= {f"posts/p{number}.yaml": POST.format(number), f"posts/p{number}.mp4": b"x%d" % number}
    return write(root, files)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core looks into one file after the other")
def test_each_file_is_looked_into_once_and_by_other_threads(tmp_path: Path) -> None:
    probe = Watched()
    loaded = load(a_project(tmp_path, 40), {}, probe=probe)
    assert len(loaded.posts) == len(probe.asked) == len(set(probe.asked)) == 40
    assert threading.current_thread().name not in probe.threads


def test_a_few_files_are_looked_into_one_by_one(tmp_path: Path) -> None:
    probe = Watched()
    load(a_project(tmp_path, 3), {}, probe=probe)
    assert probe.threads == {threading.current_thread().name}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core looks into one file after the other")
def test_a_few_large_files_are_read_by_other_threads(tmp_path: Path) -> None:
    probe = Watched()
    root = a_project(tmp_path, 3)
    for number in range(2):
        os.truncate(root / "posts" / f"p{number}.mp4", 1 << 24)
    load(root, {}, probe=probe)
    assert threading.current_thread().name not in probe.threads


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core looks into one file after the other")
def test_the_progress_counts_on_from_one_part_of_the_manifests_to_the_next(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    root = a_project(tmp_path, 1_040)
    load(root, {}, probe=FakeProbe(), on_progress=lambda _, done, total: told.append((done, total)))
    assert [done for done, _ in told] == [*range(1, 1_041), 1_040]
    assert {total for _, total in told} == {1_040}


def test_a_key_that_two_parts_of_the_manifests_declare_is_told_of_both(tmp_path: Path) -> None:
    root = a_project(tmp_path, 620)
    (root / "posts" / "zz.yaml").write_text(POST.format(7))
    loaded = load(root, {}, probe=FakeProbe())
    told = {(problem.code, problem.where.file) for problem in loaded.problems if problem.where}
    assert told == {("duplicate-post", "posts/p7.yaml"), ("duplicate-post", "posts/zz.yaml")}
    assert (len(loaded.posts), [one.key for one in loaded.faulty]) == (619, ["acme/p7", "acme/p7"])
