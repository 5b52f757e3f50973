"""How is a time taken, and how is it told? Medians of interleaved rounds, as wall time and as CPU time."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 5
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Taken:
    """Medians of one kind of work, in seconds. cpu: user and system, of this process and its children."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    #: As in the list of figures: P1, P2 …
    number: str
    what: str
    #: What is compared, as words: "5.1 s" or "62 MiB".
    ours: str
    reference: str
    #: Ours by the reference, or the figure itself where there is none.
    value: float | None
    #: The most that it should be.
    bound: float | None
    unit: str = "x"
    limit: str = ""

    @property
    def ratio(self) -> str:
        return "-" if self.value is None else f"{self.value:.2f}{self.unit}"

    @property
    def wanted(self) -> str:
        return "" if self.bound is None else f"{self.bound:g}{self.unit}"

    @property
    def verdict(self) -> str:
        if self.value is None or self.bound is None:
            return ""
        return "holds" if self.value <= self.bound else "misses"


def skipped(number: str, what: str, why: str) -> Figure:
    """A line for what was not measured."""
    return Figure(number, what, "", "", None, None, limit=f"not measured: {why}")


def interleaved(*works: Work, rounds: int = ROUNDS) -> list[Taken]:
    """The medians of each, run in turn, so that a busy moment of the machine meets all of them."""
    walls: list[list[float]] = [[] for _ in works]
    cpus: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, wall, cpu in zip(works, walls, cpus, strict=True):
            before, began = _cpu(), time.perf_counter()
            work()
            wall.append(time.perf_counter() - began)
            cpu.append(_cpu() - before)
    return [Taken(statistics.median(w), statistics.median(c)) for w, c in zip(walls, cpus, strict=True)]


def of_children(work: Work) -> Taken:
    """One run of a work, with the CPU time of the processes that it starts alone."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(time.perf_counter() - began, cpu)


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def compared(
    number: str, what: str, ours: Taken, reference: Taken, bound: float | None, limit: str = "", *, by: str = "cpu"
) -> Figure:
    """A ratio of two times. by: cpu, which other work on the machine disturbs less, or wall."""
    mine, theirs = getattr(ours, by), getattr(reference, by)
    return Figure(number, what, told(ours), told(reference), mine / max(theirs, 1e-4), bound, limit=limit)


def told(taken: Taken) -> str:
    return f"{seconds(taken.cpu)} CPU, {seconds(taken.wall)} wall"


def seconds(value: float) -> str:
    if value < 0.001:
        return f"{value * 1_000_000:.0f} us"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def process(*args: str, cwd: Path | None = None, codes: tuple[int, ...] = (0,), **environ: str) -> Work:
    """A command, to be run."""
    environment = _environment() | environ

    def run() -> object:
        done = subprocess.run(args, cwd=cwd, env=environment, capture_output=True, check=False)
        assert done.returncode in codes, done.stderr.decode()[-2000:]
        return done

    return run


def _environment() -> dict[str, str]:
    """Modules are compiled once, as in every installation: some machines of developers forbid Python to keep that."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def contentsync(*args: str, cwd: Path, **environ: str) -> Work:
    """A command of contentsync, in a process of its own; a plan that shows faults ends with 1."""
    return process(sys.executable, "-m", "contentsync", *args, cwd=cwd, codes=(0, 1), **environ)


def peak_mib(*args: str, cwd: Path) -> float:
    """The most memory that a command of contentsync's held, in MiB."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=False, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    command = [sys.executable, "-c", script, sys.executable, "-m", "contentsync", *args]
    environment = _environment()
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True)
    return int(done.stdout) / 1024
