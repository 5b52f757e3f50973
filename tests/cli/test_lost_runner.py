"""A runner that was killed while its last bytes were on their way: what does the next machine say, and how soon?"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import SHARED, Site, start
from tests.store.git.remotes import git


def kill_at_the_last_byte(site: Site) -> None:
    """A runner announces the last byte of acme/one, sends nothing of it, and is killed."""
    site.emulator.add_fault("upload:stall,count=1")
    runner = start(site.clone("runner"), "apply", "--auto-approve")
    try:
        until = time.monotonic() + 60
        while not any(one["endpoint"] == "upload" for one in site.emulator.requests()):
            assert time.monotonic() < until, "the upload did not begin"
            time.sleep(0.1)
    finally:
        runner.kill()
        runner.communicate(timeout=30)


@pytest.mark.parametrize(
    ("takeover", "wait", "who"),
    [
        pytest.param("1s", "10m", "has stopped or is still at work", id="silent: not waited for"),
        pytest.param("10m", "2s", "is sending the rest", id="heard of: waited for"),
    ],
)
def test_the_next_machine_says_what_tiktok_has_and_when_it_goes_on(
    tmp_path: Path, emulator: Emulator, takeover: str, wait: str, who: str
) -> None:
    site = Site.made(tmp_path, emulator, "one", project=SHARED + f"takeover: {takeover}\n")
    kill_at_the_last_byte(site)
    time.sleep(1.1)  # the shortest takeover
    clone, began = site.clone("next"), time.monotonic()

    ran = clone.run("apply", "--auto-approve", "--wait", wait)

    assert ran.code == 3, ran.out + ran.err
    assert time.monotonic() - began < 100
    assert "TikTok is processing it" not in ran.out + ran.err
    assert "TikTok has 0 of " in ran.out
    assert who in ran.out
    assert "contentsync explain acme/one" in ran.out
    assert ("next try:" in ran.out) == (takeover == "1s")
    assert len([one for one in emulator.requests() if one["endpoint"] == "video_init"]) == 1

    told = clone.run("explain", "one")
    path = next(line for line in told.out.splitlines() if "git log" in line).split("run: ")[1]
    assert git(clone.root, *path.split()[1:], "--format=%s"), told.out
