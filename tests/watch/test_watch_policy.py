"""The policy holds for watch too: a banned word never goes out, and posts keep their distance and their hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.times import rfc3339
from tests.builders import NOW
from tests.cli.support import PROJECT
from tests.watch.virtual import Stage, a_stage

HOUR = 3600.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path) as made:
        yield made


def ruled(stage: Stage, rule: str) -> None:
    stage.studio.write("contentsync.yaml", f"{PROJECT}policy:\n  - {{id: rule, {rule}}}\n")


def at(seconds: float) -> str:
    return rfc3339(NOW + timedelta(seconds=seconds))


def test_a_banned_word_never_goes_out(stage: Stage) -> None:
    ruled(stage, "banned: [guaranteed]")
    stage.studio.post("bad", caption="Guaranteed", publish_at=at(100), grace="3h")
    stage.studio.post("good", publish_at=at(200))
    stage.run(HOUR)
    assert list(stage.posted) == ["About good"]


def test_posts_keep_their_distance_and_the_second_goes_out_later(stage: Stage) -> None:
    ruled(stage, "spacing: 1h")
    stage.studio.post("a", publish_at=at(100))
    stage.studio.post("b", publish_at=at(200), grace="5h")
    stage.run(3 * HOUR)
    assert 100 <= stage.posted["About a"] < 101
    assert stage.posted["About b"] >= 100 + HOUR


def test_a_post_outside_of_the_hours_waits_for_them(stage: Stage) -> None:
    ruled(stage, 'hours: "13:00-14:00"')  # it is noon
    stage.studio.post("a", publish_at=at(100), grace="5h")
    stage.run(2 * HOUR)
    assert HOUR <= stage.posted["About a"] < 2 * HOUR
