"""The command as it is installed, killed or interrupted from outside: the next one goes on, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.faults import INITS
from tests.attempt.site import Site, a_site

APPLY = [sys.executable, "-m", "contentsync", "apply", "--auto-approve"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path, SystemClock()) as made:
        yield made


@contextmanager
def applying(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """`contentsync apply` under way in a process of its own."""
    environment = dict(os.environ) | site.studio.environment
    null = subprocess.DEVNULL
    with subprocess.Popen(
        APPLY, cwd=site.studio.root, env=environment, stdin=null, stdout=null, stderr=null
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_request(site: Site, process: subprocess.Popen[bytes], number: int) -> None:
    """Wait until the process is held in that request, and the emulator has done of it what it does."""
    ends_at = time.monotonic() + 60
    while len(site.emulator.requests()) < number and process.poll() is None and time.monotonic() < ends_at:
        time.sleep(0.005)
    time.sleep(0.05)
    assert process.poll() is None and len(site.emulator.requests()) == number


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
    site.emulator.add_fault("upload:delay=60,when=after")
    with applying(site) as process:
        until_request(site, process, number)
        process.kill()
    site.emulator.clear_faults()
    is_whole(site)


def test_an_interrupt_finishes_the_chunk_and_the_next_run_goes_on(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("upload:delay=0.5,when=after")
    with applying(site) as process:
        until_request(site, process, 5)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert site.phases() == ["processing"]
    is_whole(site)
