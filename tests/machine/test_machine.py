"""Whole lives of a project, in any order: what authors do, what machines do, what TikTok does; and what must hold.

CONTENTSYNC_MACHINE=long pytest tests/machine      hours of other lives, until one is found that breaks something
"""

from __future__ import annotations

import os
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contentsync.lifecycle import SUCCESS, Phase
from contentsync.operations.ack import ack
from contentsync.operations.edit_state import remove_row
from contentsync.operations.resolve import Verdict
from contentsync.operations.selection import Wish
from contentsync.plan.action import DOES_SOMETHING, Action, Kind
from tests.machine.author import KINDS, Author
from tests.machine.life import Life
from tests.machine.process import Ran, Seam

LONG = os.environ.get("CONTENTSYNC_MACHINE") == "long"
QUIET: dict[str, Any] = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
LIVES = (
    settings(max_examples=20_000, stateful_step_count=40, **QUIET)
    if LONG
    else settings(max_examples=80, stateful_step_count=20, derandomize=True, **QUIET)
)
FAULTS: Final = (
    "init:drop_before",
    "init:drop_after",
    "init:status=500,when=after",
    "init:error=internal_error",
    "init:error=invalid_params",
    "init:fail=internal",
    "init:fail=file_format_check_failed",
    "init:stuck",
    "init:unknown_publish_id=3",
    "init:forget",
    "upload:drop_before",
    "upload:drop_after",
    "upload:status=503,count=9",
    "upload:status=403",
    "upload:status=403,when=after",
    "upload:cut=1000",
    "status:drop_before,count=3",
    "status:garbage",
    "status:status=500,count=9",
    "video_list:status=500",
    "any:expire_token",
)
MEANWHILE: Final = ("killed", "stopped", "another", "another without the lock", "caption", "media")
WAITS: Final = (0.0, 60.0, 600.0)
TIMES: Final = (60.0, 1_800.0, 7_200.0, 172_800.0, 259_200.0)
HELD: Final = frozenset({Kind.WAIT, Kind.BLOCKED, Kind.FROZEN, Kind.UNKNOWN, Kind.DRIFT})
ROUNDS: Final = 12

which = st.integers(0, 3)
fault = st.none() | st.sampled_from(FAULTS)


