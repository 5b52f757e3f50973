"""What the calendar shows is what watch does: random edits, then days on a virtual clock with real applies.

tests/plan/test_forecast.py makes the same comparison after each of 1,000 edits, with the planner alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.operations.calendar import calendar
from contentsync.times import rfc3339
from tests.builders import NOW
from tests.cli.support import PROJECT
from tests.watch.virtual import Stage, a_stage

pytestmark = pytest.mark.slow

HOUR = 3600.0
SETTLED = 10.0  # seconds until new files are still, and a post is sent
CAPPED = PROJECT.replace("{mode: direct, limits: {", "{mode: direct, limits: {posts_per_day: 2, ")
SLOTTED = PROJECT.replace("{mode: direct,", '{mode: direct, slots: ["daily 06:30"],')
TIMES = {CAPPED: ("time", "time", "hold"), SLOTTED: ("time", "next-slot", "hold")}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path) as made:
        yield made


def edit(stage: Stage, chance: random.Random, number: int, times: tuple[str, ...]) -> None:
    name = chance.choice([f"post-{number}", f"post-{chance.randrange(number + 1)}"])
    when = rfc3339(NOW + timedelta(seconds=stage.time.passed + chance.randrange(1, 100) * 900))
    keys: dict[str, dict[str, object]] = {
        "time": {"publish_at": when},
        "next-slot": {"publish_at": "next-slot"},
        "hold": {"hold": True},
    }
    stage.studio.post(name, grace="30d", **keys[chance.choice(times)])


@pytest.mark.parametrize("project_file", [CAPPED, SLOTTED], ids=["caps", "slots"])
def test_each_post_goes_out_when_the_calendar_says(stage: Stage, project_file: str) -> None:
    chance = random.Random(7)
    stage.studio.write("contentsync.yaml", project_file)
    for number in range(6):
        edit(stage, chance, number, TIMES[project_file])
    stage.run(60, full_every=HOUR)  # slots are given out by the first look
    with stage.opened() as project:
        said = {
            one.post.replace("acme/", "About "): (one.at - NOW).total_seconds()
            for one in calendar(project).entries
            if one.goes_out and one.at
        }
    stage.run(3 * 24 * HOUR, full_every=12 * HOUR)
    done = stage.posted
    assert said and done.keys() == said.keys()
    assert all(at <= done[post] < at + SETTLED for post, at in said.items()), (said, done)
