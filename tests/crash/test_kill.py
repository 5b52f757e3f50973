"""A process killed at any request: the next one goes on, and TikTok has each post once, byte for byte."""

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

DIRECT = ["user_info", "creator_info", "video_list", "video_init", "upload", "status", "status"]
DRAFT = ["user_info", "video_list", "inbox_init", "upload", "status", "status"]
READS = {"user_info", "creator_info", "video_list"}
APPLY = [sys.executable, "-m", "contentsync", "apply", "--auto-approve"]


def moments() -> Iterator[tuple[str, int, str]]:
    """Each request of a post, with the kill before it is done, or done and not answered; a read has one of them."""
    for account, requests in (("acme", DIRECT), ("acme_de", DRAFT)):
        for number, endpoint in enumerate(requests, 1):
            yield account, number, "before"
            if endpoint not in READS:
                yield account, number, "after"


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


@pytest.mark.parametrize(("account", "requests"), [("acme", DIRECT), ("acme_de", DRAFT)])
def test_these_are_the_requests_of_one_post(site: Site, account: str, requests: list[str]) -> None:
    site.studio.post("launch", account)
    site.apply()
    assert [line["endpoint"] for line in site.emulator.requests()] == requests


@pytest.mark.parametrize(("account", "number", "when"), list(moments()))
def test_a_kill_at_any_request_never_posts_twice_and_loses_nothing(
    site: Site, account: str, number: int, when: str
) -> None:
    site.studio.post("launch", account)
    site.emulator.add_fault(f"any:delay=60,nth={number},when={when}")
    with applying(site) as process:
        until_request(site, process, number)
        process.kill()
    site.emulator.clear_faults()
    is_whole(site)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_pull_killed_at_its_init_is_quarantined(site: Site, when: str) -> None:
    site.studio.post("launch", video="https://media.acme.example/a.mp4")
    site.emulator.add_fault(f"video_init:delay=60,when={when}")
    with applying(site) as process:
        until_request(site, process, 4)
        process.kill()
    site.emulator.clear_faults()
    assert site.apply().results == {"acme/launch": "unknown"}
    assert inits(site) == 1


def test_an_interrupt_finishes_the_chunk_and_the_next_run_goes_on(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("upload:delay=0.5,when=after")
    with applying(site) as process:
        until_request(site, process, 5)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert site.phases() == ["processing"]
    is_whole(site)


def test_two_kills_in_a_row_are_no_worse_than_one(site: Site) -> None:
    site.studio.post("launch")
    for endpoint in ("video_init", "upload"):
        site.emulator.add_fault(f"{endpoint}:delay=60,when=after")
        before = len(site.emulator.requests())
        with applying(site) as process:
            while site.count(endpoint) < 1 and process.poll() is None:
                time.sleep(0.005)
            until_request(site, process, max(before + 1, len(site.emulator.requests())))
            process.kill()
        site.emulator.clear_faults()
    is_whole(site)
