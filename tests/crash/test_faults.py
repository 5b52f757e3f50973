"""A fault of each kind in each life of a post, two at once, and several posts under fire: each is out once.

`python -m tests.crash --long` lives all of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import cases
from tests.crash.cases import Case
from tests.crash.faults import Fault, Seen, all_of
from tests.crash.life import LIVES, SHARED, SINGLE, Quiet, Zygote, live, quiet, scratch

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="these processes are forked")

DIRECT = ["user_info", "creator_info", "video_list", "video_init", "upload", "status", "status"]
CHUNKS = [*DIRECT[:4], "upload", "upload", "upload", "status", "status"]
DRAFT = ["user_info", "video_list", "inbox_init", "upload", "status", "status"]
PULL = [*DIRECT[:4], "status", "status"]
PHOTOS = [*DIRECT[:3], "photo_init", "status", "status"]
COMMITS = {
    "shared": 32,
    "shared-pull": 29,
    "direct": 16,
    "chunks3": 18,
    "draft": 14,
    "pull": 14,
    "photos": 18,
    "soak": 64,
}
SOAK = 30  # requests of a soak without a fault, about
SEED = 1


def as_known(life: str, requests: list[str], pushes: int = 0) -> Quiet:
    return Quiet(tuple(Seen(endpoint, endpoint == "upload") for endpoint in requests), COMMITS[life], pushes)


QUIET = {
    "direct": as_known("direct", DIRECT),
    "chunks3": as_known("chunks3", CHUNKS),
    "draft": as_known("draft", DRAFT),
    "pull": as_known("pull", PULL),
    "photos": as_known("photos", PHOTOS),
    "shared": as_known("shared", DIRECT, pushes=3),
    "shared-pull": as_known("shared-pull", PULL, pushes=3),
    "soak": as_known("soak", ["status"] * SOAK),
}
SAMPLE = [
    *cases.spread(cases.singles(QUIET), 1, SEED),
    *cases.pairs(QUIET, 32, SEED),
    *cases.soaks(QUIET, 6, SEED),
]


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as made:
        yield made


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    folder = scratch()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("life", [*SINGLE, *SHARED])
def test_these_are_the_moments_of_a_life(life: str, zygote: Zygote, base: Path) -> None:
    assert quiet(life, zygote, base) == QUIET[life]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.command.partition("--life ")[2])
def test_whatever_goes_wrong_each_post_is_out_once(case: Case, zygote: Zygote, base: Path) -> None:
    report = live(case.life, list(case.faults), zygote, base)
    assert report.broken == [], f"{case.command}\n{report.log}"


def test_a_kill_that_is_asked_for_is_a_kill(zygote: Zygote, base: Path) -> None:
    report = live("direct", [Fault("kill-after-commit", 7)], zygote, base)
    assert (report.kills, report.broken) == (1, [])


def test_every_fault_is_written_as_it_is_read() -> None:
    every = [fault for life in LIVES for fault in all_of(QUIET[life].requests, COMMITS[life], pulls=False)]
    assert [Fault.parse(str(fault)) for fault in every] == every


@pytest.mark.parametrize("faults", [("alter-file:8",), ("alter-file:8", "kill-after-request:9")])
def test_a_file_that_is_altered_and_restored_is_published_as_approved(
    zygote: Zygote, base: Path, faults: tuple[str, ...]
) -> None:
    report = live("chunks3", list(map(Fault.parse, faults)), zygote, base)
    assert report.broken == [], report.log
