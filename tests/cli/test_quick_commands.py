"""Commands say the same whether or not an earlier plan found what rests."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from contentsync.operations import quick
from contentsync.operations.nothing_to_do import NothingToDo
from tests.cli.in_process import run_here
from tests.operations.histories import Place
from tests.operations.test_nothing_changed import ahead, made_by

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there a stat does not show every write")
COMMANDS = (
    ("status", "--json"),
    ("status", "six", "--json"),
    ("status", "acme/t*"),
    ("agenda",),
    ("plan", "--no-refresh", "--only", "acme/*"),
)
STEPS = (
    Place.nothing, Place.add_post, Place.edit, Place.edit_the_rest, Place.delete_manifest, Place.break_a_manifest,
    Place.begin_an_attempt, Place.finish, Place.post_at_the_next_slot, Place.delete_media,
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """With one plan made already, by a clock that is ahead, so that no file counts as written just now."""
    here = Place(tmp_path / "studio")
    assert made_by(here, NothingToDo.around(here.root, here.environ, ahead(10)))
    return here


def said(place: Place, command: tuple[str, ...]) -> tuple[int, str]:
    code, out, err = run_here(command, place.root, place.environ, "")
    return code, out + err


def names_to_read(place: Place) -> list[str] | None:
    project = place.project()
    try:
        return quick.manifests_to_read(project)
    finally:
        project.close_state()


def test_an_earlier_plan_leaves_nothing_to_read(place: Place) -> None:
    assert names_to_read(place) == []
    place.add("six")
    assert names_to_read(place) == ["posts/0/new.yaml"]


@pytest.mark.parametrize("seed", range(6))
def test_commands_say_the_same(place: Place, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2):
        chance.choice(STEPS)(place, chance)
    for command in COMMANDS:
        quickly = said(place, command)
        kept = place.without_caches()
        assert said(place, command) == quickly
        place.with_caches(kept)
