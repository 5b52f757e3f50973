"""Never twice, never lost, on machines that share only a branch; and each wrong variant of the rule is caught."""

from __future__ import annotations

from functools import cache

import pytest

from tests.simulation.shared import WRONG, SharedLife, live_shared

pytestmark = pytest.mark.timeout(1800)  # many lives in a test; a busy machine takes ten times as long
SEEDS = 200  # nox -s long lives more of them
SLICE = 100
BUDGET = 800  # seeds within which a wrong variant must be caught
BEGIN = {"taking-announced": 480}  # the seed at which the search begins, for one that is caught late


@cache
def lives(first: int) -> dict[int, SharedLife]:
    return {seed: live_shared(seed) for seed in range(first, first + SLICE)}


@pytest.mark.parametrize("first", range(0, SEEDS, SLICE))
def test_no_seed_makes_a_post_appear_twice_or_get_lost(first: int) -> None:
    broken = {seed: life.promises.broken for seed, life in lives(first).items()}
    assert not any(broken.values()), {seed: what for seed, what in broken.items() if what}


def test_the_lives_meet_what_they_are_about() -> None:
    """Several machines, vanished disks, takeovers, and pushes that were lost, late or in vain."""
    struck = {fault for life in lives(0).values() for fault in life.struck.values()}
    assert struck >= {"lost", "answer-lost", "away", "late-10m", "late-50m", "overtaken-soon", "crash-after"}


@pytest.mark.parametrize("variant", sorted(WRONG))
def test_a_wrong_variant_posts_twice(variant: str) -> None:
    first = BEGIN.get(variant, 0)
    for seed in range(first, first + BUDGET):
        life = live_shared(seed, WRONG[variant], rules=False)
        if any("times" in what for what in life.promises.broken):
            return
    pytest.fail(f"{variant} lived through {BUDGET} seeds unnoticed")


def test_a_seed_always_makes_the_same_life() -> None:
    assert live_shared(57, tracing=True).trace == live_shared(57, tracing=True).trace
