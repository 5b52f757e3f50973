"""What does watch publish, and when? On a virtual clock: hours pass in no time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.times import rfc3339
from tests.builders import NOW
from tests.watch.virtual import Stage, a_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path) as made:
        yield made


def at(seconds: float) -> str:
    return rfc3339(NOW + timedelta(seconds=seconds))


def test_a_post_that_is_due_goes_out_once_and_is_followed_to_its_end(stage: Stage) -> None:
    stage.studio.post("launch")
    stage.run(60)
    assert stage.results() == ["acme/launch processing", "acme/launch published"]
    assert len(stage.emulator.posts()) == 1


def test_a_scheduled_post_goes_out_at_its_time_and_not_before(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(4000))
    stage.run(5000)
    assert 4000 <= stage.posted["About launch"] < 4002
