"""Soak watch, and tell what came of it.

    python -m tests.soak                       one minute in real time, with real processes
    python -m tests.soak --seconds 600         ten minutes
    python -m tests.soak --virtual 10          ten lives of some days each, on a virtual clock

Exits 1 where a promise was broken: a post twice, lost, early, with half a file, or late after a lost event.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.soak import process, virtual

DAYS = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the soak in real time takes")
    parser.add_argument("--seed", type=int, default=1, help="what happens follows from it")
    parser.add_argument("--virtual", type=int, default=0, metavar="LIVES", help="so many lives on a virtual clock")
    options = parser.parse_args()
    if options.virtual:
        return max(_virtual(options.seed + number) for number in range(options.virtual))
    return _real(options.seed, options.seconds)


def _home(folder: Path) -> None:
    """Nothing of whoever runs this is read or written."""
    os.environ |= {"CONTENTSYNC_DATA_DIR": str(folder / "data"), "CONTENTSYNC_TOKEN_STORE": "file", "NO_PROXY": "*"}


def _virtual(seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        _home(Path(folder))
        began = time.monotonic()
        life, broken = virtual.soak(Path(folder), seed, DAYS)
        posts, took = len(life.ledger.posts), time.monotonic() - began
        print(
            f"seed {seed}: {posts} posts, {life.deaths} deaths, {took:.0f} s, {broken or 'nothing broken'}",
            flush=True,
        )
    return bool(broken)


def _real(seed: int, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        _home(Path(folder))
        began = time.monotonic()
        life, broken = process.soak(Path(folder), seed, seconds)
        took = time.monotonic() - began
        print(f"seed {seed}: {len(life.ledger.posts)} posts in {took:.0f} s; {life.counts}")
        print(f"longest wait after lost events: {life.stalest:.1f} s")
        for what in broken or ["nothing broken"]:
            print(what)
        if broken:
            print((Path(folder) / "watch.log").read_text()[-6000:])
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
