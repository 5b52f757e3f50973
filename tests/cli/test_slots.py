"""Slots, as a person meets them: given out by apply and approve, kept, given up, and the same on every machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import SHARED, STATE, Site
from tests.cli.support import PROJECT, Studio
from tests.store.git.remotes import git

WITH_SLOTS = 'acme: {slots: ["daily 09:00"], mode'


def with_slots(project: str = PROJECT) -> str:
    return project.replace("acme: {mode", WITH_SLOTS)


@pytest.fixture
def queue(studio: Studio) -> Studio:
    """Three posts of a series that wait for their slots."""
    studio.write("contentsync.yaml", with_slots())
    for number in (1, 2, 10):
        studio.post(f"part-{number}", publish_at="next-slot")
    return studio


def slots(studio: Studio) -> dict[str, str]:
    """The slot of each post, by the name of the post, as the agenda has it."""
    found = studio.run("agenda", "--json").json["posts"]
    return {one["post"].partition("/")[2]: one["at"] for one in found}


def pinned(studio: Studio, post: str) -> str:
    told: Any = studio.run("state", "show", post).json
    return str(told["slot_at"])


def days_ahead(*numbers: int) -> list[str]:
    """The times of the next free slots, by their number."""
    now = datetime.now(UTC)
    first = now.replace(hour=9, minute=0, second=0, microsecond=0)
    first += timedelta(days=1) if first <= now else timedelta()
    return [f"{first + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}" for number in numbers]


def test_apply_gives_slots_out_in_natural_order_and_a_new_post_moves_none(queue: Studio) -> None:
    assert queue.run("apply", "--auto-approve").code == 0
    queue.post("part-1a", publish_at="next-slot")
    assert list(slots(queue).items()) == list(
        zip(["part-1", "part-2", "part-10", "part-1a"], days_ahead(0, 1, 2, 3), strict=True)
    )


def test_an_approval_keeps_the_slot_that_it_showed(queue: Studio) -> None:
    assert queue.run("approve", "part-10", "--auto-approve").code == 0
    told = dict(zip(["part-10", "part-1", "part-2"], days_ahead(0, 1, 2), strict=True))  # what waits for a yes waits
    assert slots(queue) == told
    assert queue.run("approve", "--all", "--auto-approve").code == 0
    queue.post("part-0", publish_at="next-slot")
    assert slots(queue) == told | {"part-0": days_ahead(3)[0]}


def test_a_person_takes_a_slot_back(queue: Studio) -> None:
    queue.run("apply", "--auto-approve")
    (queue.root / "posts/part-1.yaml").unlink()
    assert slots(queue)["part-10"] == days_ahead(2)[0]
    ran = queue.run("state", "unpin", "part-10")
    assert ran.code == 0 and ran.out.startswith("acme/part-10: gave up its slot, ") and " 09:00 UTC" in ran.out
    assert slots(queue)["part-10"] == days_ahead(0)[0]
    again = queue.run("state", "unpin", "part-10")
    assert again.code == 64 and "not-pinned" in again.err
    assert queue.run("state", "unpin", "nothing").code == 64


def test_other_slots_of_the_account_move_the_whole_queue_in_order(queue: Studio) -> None:
    queue.run("apply", "--auto-approve")
    queue.write("contentsync.yaml", with_slots().replace('"daily 09:00"', '"daily 09:00", "daily 21:00"'))
    moved = slots(queue)
    assert queue.run("apply", "--auto-approve").code == 0
    assert slots(queue) == moved and sorted(moved.values()) == list(moved.values())
    assert moved["part-10"] < days_ahead(2)[0]


def test_a_time_of_its_own_frees_the_slot_in_the_state_too(queue: Studio) -> None:
    queue.run("apply", "--auto-approve")
    queue.post("part-1", publish_at="2100-01-01T09:00:00Z")
    queue.post("part-3", publish_at="next-slot")
    assert queue.run("apply", "--auto-approve").code == 0
    assert slots(queue)["part-3"] == days_ahead(0)[0]
    assert pinned(queue, "part-1") == "None"


@pytest.mark.slow
def test_two_machines_see_the_same_slots_and_give_none_out_twice(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, project=with_slots(SHARED))
    first = site.clone("author")
    for number in (1, 2):
        first.post(f"part-{number}", publish_at="next-slot")
    git(first.root, "add", ".")
    git(first.root, "commit", "-q", "-m", "parts")
    git(first.root, "push", "-q", "origin", "HEAD:main")
    one, other = site.clone("one"), site.clone("other")
    other.post("part-0", publish_at="next-slot")  # only there
    assert one.run("apply", "--auto-approve").code == 0
    assert "slots given to 2 posts [skip ci]" in git(site.remote, "log", "-1", "--format=%s", STATE)
    assert other.run("apply", "--auto-approve").code == 0
    assert slots(other) == dict(zip(["part-1", "part-2", "part-0"], days_ahead(0, 1, 2), strict=True))
