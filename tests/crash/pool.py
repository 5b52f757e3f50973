"""Many lives at a time: workers, each with an emulator for every life and a warm process that forks the others."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from tests.crash.cases import Case
from tests.crash.life import Report, Zygote, live

_zygotes: dict[int, Zygote] = {}  # of this worker process


def live_all(cases: Iterable[Case], base: Path, jobs: int) -> Iterator[tuple[Case, Report, float]]:
    """Each case with its report and its seconds, in the order in which they end."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(partial(_live, base), cases, chunksize=4)


def _live(base: Path, case: Case) -> tuple[Case, Report, float]:
    if os.getpid() not in _zygotes:
        _zygotes[os.getpid()] = Zygote()
    began = time.monotonic()
    try:
        report = live(case.life, list(case.faults), _zygotes[os.getpid()], base)
    except Exception as err:  # noqa: BLE001  (told as a violation)
        report = Report(broken=[f"the harness itself failed: {type(err).__name__}: {err}"])
    report.log = report.log if report.broken else ""
    return case, report, time.monotonic() - began
