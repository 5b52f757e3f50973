"""The ledger of calls: no window ever holds more than the limit, whoever records, and in whatever order."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contentsync.store.sqlite.state import SqliteStore
from contentsync.tiktok.throttle import WINDOW, CallLedger, MemoryLedger
from tests.builders import NOW

TAKING = """
import json, random, sys
from datetime import datetime, timedelta
from pathlib import Path
from contentsync.store.sqlite.state import SqliteStore
store, now = SqliteStore.open(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[3])
chance = random.Random(int(sys.argv[2]))
moments = [now + timedelta(milliseconds=chance.randrange(60_000)) for _ in range(60)]
took = [at for at in sorted(moments) if store.take("acme", "/init/", 6, timedelta(seconds=60), at) == 0]
print(json.dumps([at.timestamp() for at in took]))
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "state.db")
    yield opened
    opened.close()


def most_in_a_window(moments: list[float], window: float) -> int:
    return max(sum(start <= at < start + window for at in moments) for start in moments)


@pytest.mark.parametrize("kind", ["state", "memory"])
def test_any_order_of_times_keeps_the_limit_and_both_ledgers_agree(store: SqliteStore, kind: str) -> None:
    ledger: CallLedger = store if kind == "state" else MemoryLedger()
    chance = random.Random(7)
    moments = [NOW + timedelta(seconds=n + chance.uniform(-25, 25)) for n in range(300)]
    took = [at.timestamp() for at in moments if ledger.take("acme", "/init/", 6, WINDOW, at) == 0.0]
    assert 12 < len(took) < 60
    assert most_in_a_window(took, WINDOW.total_seconds()) <= 6


def test_the_seconds_told_are_those_until_there_is_room(store: SqliteStore) -> None:
    for second in range(6):
        assert store.take("acme", "/init/", 6, WINDOW, NOW + timedelta(seconds=second)) == 0.0
    wait = store.take("acme", "/init/", 6, WINDOW, NOW + timedelta(seconds=10))
    assert wait == pytest.approx(50.5)
    assert store.take("acme", "/init/", 6, WINDOW, NOW + timedelta(seconds=10 + wait)) == 0.0


def test_scopes_and_endpoints_count_apart(store: SqliteStore) -> None:
    assert store.take("acme", "/init/", 1, WINDOW, NOW) == 0.0
    assert store.take("acme", "/status/", 1, WINDOW, NOW) == 0.0
    assert store.take("other", "/init/", 1, WINDOW, NOW) == 0.0
    assert store.take("acme", "/init/", 1, WINDOW, NOW) > 0


def test_a_call_recorded_by_a_clock_that_ran_ahead_does_not_block_for_ever(store: SqliteStore) -> None:
    store.take("acme", "/init/", 1, WINDOW, NOW + timedelta(days=1))
    assert store.take("acme", "/init/", 1, WINDOW, NOW) == 0.0


def test_a_late_thread_counts_what_others_saw_before_it(store: SqliteStore) -> None:
    for _ in range(6):
        store.take("acme", "/init/", 6, WINDOW, NOW)
    store.take("acme", "/init/", 6, WINDOW, NOW + timedelta(seconds=65))
    assert store.take("acme", "/init/", 6, WINDOW, NOW + timedelta(seconds=50)) > 0


def test_threads_with_stores_of_their_own_keep_the_limit(tmp_path: Path) -> None:
    def work(number: int) -> list[float]:
        store, chance = SqliteStore.open(tmp_path / "state.db"), random.Random(number)
        moments = [NOW + timedelta(milliseconds=chance.randrange(60_000)) for _ in range(30)]
        took = [at.timestamp() for at in moments if store.take("acme", "/init/", 6, WINDOW, at) == 0.0]
        store.close()
        return took

    with ThreadPoolExecutor(6) as pool:
        took = [at for found in pool.map(work, range(6)) for at in found]
    assert len(took) == 6  # all their moments lie within one window


@pytest.mark.slow
def test_processes_keep_the_limit(tmp_path: Path) -> None:
    path, now = str(tmp_path / "state.db"), datetime(2026, 3, 1, tzinfo=UTC).isoformat()
    commands = [[sys.executable, "-c", TAKING, path, str(number), now] for number in range(4)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    took = [at for process in running for at in json.loads(process.communicate(timeout=60)[0])]
    assert len(took) == 6
