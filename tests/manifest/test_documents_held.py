"""Of many manifests, only what they declare is held: their documents are let go, also where media are missing."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from contentsync.errors import Problem
from contentsync.manifest import load as loading
from contentsync.manifest.document import Document
from contentsync.media.look import MediaLook, Sent
from tests.manifest.projects import FakeProbe, write

AT_ONCE = 4
MISSING = Problem("media-not-found", "the file does not exist")
PROJECT = "version: 1\naccounts: {acme: {mode: direct}}\n"
POST = "name: p{0:02}\naccount: acme\nvideo: p{0:02}.mp4\nprivacy: everyone\n"


class Counting(FakeProbe):
    """Counts the documents that are held each time it is asked for a file."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[int] = []

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        self.held.append(sum(isinstance(one, Document) for one in gc.get_objects()))
        return super().read(path, sent) if path.exists() else MediaLook(problems=(MISSING,))


@pytest.mark.parametrize("media", [True, False], ids=["media", "no-media"])
def test_documents_are_let_go(tmp_path: Path, media: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", AT_ONCE)
    files: dict[str, str | bytes] = {"contentsync.yaml": PROJECT}
    for number in range(5 * AT_ONCE):
        files[f"posts/p{number:02}.yaml"] = POST.format(number)
        if media:
            files[f"posts/p{number:02}.mp4"] = b"film %d" % number
    probe = Counting()
    gc.collect()
    before = sum(isinstance(one, Document) for one in gc.get_objects())
    found = loading.load(write(tmp_path, files), {}, probe=probe)
    sound, faulty = (20, 0) if media else (0, 20)
    assert (len(found.posts), len(found.faulty), len(found.told)) == (sound, faulty, faulty)
    assert len(probe.held) == 20
    assert max(probe.held) - before <= AT_ONCE + 1  # one more is the reader's own


def test_a_key_that_faulty_files_far_apart_declare_is_told_of_at_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", 1)
    files: dict[str, str | bytes] = {"contentsync.yaml": PROJECT}
    files |= {f"posts/{name}.yaml": POST.format(1) for name in "ac"} | {"posts/b.yaml": POST.format(2)}
    found = loading.load(write(tmp_path, files), {}, probe=Counting())
    told = [(problem.where and problem.where.file, problem.code) for _, problem in found.told]
    assert sorted(told, key=str) == [
        ("posts/a.yaml", "duplicate-post"),
        ("posts/a.yaml", "media-not-found"),
        ("posts/b.yaml", "media-not-found"),
        ("posts/c.yaml", "duplicate-post"),
        ("posts/c.yaml", "media-not-found"),
    ]
    assert [len(one.problems) for one in found.faulty] == [2, 1, 2]
