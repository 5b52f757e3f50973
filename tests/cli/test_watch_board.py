"""`watch --board`: the board beside a running watch, in a real process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio
from tests.processes import PATIENCE

pytestmark = pytest.mark.slow


@contextmanager
def watching(studio: Studio, *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running watch with a board, and the link that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "contentsync", "watch", "--board", "127.0.0.1:0", *args],
        cwd=studio.root,
        env=dict(os.environ) | studio.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        link = next(found[0] for line in process.stderr if (found := re.search(r"http://\S+/open\?token=\S+", line)))
        yield process, link
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        process.stderr.close()


def test_the_board_runs_as_long_as_watch(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with watching(studio) as (process, link), httpx.Client(trust_env=False) as client:
        entered = client.get(link)
        base = re.search(r'href="(/[0-9a-f]+)/"', entered.text)
        assert entered.status_code == 200 and base
        cookie = entered.headers["set-cookie"].partition(";")[0]
        page = client.get(link.partition("/open")[0] + f"{base[1]}/", headers={"Cookie": cookie})
        assert page.status_code == 200 and "acme/launch" in page.text and "not approved" in page.text
    assert process.returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(link, trust_env=False)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--board", "0.0.0.0:8480"], "is not an address of this machine alone"),
        (["--allow-actions"], "--allow-actions goes with --board"),
    ],
)
def test_a_wrong_call_is_refused(studio: Studio, args: list[str], said: str) -> None:
    ran = studio.run("watch", *args)
    assert ran.code == 64 and said in ran.err