class Lives(RuleBasedStateMachine):
    """One account, a few posts, one computer that may lose what it knows."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            self.life.end()

    @initialize(kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=2), alike=st.booleans())
    def first_posts(self, kinds: list[str], alike: bool) -> None:
        for kind in kinds:
            self.life.author.add(kind, alike=alike)

    # What authors do.

    @precondition(lambda self: len(self.life.author.posts) < 4)
    @rule(kind=st.sampled_from(KINDS), alike=st.booleans())
    def add_post(self, kind: str, alike: bool) -> None:
        self.life.author.add(kind, alike=alike)

    @rule(which=which, how=st.sampled_from(Author.EDITS))
    def edit(self, which: int, how: str) -> None:
        if self.life.has_clone and how in Author.NAMES:
            return  # another name and other media at once are a new post to whoever did not send it
        self.life.author.edit(self.life.author.pick(which), how)
        self.life.machine.environ = self.life.environ()

    # What machines do.

    @rule(fault=fault, wait=st.sampled_from(WAITS))
    def apply(self, fault: str | None, wait: float) -> None:
        self._apply(fault, wait=wait)

    @rule(fault=fault, at=st.integers(1, 60), how=st.sampled_from(MEANWHILE), which=which, then=st.integers(0, 60))
    def apply_disturbed(self, fault: str | None, at: int, how: str, which: int, then: int) -> None:
        """Something happens at the n-th request or commit: to the process, or around it.

        Another run is whole, or killed in its turn; where the lock fails too, the constraints alone must hold.
        """

        def strike(seam: Seam) -> None:
            match how:
                case "killed":
                    seam.kill()
                case "stopped":
                    seam.stop = True
                case "caption" | "media":
                    self.life.author.edit(self.life.author.pick(which), how)
                case _:
                    self._apply(None, seam=Seam(then, Seam.kill), lock=how == "another")

        self._apply(fault, seam=Seam(at, strike))

    @rule(apply_it=st.booleans(), fault=fault, before=st.none() | st.sampled_from(Author.EDITS), which=which)
    def save_a_plan(self, apply_it: bool, fault: str | None, before: str | None, which: int) -> None:
        """And apply it later, or at once; with an edit in between it must be refused, or do what it said."""
        self.life.save_plan()
        if before:
            self.edit(which, before)
        if apply_it:
            self.apply_saved_plan(fault)

    @precondition(lambda self: self.life.plan_file.exists())
    @rule(fault=fault)
    def apply_saved_plan(self, fault: str | None) -> None:
        self._apply(fault, plan=self.life.plan_file)

    @rule(which=which)
    def retry(self, which: int) -> None:
        with self.life.no_error():
            self._apply(None, wish=Wish(retry=(self.life.author.key(self.life.author.pick(which)),)))

    def _apply(self, fault: str | None, **how: Any) -> Ran:
        if fault:
            self.life.emulator.add_fault(fault)
        ran = self.life.machine.apply(self.life.approve, **how)
        if not ran.failures and not ran.refused and "seam" not in how:
            self.life.look_again()
        return ran

    # What a person does at the machine.

    @rule(kept=st.sampled_from(["receipts", "notes"]), rebuilt=st.booleans(), lifted=st.booleans())
    def lose_the_state(self, kept: str, rebuilt: bool, lifted: bool) -> None:
        """And go on without it; or rebuild it, or lift the guard that this brings, or both."""
        self.life.lose_state(kept)
        self._go_on(rebuilt, lifted)

    @precondition(lambda self: self.life.has_copy)
    @rule(kept=st.sampled_from(["receipts", "notes"]), rebuilt=st.booleans(), lifted=st.booleans())
    def bring_a_copy_back(self, kept: str, rebuilt: bool, lifted: bool) -> None:
        """The state as it was some time ago."""
        self.life.bring_copy_back(kept)
        self._go_on(rebuilt, lifted)

    @rule(said=st.booleans(), at=st.integers(0, 30))
    def another_app(self, said: bool, at: int) -> None:
        """Sandbox to live, or other keys: until a person says that it is the same account, nothing is new."""
        self.life.another_app()
        self._apply(None)
        if said:
            self.life.rebind(Seam(at, Seam.kill))

    @rule()
    def keep_a_copy(self) -> None:
        self.life.keep_copy()

    @precondition(lambda self: self.life.kept != "notes" and not self.life.author.renamed)
    @rule(fault=fault, wait=st.sampled_from(WAITS), lifted=st.booleans())
    def a_second_clone_applies(self, fault: str | None, wait: float, lifted: bool) -> None:
        """A colleague's machine: it has the receipts, and hands its own back; a state and a journal of its own."""
        if fault:
            self.life.emulator.add_fault(fault)
        wish = Wish(allow=("existing-posts",) if lifted else ())
        self.life.apply_elsewhere(wish, wait)

    def _go_on(self, rebuilt: bool, lifted: bool) -> None:
        if rebuilt:
            self.life.rebuild()
        if lifted:  # that never lifts what is told of the very post, so it allows no second posting
            self._apply(None, wish=Wish(allow=("existing-posts",)))

    @rule(which=which, verdict=st.sampled_from(list(Verdict)), lie=st.booleans())
    def resolve(self, which: int, verdict: Verdict, lie: bool) -> None:
        self.life.resolve(self.life.author.pick(which), verdict, lie=lie)

    @rule(which=which, remove=st.booleans())
    def ack_or_remove(self, which: int, remove: bool) -> None:
        post = self.life.author.pick(which)
        # Under another post's name the edit that is accepted may be that post's: this one then counts as sent.
        there = {one.number for one, count in self.life.postings() if count}
        post.misled |= not remove and post.number not in there
        self.life.by_hand(remove_row if remove else ack, post)

    # What TikTok, its users, and time do.

    @rule(seconds=st.sampled_from(TIMES))
    def time_passes(self, seconds: float) -> None:
        self.life.true.advance(seconds)

    @rule(seconds=st.sampled_from([-7_200.0, -60.0, 300.0, 7_200.0]))
    def the_clock_is_set(self, seconds: float) -> None:
        self.life.set_clock(seconds)

    @rule(which=which, how=st.sampled_from(["hidden", "deleted", "draft posted"]))
    def someone_uses_the_app(self, which: int, how: str) -> None:
        self.life.use_the_app(which, how)

    # What must hold.

    @invariant()
    def nothing_is_there_more_often_than_asked(self) -> None:
        for post, count in self.life.postings():
            assert count <= post.may_be_there, f"{post.name} is there {count} times, and may be {post.may_be_there}"

    @invariant()
    def all_that_is_there_was_approved(self) -> None:
        for task in self.life.tasks():
            assert not task["lives"] or self.life.content_of(task) in self.life.approved, f"never approved: {task}"

    @invariant()
    def the_state_is_sound(self) -> None:
        self.life.check_state()

    # At the end.

    def _come_to_rest(self) -> None:
        self.life.emulator.clear_faults()
        self.life.rebind()
        for number in range(ROUNDS):
            ran = self._apply(None, wait=600.0)
            assert not ran.refused and not ran.failures, (ran.refused, ran.failures)
            if not any(a.kind in DOES_SOMETHING or (a.kind is Kind.WAIT and a.left) for a in ran.actions):
                break
            self.life.true.advance(90_000.0 if number % 3 == 2 else 4_500.0)
        self.nothing_is_there_more_often_than_asked()
        self.all_that_is_there_was_approved()
        self._each_is_there_or_says_why({action.post: action for action in ran.actions})

    def _each_is_there_or_says_why(self, told: dict[str, Action]) -> None:
        there = {post.number: count for post, count in self.life.postings()}
        for post in self.life.author.declared():
            action = told.get(self.life.author.key(post))
            if action is not None and action.kind in HELD:
                continue
            last = self.life.last_attempt(post)
            assert last is not None, f"{post.name} was forgotten"
            if action is not None:  # what TikTok keeps in processing for ever
                assert action.kind is Kind.RESUME and last.is_open, f"{post.name} does not come to rest: {action}"
                continue
            assert last.phase in SUCCESS | {Phase.ABANDONED}, f"{post.name} counts as done, and is {last.phase}"
            assert there.get(post.number) or post.misled, f"{post.name} is not there"


@pytest.mark.slow
@pytest.mark.timeout(0 if LONG else 1800)
class TestLives(Lives.TestCase):  # type: ignore[misc, name-defined]
    settings = LIVES
