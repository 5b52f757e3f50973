"""Which lives are lived? Every fault, every pair of faults, and as many seeds as there is time for."""

from __future__ import annotations

import gc
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.faults import fitting, show
from tests.simulation.life import Life, Script, drawn, listed
from tests.simulation.machine import Parts
from tests.simulation.mutants import MUTANTS

TEMPOS = ("quick", "slow")


@dataclass(frozen=True)
class Case:
    """One life, as a value. faults: of a listed life; else the seed tells all. life: None for the seed's own."""

    seed: int | None = None
    life: str | None = None
    faults: tuple[tuple[int, str], ...] = ()
    tempo: str = "quick"

    def script(self) -> Script:
        if self.seed is not None:
            return drawn(self.seed, self.life)
        assert self.life is not None
        return listed(self.life, dict(self.faults), self.tempo)

    @property
    def command(self) -> str:
        """What reproduces it, with a trace."""
        which = f"--seed {self.seed}" if self.seed is not None else f"--faults {show(dict(self.faults))}"
        life = f" --life {self.life}" if self.life else ""
        tempo = f" --tempo {self.tempo}" if self.seed is None else ""
        return f"python -m tests.simulation {which}{life}{tempo} --trace"


@dataclass
class Tally:
    """What came of many lives. broken: each case with what it broke."""

    lives: int = 0
    faults: int = 0
    requests: int = 0
    unknowns: int = 0
    duplicates: int = 0
    losses: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[Case, list[str]]] = field(default_factory=list)

    def __str__(self) -> str:
        names = ("lives", "faults", "requests", "duplicates", "losses", "unknowns", "broken", "seconds")
        figures = [self.lives, self.faults, self.requests, self.duplicates, self.losses, self.unknowns]
        row = [*(f"{figure:,}" for figure in figures), f"{len(self.broken):,}", f"{self.seconds:.1f}"]
        return "\n".join("".join(f"{cell:>12}" for cell in line) for line in (names, row))

    @property
    def report(self) -> str:
        """What was broken, each with the command that shows it."""
        lines = [f"{case.command}\n    {'; '.join(broken)}" for case, broken in self.broken[:10]]
        return "\n".join([f"{len(self.broken)} of {self.lives} lives broke a promise", *lines])


def live(case: Case, parts: Parts | None = None, *, rules: bool = True, tracing: bool = False) -> Life:
    """Live one case."""
    life = Life(case.script(), parts, tracing=tracing)
    life.promises.rules = rules
    life.live()
    return life


def run(cases: Iterator[Case], tally: Tally | None = None) -> Tally:
    """Live them all. The collector stays off meanwhile: a life leaves little, and it would look at all of it."""
    tally = tally or Tally()
    began = time.perf_counter()
    gc.disable()
    try:
        for case in cases:
            count(tally, case, live(case))
            if tally.lives % 200 == 0:
                gc.collect()
    finally:
        gc.enable()
    tally.seconds += time.perf_counter() - began
    return tally


def count(tally: Tally, case: Case, life: Life) -> None:
    broken = life.promises.broken
    tally.lives += 1
    tally.faults += len(life.struck)
    tally.kinds.update(life.struck.values())
    tally.requests += life.requests
    tally.unknowns += life.promises.unknowns
    tally.duplicates += any("times" in what for what in broken)
    tally.losses += any("lost" in what for what in broken)
    if broken:
        tally.broken.append((case, broken))


def seeds(first: int, count: int, life: str | None = None) -> Iterator[Case]:
    return (Case(seed, life) for seed in range(first, first + count))


def singles(life: str, tempo: str) -> Iterator[Case]:
    """Every fault at every point of a life in which nothing else goes wrong."""
    yield Case(life=life, tempo=tempo)
    for number, (kind, pulls) in enumerate(live(Case(life=life, tempo=tempo)).points):
        for fault in fitting(kind, pulls=pulls):
            yield Case(life=life, tempo=tempo, faults=((number, fault),))


def pairs(life: str, tempo: str, share: float = 1.0, part: int = 0, parts: int = 1) -> Iterator[Case]:
    """Every second fault, at every point that is left after the first one.

    share: of all of them, drawn by a seed of its own; few firsts with several seconds each, as a first costs a life.
    part: those of every so-manieth first only, so that several processes together live them all.
    """
    rng = random.Random(f"{life} {tempo}")
    of_firsts = min(1.0, share * 100)
    for number, first in enumerate(singles(life, tempo)):
        if not first.faults or number % parts != part or rng.random() >= of_firsts:
            continue
        points = live(first).points
        for at in range(first.faults[0][0] + 1, len(points)):
            kind, pulls = points[at]
            for fault in fitting(kind, pulls=pulls):
                if rng.random() < share / of_firsts:
                    yield Case(life=life, tempo=tempo, faults=(*first.faults, (at, fault)))


def first_that_catches(letter: str, most: int) -> tuple[Case, list[str]] | None:
    """The first seed whose life breaks a promise with the mutant; None where `most` seeds don't."""
    parts, life, rules = MUTANTS[letter]
    for case in seeds(0, most, life):
        if broken := live(case, parts, rules=rules).promises.broken:
            return case, broken
    return None
