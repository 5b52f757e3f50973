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
