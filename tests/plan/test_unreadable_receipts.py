"""A receipt that can't be read may hide an attempt of another machine: what may still be done for its post?

Beside an attempt whose end only a person knows, TikTok is asked for a newer one that it has completely; nothing else.
That can't end in a second post: to ask sends nothing, and when TikTok has answered, the older attempt still waits for
the person. It can't end in a lost post either: the answer is recorded for the newer attempt, and the older one stays.
No state holds two such attempts of one post; the planner does not rely on that.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from contentsync.evidence.witness import Source, Witness
from contentsync.lifecycle import Event, Phase
from contentsync.plan.action import AccountFacts, Action, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.settings import App
from contentsync.store.port.conflicts import Conflict
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, a_post, a_row, an_account, an_attempt

POST = a_post()
UNREADABLE = Witness(Source.RECEIPT, POST.name, legible=False)
LOST = replace(an_attempt(POST, phase=Phase.UNKNOWN), id="lost", publish_id="v~lost", number=1)


def newer(phase: Phase, **over: object) -> Attempt:
    return replace(an_attempt(POST, phase=phase), id="newer", publish_id="v~newer", number=2, **over)  # type: ignore[arg-type]


def action_for(*attempts: Attempt, post: DesiredPost = POST) -> Action | None:
    """What the plan does for the post; None for nothing."""
    row = a_row(POST, attempts=attempts)
    facts = AccountFacts(an_account(), OPEN_ID, rows=(row,), receipts={POST.name: UNREADABLE})
    plan = make_plan([post], World(now=NOW, accounts={"acme": facts}, app=App(audited=True)))
    return plan.actions[0] if plan.actions else None


def kind_for(*attempts: Attempt, post: DesiredPost = POST) -> Kind | None:
    action = action_for(*attempts, post=post)
    return action.kind if action else None


def test_tiktok_is_asked_for_a_newer_attempt_that_it_has() -> None:
    action = action_for(LOST, newer(Phase.PROCESSING))

    assert action is not None
    assert (action.kind, action.reason) == (Kind.RESUME, "was left processing; TikTok is asked for the outcome")


@pytest.mark.parametrize("answer", [Event.PUBLISHED, Event.FAILED, Event.LOST_SIGHT])
def test_whatever_tiktok_answers_the_older_attempt_still_waits_for_a_person(answer: Event) -> None:
    answered = newer(Phase.PROCESSING).after(answer, NOW)

    assert kind_for(LOST, answered) is Kind.UNKNOWN


def test_once_a_person_settled_the_older_attempt_the_receipt_counts_again() -> None:
    ruled_out = LOST.after(Event.RULED_OUT, NOW, retry=True)

    assert kind_for(ruled_out, newer(Phase.FAILED)) is Kind.BLOCKED
    assert kind_for(ruled_out, newer(Phase.PUBLISHED)) is None


@pytest.mark.parametrize("phase", [Phase.INTENT, Phase.UPLOADING])
def test_nothing_more_is_sent_for_a_newer_attempt_that_tiktok_lacks(phase: Phase) -> None:
    action = action_for(LOST, replace(newer(phase), last_put_at=None))

    assert action is not None
    assert (action.kind, [problem.code for problem in action.problems]) == (Kind.BLOCKED, ["known-elsewhere"])


@pytest.mark.parametrize("phase", [Phase.INTENT, Phase.UPLOADING, Phase.PROCESSING])
def test_no_state_holds_an_open_attempt_beside_an_unknown_one(phase: Phase) -> None:
    store = SqliteStore.in_memory()
    row = a_row(POST, attempts=(LOST, newer(phase)))

    assert not is_kept(store, row)
    assert store.posts(OPEN_ID) == []
    assert is_kept(store, replace(row, attempts=(LOST.after(Event.RULED_OUT, NOW), newer(phase))))


def is_kept(store: SqliteStore, row: PostState) -> bool:
    try:
        return store.restore(row, NOW)
    except Conflict:
        return False


def test_a_higher_generation_is_not_sent_while_another_machine_may_have_sent_it() -> None:
    again = replace(POST, generation=2)

    assert kind_for(newer(Phase.PUBLISHED)) is None
    assert kind_for(newer(Phase.PUBLISHED), post=again) is Kind.BLOCKED
