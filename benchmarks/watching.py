"""P11: what a watch costs while nothing happens, and how soon a saved file is on its way, at 10,000 settled posts."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import trees
from benchmarks.measure import Figure

if TYPE_CHECKING:
    from contentsync.emulator.server import Emulator

POSTS: Final = 10_000
IDLE: Final = 130.0  # seconds: two full looks
SETTLE: Final = 5.0
ROUNDS: Final = 3
ACCOUNT: Final = "a0000"
PROJECT: Final = """\
version: 1
app: {{client_key: "${{CONTENTSYNC_CLIENT_KEY}}", client_secret: "${{CONTENTSYNC_CLIENT_SECRET}}", audited: true}}
accounts:
  {account}: {{mode: direct, open_id: id-{account}}}
watch: {{approve: auto}}
"""


def watching() -> Iterator[Figure]:
    """A real process, a real file system, the emulator for TikTok."""
    from contentsync.emulator.config import Account
    from tests.cli.support import an_emulator

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        trees.settled(root, POSTS)
        (root / "contentsync.yaml").write_text(PROJECT.format(account=ACCOUNT))
        account = Account(ACCOUNT, private=False, open_id=f"id-{ACCOUNT}")
        _prime(root, Path(folder))
        with an_emulator(accounts=(account,)) as emulator, _watch(root, Path(folder), emulator.environment) as pid:
            _until(lambda: any(one["endpoint"] == "user_info" for one in emulator.requests()), 120.0)
            time.sleep(20.0)  # the first look is over, and what it left resting is known
            cpu, began = _cpu(pid), time.perf_counter()
            time.sleep(IDLE)
            idle = (_cpu(pid) - cpu) / (time.perf_counter() - began)
            delays = [_delay(root, emulator, number, pid) for number in range(ROUNDS)]
    limit = "a look at every name and time, once a minute"
    what = f"`watch`, {POSTS:,} settled posts, idle: share of a processor"
    yield Figure("P11", what, f"{idle:.2%}", f"{IDLE:.0f} s", idle * 100, 1.0, "%", limit)
    wall, cpu = (statistics.median(times) for times in zip(*delays, strict=True))
    what = f"`watch`, {POSTS:,} settled posts: from a saved file to its upload, settle apart"
    limit = "the stat of each file, and three readings of the marks of all rows"
    yield Figure("P11", what, f"{wall:.2f} s", f"{cpu:.2f} s CPU", wall, 2.0, " s", limit)


def _prime(root: Path, folder: Path) -> None:
    """One plan, after which all media are known."""
    command = [sys.executable, "-m", "contentsync", "plan", "--no-refresh"]
    environ = dict(os.environ) | {"CONTENTSYNC_DATA_DIR": str(folder / "data"), "CONTENTSYNC_TOKEN_STORE": "file"}
    subprocess.run(command, cwd=root, env=environ, check=True, stdout=subprocess.DEVNULL)


def _delay(root: Path, emulator: Emulator, number: int, pid: int) -> tuple[float, float]:
    """Seconds from a saved post to the first byte of its upload, settle apart; and those that watch computed."""
    before, cpu = _uploads(emulator), _cpu(pid)
    trees.write_posts(root, [(ACCOUNT, f"new-{number}")])
    saved = time.perf_counter()
    _until(lambda: _uploads(emulator) > before, 120.0)
    delay = time.perf_counter() - saved - SETTLE, _cpu(pid) - cpu
    time.sleep(5.0)
    return delay


def _uploads(emulator: Emulator) -> int:
    return sum(one["endpoint"] == "upload" for one in emulator.requests())


@contextmanager
def _watch(root: Path, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    environ = dict(os.environ) | environment
    environ |= {"CONTENTSYNC_TOKEN_STORE": "file", "CONTENTSYNC_DATA_DIR": str(folder / "data"), "NO_PROXY": "*"}
    command = [sys.executable, "-m", "contentsync", "watch"]
    process = subprocess.Popen(command, cwd=root, env=environ, stdin=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _cpu(pid: int) -> float:
    """Seconds of user and system time of a process. Source: man 5 proc, /proc/PID/stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _until(happens: Callable[[], bool], seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends_at, "it never happened"
        time.sleep(0.02)
