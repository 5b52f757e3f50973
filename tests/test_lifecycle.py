"""Does the table of phases and events keep its promises?"""

from __future__ import annotations

import pytest

from contentsync.lifecycle import NEXT, OPEN, SUCCESS, Event, ImpossibleEvent, Phase, advance
from tests.builders import NOW, an_attempt

ENDS = {Phase.PUBLISHED, Phase.ORPHANED, Phase.ABANDONED}
SENDING = {Phase.INTENT, Phase.UPLOADING}  # the phases in which init or bytes are sent
MAY_BE_LIVE = {Phase.PROCESSING, Phase.UNKNOWN, Phase.DELIVERED, Phase.PUBLISHED, Phase.ABANDONED}


def reachable(start: Phase) -> set[Phase]:
    """Every phase that can ever follow `start`."""
    found: set[Phase] = set()
    ahead = [start]
    while ahead:
        new = set(NEXT[ahead.pop()].values()) - found
        found |= new
        ahead += new
    return found


def test_every_phase_has_a_row_and_every_event_a_use() -> None:
    assert set(NEXT) == set(Phase)
    assert {event for row in NEXT.values() for event in row} == set(Event)


def test_the_ends_are_ends_and_nothing_else_is() -> None:
    assert {phase for phase, row in NEXT.items() if not row} == ENDS
    assert not OPEN & (ENDS | SUCCESS)


@pytest.mark.parametrize("phase", sorted(MAY_BE_LIVE))
def test_no_way_leads_from_what_may_be_live_back_to_sending(phase: Phase) -> None:
    assert not reachable(phase) & SENDING


def test_a_failure_can_turn_out_to_be_none_and_is_never_sent_again() -> None:
    assert set(NEXT[Phase.FAILED].values()) == {Phase.PUBLISHED, Phase.DELIVERED, Phase.UNKNOWN}
    assert not reachable(Phase.FAILED) & SENDING


def test_bytes_are_sent_once_only() -> None:
    assert Phase.INTENT not in {phase for start in Phase for phase in reachable(start)}
    assert Phase.UPLOADING not in reachable(Phase.UPLOADING)


@pytest.mark.parametrize("phase", sorted(OPEN | {Phase.UNKNOWN, Phase.DELIVERED}))
def test_every_way_can_come_to_an_end(phase: Phase) -> None:
    assert reachable(phase) & ENDS


def test_only_evidence_or_a_person_settles_an_unknown() -> None:
    assert set(NEXT[Phase.UNKNOWN]) == {
        *(Event.SEEN, Event.FOUND, Event.PUBLISHED, Event.DELIVERED, Event.FAILED, Event.UPLOAD_ENDED),
        *(Event.RULED_OUT, Event.KEPT),
    }


def test_what_was_published_or_left_for_good_stays_so() -> None:
    assert reachable(Phase.PUBLISHED) == reachable(Phase.ABANDONED) == set()
    assert reachable(Phase.DELIVERED) == {Phase.PUBLISHED}


@pytest.mark.parametrize("phase", sorted(Phase))
@pytest.mark.parametrize("event", sorted(Event))
def test_an_attempt_follows_the_table_and_nothing_else(phase: Phase, event: Event) -> None:
    attempt = an_attempt(phase=phase, finished_at=None)
    if event in NEXT[phase]:
        after = attempt.after(event, NOW)
        assert after.phase is advance(phase, event) is NEXT[phase][event]
        assert (after.finished_at is None) is (after.phase in OPEN)
    else:
        with pytest.raises(ImpossibleEvent, match=f"{event} can't happen"):
            attempt.after(event, NOW)
