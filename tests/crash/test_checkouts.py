"""Two checkouts of one project on one machine, both applied at once, as installed: each post arrives once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.faults import INITS
from tests.attempt.site import Site, a_site
from tests.cli.support import Studio
from tests.processes import PATIENCE, begun, until

APPLY = ("apply", "--auto-approve", "--lock-timeout", "600")
NAMES = ("one", "two", "three", "four", "five")


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[list[Site]]:
    """The same five posts in two folders, each with a state of its own; one user, one data folder."""
    with a_site(tmp_path, SystemClock()) as first:
        for name in NAMES:
            first.studio.post(name)
        first.emulator.add_fault("video_init:delay=1,count=all")  # so that both are at it at the same time
        folder = tmp_path / "other"
        shutil.copytree(first.studio.root / "posts", folder / "posts")
        yield [first, Site(Studio(folder, first.studio.environment), first.emulator, first.clock)]


def arrived(site: Site) -> list[str | None]:
    return sorted(filter(None, site.arrived()))


def each_once(site: Site) -> bool:
    return arrived(site) == sorted(site.digest(name) for name in NAMES)


def test_applied_at_once_they_post_each_post_once(sites: list[Site]) -> None:
    with begun(sites[0].studio, *APPLY) as one, begun(sites[1].studio, *APPLY) as other:
        codes = [process.wait(PATIENCE) for process in (one, other)]
    assert each_once(sites[0])
    assert 0 in codes and set(codes) <= {0, 5}


@pytest.mark.parametrize("inits", [1, 3])
def test_the_other_one_does_not_repeat_what_a_killed_one_began(sites: list[Site], inits: int) -> None:
    first, other = sites
    with begun(first.studio, *APPLY) as killed, begun(other.studio, *APPLY) as goes_on:
        until(lambda: sum(first.count(endpoint) for endpoint in INITS) >= inits)
        killed.kill()
        goes_on.wait(PATIENCE)
    for site in (first, other):
        site.apply()
    assert len(arrived(first)) == len(set(arrived(first)))
    assert each_once(first)
