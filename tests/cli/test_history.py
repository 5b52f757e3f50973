"""Do commands other than plan and apply leave history alone, too?"""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.errors import ManifestError
from contentsync.operations.settled import load_sound
from contentsync.project import Project
from tests.cli.support import Studio
from tests.cli.test_apply import published


def test_a_deleted_clip_of_a_published_post_does_not_make_the_project_unsound(studio: Studio) -> None:
    published(studio, "one")
    (studio.root / "posts/one.mp4").unlink()
    assert load_sound(_project(studio)).unsound == frozenset()
    assert "posts/one.yaml" in studio.run("explain", "one").out


def test_a_faulty_post_that_is_not_settled_does(studio: Studio) -> None:
    studio.post("one")
    (studio.root / "posts/one.mp4").unlink()
    with pytest.raises(ManifestError):
        load_sound(_project(studio))


def _project(studio: Studio) -> Project:
    return Project.open(Path(studio.root), studio.environment)


def test_the_history_is_one_document_and_people_read_it_in_the_accounts_zone(studio: Studio) -> None:
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", project.replace("acme: {mode", "acme: {timezone: Asia/Tokyo, mode"))
    studio.post("launch")
    assert studio.run("apply", "--auto-approve").code == 0
    told = studio.run("state", "history", "--json").json
    assert told["format"] == "contentsync.history/1"
    assert {"intent", "published"} <= {change["what"] for change in told["changes"]}
    assert all(" JST  " in line for line in studio.run("state", "history", "launch").out.splitlines())
