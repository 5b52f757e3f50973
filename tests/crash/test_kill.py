"""The command as it is installed, killed or interrupted from outside: the next one goes on, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.faults import INITS
from tests.attempt.site import Site, a_site
from tests.processes import PATIENCE, begun, stop, until

APPLY = ("apply", "--auto-approve")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path, SystemClock()) as made:
        yield made


def inits(site: Site) -> int:
    return sum(site.count(endpoint) for endpoint in INITS)


def is_whole(site: Site) -> None:
    """One finished task for each declared post, its bytes the file's, and a further apply that starts nothing."""
    site.apply()
    before = inits(site)
    site.apply()
    assert (site.arrived(), inits(site)) == ([site.digest()], before)


@pytest.mark.parametrize(("account", "number"), [("acme", 5), ("acme_de", 4)])
def test_a_kill_from_outside_in_the_middle_of_the_upload_loses_nothing(site: Site, account: str, number: int) -> None:
    site.studio.post("launch", account)
    site.emulator.add_fault("upload:delay=600,when=after")
    with begun(site.studio, *APPLY) as process:
        until(lambda: len(site.emulator.requests()) == number, process)
        process.kill()
    site.emulator.clear_faults()
    is_whole(site)


def test_an_interrupt_finishes_the_chunk_and_the_next_run_goes_on(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("upload:delay=600,when=after")
    with begun(site.studio, *APPLY) as process:
        until(lambda: len(site.emulator.requests()) == 5, process)
        stop(process)
        site.emulator.clear_faults()
        assert process.wait(PATIENCE) == 130
    assert site.phases() == ["processing"]
    is_whole(site)
