"""Never twice, never lost: every fault, many pairs of faults, thousands of seeds; and wrong variants are caught."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pytest

from tests.simulation.__main__ import main
from tests.simulation.campaign import TEMPOS, Case, Tally, first_that_catches, live, pairs, run, seeds, singles
from tests.simulation.faults import FITTING, parse
from tests.simulation.life import HOUR, LIVES, SINGLE, Life, drawn, listed
from tests.simulation.machine import Parts
from tests.simulation.mutants import MUTANTS, Trusting

pytestmark = pytest.mark.timeout(1800)  # many lives in a test; a busy machine takes ten times as long
SEEDS = 1_000  # nox -s long lives more of them
SLICE = 250
YEAR = 365 * 24 * HOUR
PAIRS = 0.0005  # the share of all pairs that is lived here; python -m tests.simulation --pairs lives them all
BUDGET = 1_000  # seeds within which a wrong variant must be caught


def keeps_every_promise(cases: Iterable[Case]) -> None:
    tally = run(cases)
    assert tally.lives
    assert not tally.broken, tally.report


@pytest.mark.parametrize("tempo", TEMPOS)
@pytest.mark.parametrize("life", SINGLE)
def test_no_single_fault_makes_a_post_appear_twice_or_get_lost(life: str, tempo: str) -> None:
    """Each fault in the quick tempo, every third in the slow one; nox -s long lives all of both."""
    keeps_every_promise(islice(singles(life, tempo), 0, None, 3 if tempo == "slow" else 1))


@pytest.mark.parametrize("tempo", TEMPOS)
@pytest.mark.parametrize("life", SINGLE)
def test_no_pair_of_faults_does(life: str, tempo: str) -> None:
    keeps_every_promise(pairs(life, tempo, PAIRS))


@pytest.mark.parametrize("first", range(0, SEEDS, SLICE))
def test_no_seed_does(first: int) -> None:
    keeps_every_promise(seeds(first, SLICE))


@pytest.mark.parametrize("life", sorted(LIVES))
def test_a_life_on_the_whole_wire_is_the_same(life: str) -> None:
    quick, whole = drawn(3, life), drawn(3, life)
    whole.whole_wire = True
    one, other = Life(quick, tracing=True), Life(whole, tracing=True)
    assert one.live() == other.live() == []
    assert one.trace == other.trace


@pytest.mark.parametrize("life", SINGLE)
def test_no_single_fault_of_the_whole_wire_does(life: str) -> None:
    for case in singles(life, "quick"):
        if case.faults and case.faults[0][1] in {
            "lost",
            "answer-lost",
            "garbage",
            "500",
            "401",
            "cut",
            "no-connection",
        }:
            script = case.script()
            script.whole_wire = True
            assert Life(script).live() == [], case.command


@pytest.mark.parametrize("letter", sorted(MUTANTS))
def test_a_wrong_variant_is_caught(letter: str) -> None:
    caught = first_that_catches(letter, BUDGET)
    assert caught, f"mutant {letter} lived through {BUDGET} seeds unnoticed"
    print(f"mutant {letter}: seed {caught[0].seed}: {caught[1][0]}")


def test_a_clock_that_is_set_hours_ahead_between_two_processes_makes_nothing_appear_twice() -> None:
    script = listed("direct-1", parse("8:crash-late-10m,9:far-ahead"))
    assert Life(script).live() == []


def test_only_tiktoks_clock_tells_of_it() -> None:
    script = listed("direct-1", parse("8:crash-late-10m,9:far-ahead"))
    life = Life(script)
    life.world.habits = replace(script.habits, dates=False)
    assert any("2 times" in broken for broken in life.live())


@pytest.mark.parametrize(("first", "dates"), [(0, YEAR), (1, -YEAR), (2, HOUR), (3, -HOUR)])
@pytest.mark.parametrize("life", ["direct-1", "direct-3", "draft"])
def test_a_clock_of_tiktoks_that_leaps_costs_waiting_or_a_question_never_a_post(
    life: str, first: int, dates: float
) -> None:
    """Each fault meets one of the leaps."""
    for case in islice(singles(life, "quick"), first, None, 4):
        script = case.script()
        script.habits = replace(script.habits, apart=(0.0,) * 5 + (dates,) * 40)
        assert Life(script).live() == [], case.command


@pytest.mark.parametrize("life", ["direct-1", "direct-3"])
def test_no_single_fault_does_where_tiktok_tells_no_time(life: str) -> None:
    for case in singles(life, "quick"):
        script = case.script()
        script.habits = replace(script.habits, dates=False)
        assert Life(script).live() == [], case.command


def test_altered_bytes_that_a_killed_process_sent_are_never_completed() -> None:
    points = range(len(live(Case(life="direct-3")).points))
    cases = [
        Case(life="direct-3", faults=((n, "alter"), (m, "crash-after"))) for n in points for m in points if m > n
    ]
    trusted = [case for case in cases if _other_bytes(live(case, Parts(steps=Trusting), rules=False))]
    assert trusted, "no such life shows what a trusting resume does"
    assert not any(live(case).promises.broken for case in trusted)


def _other_bytes(life: Life) -> bool:
    return any("other bytes" in what for what in life.promises.broken)


def test_a_failure_prints_one_command_that_lives_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    caught = first_that_catches("e", BUDGET)
    assert caught
    case, broken = caught
    tally = Tally(lives=1, broken=[(case, broken)])
    command = tally.report.splitlines()[1]
    assert command.startswith("python -m tests.simulation --seed ") and broken[0] in tally.report
    assert main([*command.split()[3:], "--mutant", "e"]) == 1
    assert f"BROKEN: {broken[0]}" in capsys.readouterr().out


def test_a_life_without_faults_publishes_each_post_once() -> None:
    lives = [live(Case(life=name)) for name in LIVES]
    assert [len(life.world.out()) for life in lives] == [len(life.posts) for life in lives]
    assert not any(life.struck for life in lives)


def test_a_seed_always_makes_the_same_life() -> None:
    assert live(Case(57), tracing=True).trace == live(Case(57), tracing=True).trace


def test_every_kind_of_fault_has_its_turn() -> None:
    tried = {fault for case in singles("two", "quick") for _, fault in case.faults}
    assert {fault for faults in FITTING.values() for fault in faults} <= tried
