"""Who knows more? All pairs of what a row and another witness can say of a post, and what may follow from each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from contentsync.evidence.compare import NOTHING_CAME, Known, is_same, knows_less, lacking, tells_more
from contentsync.evidence.merge import merge
from contentsync.evidence.record import as_json, attempt_of, tried_of
from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.lifecycle import OPEN, SUCCESS, Phase
from contentsync.plan.action import AccountFacts, Action, Kind, Remote, World
from contentsync.plan.guard_names import GUARDS
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.settings import App
from tests.builders import NOW, OPEN_ID, a_creator, a_post, a_row, an_account, an_attempt

POST = a_post(caption="Edited since")
BEFORE = a_post(caption="Before")
LATER = NOW + timedelta(days=2)


def mine(phase: Phase, **over: Any) -> Attempt:
    return an_attempt(BEFORE, phase=phase, **over)


def elsewhere(phase: Phase, **over: Any) -> Attempt:
    """The attempt that another state made of the same post."""
    given = {"id": "there", "publish_id": "there" if phase is not Phase.INTENT else "", "created_at": NOW}
    return an_attempt(BEFORE, phase=phase, **(given | over))


def witness(*attempts: Attempt, source: Source = Source.RECEIPT) -> Witness:
    return Witness(source, POST.name, tuple(map(Tried.of, attempts)), media=POST.media_digest)


def planned(row: PostState | None, *told: Witness, post: DesiredPost = POST) -> Action:
    """What a plan says of the post, every guard lifted."""
    facts = AccountFacts(
        account=an_account(),
        open_id=OPEN_ID,
        creator=a_creator(),
        rows=(row,) if row else (),
        remote=Remote(read_at=LATER),
        receipts={one.name: one for one in told if one.source is Source.RECEIPT},
        journal=tuple(one for one in told if one.source is Source.JOURNAL),
    )
    world = World(
        now=LATER,
        accounts={"acme": facts},
        app=App(audited=True),
        allow=frozenset(GUARDS),
        retry=frozenset({post.key}),
    )
    plan = make_plan([post], world)
    return next(iter(plan.actions), Action(Kind.UNCHANGED, post.key, ""))


ROWS: list[tuple[Attempt, ...] | None] = [None, (), *((mine(phase),) for phase in Phase)]
TOLD = [
    *((elsewhere(phase),) for phase in Phase),
    *((mine(phase),) for phase in Phase),
    *((mine(one), elsewhere(other)) for one, other in product((Phase.FAILED, Phase.ORPHANED), Phase)),
]


@pytest.mark.parametrize("source", Source)
def test_whatever_a_witness_tells_and_the_row_does_not_is_never_sent(source: Source) -> None:
    """Every pair: no create, and no open attempt that is resumed; whatever guard is lifted."""
    pairs = 0
    for known, told in product(ROWS, TOLD):
        row = None if known is None else a_row(BEFORE, attempts=known)
        beyond = lacking(map(Tried.of, told), map(Tried.of, known or ()))
        each = [(one,) for one in told] if source is Source.JOURNAL else [told]
        action = planned(row, *(witness(*some, source=source) for some in each))
        pairs += 1
        assert not (beyond and action.kinds & {Kind.CREATE, Kind.RESUME}), (known, told, action)
    assert pairs == len(ROWS) * len(TOLD) == 396


def test_any_combination_of_witnesses_is_as_strict_as_the_strictest() -> None:
    """Receipt and journal together, about each row: begun, unknown or done elsewhere is never sent."""
    for known, receipt, noted in product(ROWS, Phase, Phase):
        row = None if known is None else a_row(BEFORE, attempts=known)
        told = [witness(elsewhere(receipt)), witness(elsewhere(noted, id="noted"), source=Source.JOURNAL)]
        assert not planned(row, *told).kinds & {Kind.CREATE, Kind.RESUME}


@pytest.mark.parametrize("told", TOLD)
def test_a_higher_generation_is_sent_knowingly(told: tuple[Attempt, ...]) -> None:
    assert planned(None, witness(*told), post=replace(POST, generation=2)).kind is Kind.CREATE


@pytest.mark.parametrize("phase", Phase)
def test_what_a_row_knows_as_well_is_nothing_new(phase: Phase) -> None:
    row = a_row(BEFORE, phase=phase)
    assert not knows_less(row, witness(*row.attempts))
    assert planned(row, witness(*row.attempts)).kind is planned(row).kind


def test_a_failure_here_says_nothing_of_an_edited_version_that_is_processing_there() -> None:
    row, there = a_row(BEFORE, phase=Phase.FAILED), elsewhere(Phase.PROCESSING)
    assert planned(row).kind is Kind.CREATE
    for told in ((there,), (*row.attempts, there)):
        assert planned(row, witness(*told)).kind is Kind.BLOCKED


# Taking evidence in.


def writes(*attempts: Attempt) -> tuple[Attempt, ...]:
    """The same attempts as a receipt tells them."""
    return tuple(attempt_of(as_json(attempt), "acme/launch", OPEN_ID) for attempt in attempts)


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("known", ROWS[1:])
def test_once_taken_in_nothing_is_lacking_any_more(known: tuple[Attempt, ...], told: tuple[Attempt, ...]) -> None:
    made = merge(known, writes(*told), NOW)
    after = {a.id: a for a in (*known, *made.changed, *made.added)}
    row = a_row(BEFORE, attempts=tuple(after[key] for key in made.order))
    assert not Known([row]).lacking(witness(*told))
    assert sorted(made.order) == sorted(after)


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("known", ROWS[1:])
def test_once_taken_in_nothing_is_sent_twice(known: tuple[Attempt, ...], told: tuple[Attempt, ...]) -> None:
    made = merge(known, writes(*told), NOW)
    after = {a.id: a for a in (*known, *made.changed, *made.added)}
    row = a_row(BEFORE, attempts=tuple(after[key] for key in made.order))
    action = planned(row, witness(*told))
    may_show = [a for a in after.values() if a.phase not in NOTHING_CAME]
    assert Kind.CREATE not in action.kinds or not may_show
    resumed = [a for a in may_show if a.is_open and Kind.RESUME in action.kinds]
    assert len(may_show) == 1 or all(a.phase is Phase.PROCESSING for a in resumed)  # that one is only asked about


def test_taking_evidence_in_never_takes_knowledge_back() -> None:
    for known, told in product(ROWS[2:], TOLD):
        assert known is not None
        before = {a.id: Tried.of(a) for a in known}
        for changed in merge(known, writes(*told), NOW).changed:
            overtaken = changed.problem_code == "overtaken"
            assert overtaken or tells_more(Tried.of(changed), before[changed.id]), (known, told)


# Which attempt is which.


def marks_of(**given: Any) -> Tried:
    return Tried(given.pop("phase", Phase.UNKNOWN), **given)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"id": "a"}, {"id": "a"}, True),
        ({"id": "a", "publish_id": "p"}, {"id": "b", "publish_id": "p"}, False),
        ({"id": "a", "publish_id": "p"}, {"publish_id": "p"}, True),
        ({"publish_id": "p", "started_at": NOW}, {"publish_id": "q", "started_at": NOW}, False),
        ({"publish_id": "p", "started_at": NOW}, {"started_at": NOW}, True),
        ({"publish_id": "p", "started_at": NOW}, {"started_at": NOW, "phase": Phase.FAILED}, False),
        ({"started_at": NOW}, {"started_at": NOW + timedelta(seconds=1)}, False),
        ({"id": "a", "number": 1}, {"number": 1, "publish_id": "p"}, True),  # a note of an earlier version
        ({"number": 1}, {"number": 2}, False),
        ({}, {}, False),
    ],
)
def test_which_attempt_is_which(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    pair = marks_of(**one), marks_of(**other)
    assert is_same(*pair) is is_same(*reversed(pair)) is same


def test_what_is_written_down_is_read_as_the_same() -> None:
    for phase in Phase:
        attempt = mine(phase)
        assert tried_of(as_json(attempt)) == Tried.of(attempt)
        assert is_same(Tried.of(attempt_of(as_json(attempt), "acme/launch", OPEN_ID)), Tried.of(attempt))


def test_phases_tell_more_in_one_order_only() -> None:
    for one, other in product(Phase, Phase):
        assert not (tells_more(Tried(one), Tried(other)) and tells_more(Tried(other), Tried(one)))
    for done, rest in product(SUCCESS, OPEN | {Phase.UNKNOWN, Phase.FAILED, Phase.ORPHANED}):
        assert tells_more(Tried(done), Tried(rest))


@pytest.mark.parametrize("doubt", [Phase.UNKNOWN, Phase.PROCESSING])
def test_a_failure_that_was_taken_back_never_frees_a_post(doubt: Phase) -> None:
    """TikTok said FAILED, and something spoke for the post later; or the other way round."""
    failed, later = mine(Phase.FAILED), mine(doubt, updated_at=NOW + timedelta(seconds=1))
    assert knows_less(a_row(BEFORE, attempts=(failed,)), witness(later))
    assert not knows_less(a_row(BEFORE, attempts=(later,)), witness(failed))
    assert planned(a_row(BEFORE, attempts=(failed,)), witness(later)).kind is Kind.BLOCKED
    assert merge((later,), writes(failed), NOW).changed == ()
    (doubted,) = merge((failed,), writes(later), NOW).changed
    assert doubted.phase is Phase.UNKNOWN
    failed_at_last = mine(Phase.FAILED, updated_at=NOW + timedelta(seconds=2))
    assert not knows_less(a_row(BEFORE, attempts=(failed_at_last,)), witness(later))
