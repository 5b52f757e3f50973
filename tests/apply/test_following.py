"""Waiting for TikTok: all accounts together, each at its own pace, and nobody for longer than asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from contentsync.apply.account_run import AccountRun, Followed
from contentsync.apply.following import Following
from contentsync.attempt.step import Step
from contentsync.errors import Problem, StoreError
from contentsync.plan.action import Action, Kind
from tests.builders import ManualClock, a_post, an_attempt


class Account:
    """An account whose posts are final after so many looks; it keeps when it was asked, and what it left."""

    def __init__(self, open_id: str, clock: ManualClock, looks: int = 2, room: float = 0.0) -> None:
        self.open_id, self.clock, self.looks, self.room = open_id, clock, looks, room
        self.asked: list[float] = []
        self.left: list[Followed] = []
        self.repeated = 0
        self._followed: list[Followed] = []
        self.trouble: Exception | None = None
        self.meets: threading.Barrier | None = None

    def follows(self, due: float = 2.0, **over: Any) -> Followed:
        action = Action(Kind.CREATE, "acme/launch", "new")
        step = Step(an_attempt(a_post()), again_in=due)
        return Followed(cast(AccountRun, self), a_post(), action, step, due, due, **over)

    def room_to_look(self) -> float:
        room, self.room = self.room, 0.0
        return room

    def look(self, followed: Followed) -> None:
        self.asked.append(self.clock.monotonic())
        if self.meets:
            self.meets.wait(100)
        if self.trouble:
            raise self.trouble
        self.looks -= 1
        if self.looks > 0:
            followed.due = self.clock.monotonic() + 2.0
            self._followed.append(followed)

    def repeat(self, _followed: Followed) -> None:
        self.repeated += 1

    def leave(self, followed: Followed) -> None:
        self.left.append(followed)

    def take_followed(self) -> list[Followed]:
        taken, self._followed = self._followed, []
        return taken


def follow(
    clock: ManualClock, *followed: Followed, seconds: float = 600.0, stop: threading.Event | None = None
) -> Following:
    following = Following(followed, clock, stop or threading.Event())
    following.run(seconds)
    return following


def test_each_is_looked_at_when_it_is_due_until_it_is_final(clock: ManualClock) -> None:
    one, other = Account("one", clock, looks=3), Account("other", clock, looks=1)
    follow(clock, one.follows(2.0), other.follows(3.0))
    assert (one.asked, other.asked) == ([2.0, 4.0, 6.0], [3.0])
    assert (one.left, other.left) == ([], [])


@pytest.mark.parametrize(("seconds", "asked"), [(0.0, 0), (1.0, 0), (2.0, 1), (5.0, 2)])
def test_what_is_not_final_in_time_is_left_and_told_once(clock: ManualClock, seconds: float, asked: int) -> None:
    one = Account("one", clock, looks=100)
    follow(clock, one.follows(), seconds=seconds)
    assert (len(one.asked), len(one.left)) == (asked, 1)


def test_an_account_without_room_waits_alone(clock: ManualClock) -> None:
    one, other = Account("one", clock, looks=1, room=30.0), Account("other", clock, looks=1)
    follow(clock, one.follows(), other.follows())
    assert (one.asked, other.asked) == ([32.0], [2.0])


def test_trouble_with_one_account_leaves_the_others_alone(clock: ManualClock) -> None:
    one, other = Account("one", clock), Account("other", clock, looks=1)
    one.trouble = StoreError(Problem("state-full", "no room"))
    following = follow(clock, one.follows(), one.follows(4.0), other.follows(3.0))
    assert list(following.failures) == ["one"]
    assert (len(one.asked), len(one.left), other.asked) == (1, 1, [3.0])


def test_a_repeat_is_no_look(clock: ManualClock) -> None:
    one = Account("one", clock, room=50.0)
    follow(clock, one.follows(repeats=True))
    assert (one.repeated, one.asked) == (1, [])


def test_a_stop_ends_it_and_all_are_told(clock: ManualClock) -> None:
    one, stop = Account("one", clock), threading.Event()
    stop.set()
    follow(clock, one.follows(), one.follows(), stop=stop)
    assert (one.asked, len(one.left)) == ([], 2)


def test_accounts_are_asked_at_the_same_time_and_each_of_them_one_ask_after_the_other(clock: ManualClock) -> None:
    accounts = [Account(f"a{number}", clock, looks=1) for number in range(4)]
    meets = threading.Barrier(4)
    for account in accounts:
        account.meets = meets  # passes only when all four are asked at once
    with ThreadPoolExecutor(8) as workers:
        Following([account.follows(0.0) for account in accounts], clock, threading.Event(), workers).run(600.0)
    assert [len(account.asked) for account in accounts] == [1, 1, 1, 1]


def test_what_can_not_end_in_time_is_left_at_once(clock: ManualClock) -> None:
    one = Account("one", clock, looks=100)
    follow(clock, one.follows(no_end_before=601.0), seconds=600.0)
    assert (one.asked, len(one.left), clock.monotonic()) == ([], 1, 0.0)


def test_what_can_end_in_time_is_asked_about_meanwhile(clock: ManualClock) -> None:
    one = Account("one", clock, looks=3)
    follow(clock, one.follows(no_end_before=600.0), seconds=600.0)
    assert one.asked == [2.0, 4.0, 6.0]
