"""Does validate warn of what will surprise the author, and of nothing that is as it should be?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from contentsync.errors import Level, Problem
from contentsync.operations.validate import validate
from tests.builders import NOW
from tests.manifest.projects import write

A = "name: a\naccount: lily\nvideo: v.mp4\n"
FILM = (Path(__file__).parents[1] / "media" / "video-h264.mp4").read_bytes()


def warnings_of(root: Path, files: dict[str, str | bytes], now: datetime = NOW) -> list[Problem]:
    write(root, {"posts/v.mp4": FILM, **files})
    loaded, warnings = validate(root, {}, None, now)
    assert not loaded.has_errors
    return warnings


def test_a_time_that_is_past_is_told_with_what_follows_from_it(tmp_path: Path) -> None:
    past = A + f"publish_at: {NOW.replace(year=NOW.year - 1):%Y-%m-%dT%H:%M:%SZ}\n"
    problem = warnings_of(tmp_path, {"posts/a.yaml": past})[0]
    assert (problem.code, problem.level) == ("publish-at-past", Level.WARNING)
    assert str(problem.where) == "posts/a.yaml:4:13"
    assert "never sent" in problem.what
    still_open = warnings_of(tmp_path, {"posts/a.yaml": past + f"expires_at: {NOW.year + 1}-01-01T00:00:00Z\n"})
    assert "at once" in still_open[0].what


@pytest.mark.parametrize("extra", ["", "publish_at: 2099-01-01T00:00:00Z\n"])
def test_a_time_to_come_is_no_surprise(extra: str, tmp_path: Path) -> None:
    assert not warnings_of(tmp_path, {"posts/a.yaml": A + extra})


def test_the_past_time_of_a_post_with_a_receipt_is_history(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "posts/a.yaml": A + "publish_at: 2020-01-01T00:00:00Z\n",
        "receipts/lily/a.json": "{}",
    }
    assert not warnings_of(tmp_path, files)


def test_a_manifest_that_no_pattern_covers_is_named(tmp_path: Path) -> None:
    text = A.replace("name: a", "name: b")
    files: dict[str, str | bytes] = {
        "posts/a.yaml": A,
        "posts/B.YAML": text,
        "drafts/b.yaml": text,
        "drafts/b.md": f"---\n{text}---\nHi\n",
        "drafts/c.json": '{\n  "name": "c",\n  "account": "lily",\n  "photos": ["1.jpg"]\n}\n',
        "drafts/config.yaml": "name: x\nversion: 2\n",
        "README.md": "name: of a post\naccount: whose\n",
        ".github/workflows/ci.yaml": text,
        "receipts/x.yaml": text,
        "schemas/post.schema.json": '{"properties": {\n"name": {},\n"account": {},\n"video": {}}}',
    }
    warnings = warnings_of(tmp_path, files)
    assert {problem.code for problem in warnings} == {"manifest-not-covered"}
    assert [problem.where.file for problem in warnings if problem.where] == [
        "drafts/b.md",
        "drafts/b.yaml",
        "drafts/c.json",
        "posts/B.YAML",
    ]


def test_no_more_than_twenty_are_named(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"drafts/{n}.yaml": A for n in range(30)}
    assert len(warnings_of(tmp_path, {"posts/a.yaml": A, **files})) == 20


def test_what_will_stand_in_the_way_of_a_waiting_post_is_told(tmp_path: Path) -> None:
    project = "version: 1\nrun_every: 2h\naccounts:\n  lily: {mode: draft, limits: {pending_drafts: 1}}\n"
    soon = A + "publish_at: 2026-03-02T09:00:00Z\n"
    files: dict[str, str | bytes] = {"contentsync.yaml": project, "posts/a.yaml": soon}
    assert [problem.code for problem in warnings_of(tmp_path, files)] == ["window-short"]
    files["posts/w.mp4"] = FILM + b"\0\0\0\x09free1"
    files["posts/b.yaml"] = soon.replace("name: a", "name: b").replace("v.mp4", "w.mp4")
    told = [(problem.code, str(problem.where)) for problem in warnings_of(tmp_path, files)]
    assert ("will-miss-window", "posts/b.yaml:1:1") in told
