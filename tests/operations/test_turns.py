"""Many accounts at once: one that waits for a limit keeps no other from its turn, and no limit is passed."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from benchmarks.quota import Fleet
from contentsync.account import NeverStop
from contentsync.errors import ContentsyncError, Problem, UsageError
from contentsync.operations.side_by_side import SIDE_BY_SIDE, in_turns
from contentsync.post import Mode
from tests.builders import ManualClock


@dataclass
class Named:
    """Stands for an account."""

    name: str


MANY = [Named(f"a{number:02}") for number in range(5 * SIDE_BY_SIDE)]


@pytest.mark.parametrize("mode", [Mode.DIRECT, Mode.DRAFT])
def test_all_posts_of_many_accounts_go_out_in_the_time_that_the_limits_allow(mode: Mode) -> None:
    fleet = Fleet(mode, accounts=5 * SIDE_BY_SIDE, posts=15)
    taken = fleet.run()
    assert fleet.tiktok.refused == 0 and sum(map(len, fleet.rows.values())) == 15 * fleet.accounts
    assert fleet.bound <= taken <= 1.01 * fleet.bound


def test_accounts_that_wait_do_so_together() -> None:
    clock, turns = ManualClock(), dict.fromkeys((one.name for one in MANY), 3)

    def turn(one: Named) -> float:
        turns[one.name] -= 1
        return 60.0 if turns[one.name] else 0.0

    in_turns(MANY, turn, {}, clock, NeverStop())
    assert set(turns.values()) == {0} and clock.monotonic() == 120.0


def test_a_failure_ends_the_turns_of_its_account_only() -> None:
    failures: dict[str, ContentsyncError] = {}
    done: list[str] = []

    def turn(one: Named) -> float:
        if one.name == "a03":
            raise ContentsyncError(Problem("broken", "broken"))
        done.append(one.name)
        return 0.0

    in_turns(MANY, turn, failures, ManualClock(), NeverStop())
    assert list(failures) == ["a03"] and len(done) == len(MANY) - 1


def test_a_wrong_command_ends_all_turns() -> None:
    def turn(_one: Named) -> float:
        raise UsageError(Problem("unknown-post", "no such post"))

    with pytest.raises(UsageError):
        in_turns(MANY, turn, {}, ManualClock(), NeverStop())


def test_a_stop_gives_each_one_more_turn_at_once() -> None:
    clock, stop, turns = ManualClock(), threading.Event(), dict.fromkeys((one.name for one in MANY), 0)

    def turn(one: Named) -> float:
        turns[one.name] += 1
        if one is MANY[-1]:
            stop.set()
        return 0.0 if turns[one.name] == 2 else 600.0

    in_turns(MANY, turn, {}, clock, stop)
    assert max(turns.values()) == 2 and clock.monotonic() == 0.0
