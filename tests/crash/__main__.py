"""Live many faulted lives, and tell what came of them.

    python -m tests.crash                         every single fault
    python -m tests.crash --long                  also pairs of faults and soaks: at least 2,000 lives
    python -m tests.crash --life chunks3 --fault kill-after-commit:7    one life, with what it said

Exits 1 where anything was broken: a post twice, a post lost, a state that does not hold together.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.crash import cases
from tests.crash.faults import Fault
from tests.crash.life import LIVES, Quiet, Report, Zygote, live, quiet, scratch
from tests.crash.pool import live_all

PAIRS, SOAKS, SEED = 1_300, 140, 1


@dataclass
class Row:
    """A line of the table."""

    lives: int = 0
    kills: int = 0
    duplicates: int = 0
    losses: int = 0
    unknown: int = 0
    broken: int = 0
    seconds: float = 0.0

    def count(self, report: Report, seconds: float) -> None:
        self.lives += 1
        self.kills += report.kills
        self.duplicates += report.duplicates
        self.losses += report.losses
        self.unknown += bool(report.unknown)
        self.broken += bool(report.broken)
        self.seconds += seconds


def main() -> int:
    options = _options()
    base = scratch()
    try:
        if options.life:
            return _one(options.life, [Fault.parse(text) for text in options.fault], base)
        return _many(options, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--long", action="store_true", help="also pairs of faults and soaks")
    parser.add_argument("--life", choices=LIVES, help="live one life and show what its processes said")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND:N", help="what goes wrong; repeatable")
    parser.add_argument("--seed", type=int, default=SEED, help="of pairs and soaks")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--soaks", type=int, default=SOAKS)
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    return parser.parse_args()


def _one(life: str, faults: list[Fault], base: Path) -> int:
    with Zygote() as zygote:
        report = live(life, faults, zygote, base)
    print(report.log)
    for what in report.broken:
        print(f"BROKEN: {what}")
    print(f"{report.runs} runs, {report.kills} killed, {report.unknown} unknown, {len(report.broken)} broken")
    return 1 if report.broken else 0


def _many(options: argparse.Namespace, base: Path) -> int:
    began = time.monotonic()
    with Zygote() as zygote:
        silent: dict[str, Quiet] = {life: quiet(life, zygote, base) for life in LIVES}
    chosen = cases.singles(silent)
    if options.long:
        chosen += cases.between_pushes(silent) + cases.pairs(silent, options.pairs, options.seed)
        chosen += cases.soaks(silent, options.soaks, options.seed)
    print(f"{len(chosen)} lives, {options.jobs} at a time", flush=True)
    rows: dict[tuple[str, str], Row] = defaultdict(Row)
    try:
        for number, (case, report, seconds) in enumerate(live_all(chosen, base, options.jobs), 1):
            rows[case.life, case.row].count(report, seconds)
            if report.broken:
                broken = (f"        {what}" for what in report.broken)
                print(f"BROKEN  {case.command}", *broken, sep="\n", flush=True)
            if number % 200 == 0:
                print(f"{number} lives, {time.monotonic() - began:.0f} s", flush=True)
    finally:  # an interrupted run shows what it has
        _show(rows, time.monotonic() - began)
    return 1 if any(row.broken for row in rows.values()) else 0


def _show(rows: dict[tuple[str, str], Row], took: float) -> None:
    form = "{:<9} {:<20} {:>6} {:>6} {:>11} {:>7} {:>8} {:>7} {:>8}"
    print(form.format("life", "fault", "lives", "kills", "duplicates", "losses", "unknown", "broken", "seconds"))
    total = Row()
    for (life, kind), row in rows.items():
        _line(form, life, kind, row)
        for name in vars(total):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    _line(form, "all", "", total)
    print(f"{took:.0f} s in all, {total.lives / took:.1f} lives a second")


def _line(form: str, life: str, kind: str, row: Row) -> None:
    figures = (row.lives, row.kills, row.duplicates, row.losses, row.unknown, row.broken)
    print(form.format(life, kind, *figures, f"{row.seconds:.1f}"))


if __name__ == "__main__":
    sys.exit(main())
