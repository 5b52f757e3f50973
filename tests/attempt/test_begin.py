"""May an attempt begin? Every rule by itself, from rows and the run's id alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from contentsync.attempt.begin import held, repeats_at, stop_of
from contentsync.errors import Problem
from contentsync.lifecycle import Event, Phase
from contentsync.post import Mode
from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, a_post, a_row, an_attempt

POST = a_post()
RUN = "this-run"
HOUR = timedelta(hours=1)


def tried(*attempts: Attempt) -> PostState:
    return a_row(POST, attempts=attempts)


def ended(phase: Phase, **over: Any) -> Attempt:
    return an_attempt(POST, phase=phase, **over)


def code(row: PostState | None, run: str = RUN, now: datetime = NOW) -> str:
    found = held(POST, row, run, now)
    return found.problem.code if found else ""


def again(row: PostState, now: datetime = NOW) -> datetime | None:
    return repeats_at(POST, row, RUN, now)


@pytest.mark.parametrize("phase", list(Phase))
def test_only_a_definite_failure_or_an_orphan_is_followed_by_another_attempt(phase: Phase) -> None:
    may = code(tried(ended(phase))) == ""
    assert may == (phase in {Phase.FAILED, Phase.ORPHANED})


def test_a_post_that_was_never_tried_may_begin() -> None:
    assert (code(None), code(tried())) == ("", "")


def test_a_success_of_an_older_generation_holds_nothing_back() -> None:
    assert held(a_post(generation=2), tried(ended(Phase.PUBLISHED)), RUN, NOW) is None


def test_three_attempts_of_one_run_are_enough_whichever_process_began_them() -> None:
    row = tried(*(ended(Phase.ORPHANED, id=f"a{n}", run_id=RUN) for n in range(3)))
    assert (code(row), code(row, "another-run")) == ("begun-too-often", "")


def test_the_sixth_init_of_a_day_is_the_last_one_until_the_first_is_a_day_old() -> None:
    sent = [NOW - HOUR * n for n in (20, 10, 5, 4, 3, 2)]
    row = tried(*(ended(Phase.ORPHANED, id=f"a{n}", created_at=at) for n, at in enumerate(sent)))
    found = held(POST, row, RUN, NOW)
    assert found is not None and found.again_at == NOW + HOUR * 4
    assert code(row, now=NOW + HOUR * 4) == ""


def test_an_attempt_whose_init_never_left_does_not_count_for_the_day() -> None:
    row = tried(*(ended(Phase.FAILED, id=f"a{n}", init_sent_at=None) for n in range(6)))
    assert code(row) == ""


def test_by_itself_only_what_passes_is_repeated_and_only_as_it_was_sent() -> None:
    assert again(tried(ended(Phase.ORPHANED))) == NOW
    assert again(tried(ended(Phase.FAILED, retry=True))) == NOW
    assert again(tried(ended(Phase.FAILED))) is None
    assert again(tried(ended(Phase.FAILED, retry=True, digest="of-another-caption"))) is None
    assert again(tried(ended(Phase.ORPHANED, problem_code="media-changed"))) is None


def test_what_may_be_repeated_later_says_when() -> None:
    row = tried(ended(Phase.FAILED, retry=True, not_before=NOW + HOUR))
    assert again(row) == NOW + HOUR
    assert again(row, NOW + HOUR * 2) == NOW + HOUR * 2


def test_a_stop_holds_for_its_run_and_its_mode_in_any_process() -> None:
    store = SqliteStore.in_memory()
    store.stop_account(OPEN_ID, RUN, Mode.DIRECT, Problem("scope-missing", "no scope"), NOW)
    store.stop_account(OPEN_ID, RUN, Mode.DIRECT, Problem("later", "another"), NOW)
    stopped = [stop_of(store, OPEN_ID, run, mode) for run in (RUN, "next") for mode in (Mode.DIRECT, Mode.DRAFT)]
    assert [problem and problem.code for problem in stopped] == ["scope-missing", None, None, None]
    store.stop_account(OPEN_ID, RUN, None, Problem("signed-out", "gone"), NOW)
    draft = stop_of(store, OPEN_ID, RUN, Mode.DRAFT)
    assert draft is not None and draft.code == "signed-out"


def test_an_unknown_stops_every_run_of_its_account() -> None:
    store = SqliteStore.in_memory()
    begun = store.begin(POST, ended(Phase.INTENT, pulls=True, post_uid="", init_sent_at=NOW), NOW)
    assert stop_of(store, OPEN_ID, RUN, Mode.DRAFT) is None
    store.save(begun.after(Event.LOST_AFTER_COMMIT, NOW), "lost")
    found = stop_of(store, OPEN_ID, RUN, Mode.DRAFT)
    assert found is not None and found.code == "account-has-unknown"
