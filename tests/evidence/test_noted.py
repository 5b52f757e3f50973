"""Which attempts does this machine remember that a state does not know?"""

from __future__ import annotations

from contentsync.evidence.noted import Noted, not_known
from contentsync.lifecycle import Phase
from contentsync.post import Attempt, PostState
from tests.builders import NOW, a_post, a_row, an_attempt

POST = a_post()


def noted(attempt: Attempt, **over: object) -> Noted:
    given = {"lineage": "this", "attempt": attempt.id, "name": POST.name, "number": attempt.number}
    return Noted(**(given | {"media": attempt.media_digest} | over))  # type: ignore[arg-type]


def row(*attempts: Attempt, **over: object) -> PostState:
    return a_row(POST, attempts=attempts, **over)


def test_a_state_knows_its_own_attempts() -> None:
    mine = an_attempt(POST, init_sent_at=NOW)
    assert not_known([Noted("this"), noted(mine), noted(mine, sent=True)], [row(mine)]) == []


def test_an_attempt_of_another_state_is_not_known_whatever_else_was_tried() -> None:
    mine, other = an_attempt(POST, phase=Phase.FAILED), noted(an_attempt(POST, id="another"))
    assert not_known([noted(mine), other], [row(mine)]) == [other]
    assert not_known([other], [row(mine, removed_at=NOW)]) == [other]


def test_a_row_made_from_its_receipt_knows_its_attempts_by_their_number() -> None:
    first = noted(an_attempt(POST, id="lost", number=1))
    second = noted(an_attempt(POST, id="lost-too", number=2))
    restored = row(an_attempt(POST, number=1, run_id=""))
    assert not_known([first, second], [restored]) == [second]


def test_an_intent_whose_init_was_taken_is_of_an_older_copy() -> None:
    intent = an_attempt(POST, phase=Phase.INTENT, init_sent_at=None)
    assert not_known([noted(intent)], [row(intent)]) == []  # a run that ended between the note and init
    taken = noted(intent, sent=True)
    assert not_known([noted(intent), taken], [row(intent)]) == [taken]
