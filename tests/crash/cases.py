"""Which lives are lived? Every single fault, a sample of pairs, and soaks; the same seed, the same cases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.crash.faults import KILLS_AT_COMMIT, KINDS, Fault, all_of, at_pushes, kills_between
from tests.crash.life import LIVES, SHARED, SINGLE, Quiet

SOAK_FAULTS: Final = (2, 6)
# TikTok says FAILED for ever. A draft has no id that could contradict it: docs/reliability.md, "What remains outside"
LIES_FOR_EVER: Final = "false-fail-id"
WITH_DRAFTS: Final = frozenset({"draft", "soak"})


@dataclass(frozen=True, slots=True)
class Case:
    """One life to live. row: under what it is counted."""

    life: str
    faults: tuple[Fault, ...]
    row: str

    @property
    def command(self) -> str:
        """What lives it again."""
        faults = "".join(f" --fault {fault}" for fault in self.faults)
        return f"python -m tests.crash --life {self.life}{faults}"


def singles(quiet: Mapping[str, Quiet]) -> list[Case]:
    """Every single fault of every life of one post."""
    return [Case(life, (f,), f.kind) for life in (*SINGLE, *SHARED) for f in _faults_of(life, quiet[life])]


def _faults_of(life: str, quiet: Quiet) -> list[Fault]:
    if life in SHARED:
        return at_pushes(quiet.pushes)
    every = all_of(quiet.requests, quiet.commits, pulls=any(post.pulls for post in LIVES[life]))
    return [fault for fault in every if _can_be_known(fault.kind, life)]


def _can_be_known(kind: str, life: str) -> bool:
    return kind != LIES_FOR_EVER or life not in WITH_DRAFTS


def between_pushes(quiet: Mapping[str, Quiet]) -> list[Case]:
    """Every kill between the pushes of lives whose state is shared."""
    return [
        Case(life, (fault,), fault.kind)
        for life in SHARED
        for fault in kills_between(len(quiet[life].requests), quiet[life].commits)
    ]


def pairs(quiet: Mapping[str, Quiet], count: int, seed: int) -> list[Case]:
    """Two faults in one life: the second may strike the run that mends the first."""
    return [Case(life, faults, "two faults") for life, faults in _pairs(quiet, count, random.Random(seed))]


def _pairs(quiet: Mapping[str, Quiet], count: int, rng: random.Random) -> Iterator[tuple[str, tuple[Fault, Fault]]]:
    for number in range(count):
        life = SINGLE[number % len(SINGLE)]
        first = rng.choice(_faults_of(life, quiet[life]))
        steps = rng.randint(1, 8)  # later than the first, and so mostly in the run after a kill
        pulls = any(post.pulls for post in LIVES[life])
        fitting = [kind for kind in KINDS if _can_be_known(kind, life)]
        kind = rng.choice([kind for kind in fitting if kind != "twice" or not pulls])
        yield life, (first, Fault(kind, _moment(first, kind, quiet[life]) + steps))


def _moment(first: Fault, kind: str, quiet: Quiet) -> int:
    """About when `first` strikes, in the count that `kind` goes by: requests or commits."""
    by_commit = first.kind in KILLS_AT_COMMIT
    if by_commit == (kind in KILLS_AT_COMMIT):
        return first.nth
    counts = (quiet.commits, len(quiet.requests)) if by_commit else (len(quiet.requests), quiet.commits)
    return first.nth * counts[1] // counts[0]


def soaks(quiet: Mapping[str, Quiet], count: int, seed: int) -> list[Case]:
    """Several posts on two accounts, with faults at random points."""
    return [_soak(quiet["soak"], random.Random(f"{seed}/{number}")) for number in range(count)]


def _soak(quiet: Quiet, rng: random.Random) -> Case:
    faults = set()
    for _ in range(rng.randint(*SOAK_FAULTS)):
        kind = rng.choice([kind for kind in KINDS if kind not in {"twice", LIES_FOR_EVER}])
        most = quiet.commits if kind in KILLS_AT_COMMIT else len(quiet.requests)
        faults.add(Fault(kind, rng.randint(1, 2 * most)))
    return Case("soak", tuple(sorted(faults, key=lambda fault: (fault.nth, fault.kind))), "soak")


def spread(cases: list[Case], each: int, seed: int) -> list[Case]:
    """Some of the cases, `each` of every life and kind, by seed."""
    rng = random.Random(seed)
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.life, case.row), []).append(case)
    return [case for group in groups.values() for case in rng.sample(group, min(each, len(group)))]
