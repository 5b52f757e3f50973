"""How does a row change when the evidence of other witnesses is taken in? Decided here; the store writes it.

The row never loses knowledge: an attempt ends, or becomes unknown, only if a witness knows more about it than the
row. An open attempt before its commit point is ended if another attempt, which may be public, was begun elsewhere:
resuming it would post a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from contentsync.evidence.compare import NOTHING_CAME, is_same, tells_more
from contentsync.evidence.record import lost
from contentsync.evidence.witness import Tried
from contentsync.frozen import frozen
from contentsync.lifecycle import OPEN, OVER, Event, Phase
from contentsync.post_state import Attempt


@frozen
class Merged:
    """What is to be written."""

    #: Attempts of the row that are known better now.
    changed: tuple[Attempt, ...]
    #: Attempts that the row lacks.
    added: tuple[Attempt, ...]
    #: The ids of all attempts, in their order: by their time; what is not over comes last.
    order: tuple[str, ...]


def merge(known: Iterable[Attempt], told: Iterable[Attempt], now: datetime) -> Merged:
    """The changes of a row from what other witnesses know of its post."""
    ours = {attempt.id: attempt for attempt in known}
    changed: dict[str, Attempt] = {}
    added: list[Attempt] = []
    for one in told:
        own = next((own for own in ours.values() if is_same(Tried.of(own), Tried.of(one))), None)
        if own is None:
            added.append(lost(one))
        elif tells_more(Tried.of(one), Tried.of(own)):
            changed[own.id] = _better_known(own, lost(one))
    overtaken = [_ended(own, now) for own in ours.values() if own.id not in changed and _is_overtaken(own, added)]
    changed |= {attempt.id: attempt for attempt in overtaken}
    every = sorted([*(ours | changed).values(), *added], key=lambda one: (one.phase not in OVER, one.created_at))
    return Merged(tuple(changed.values()), tuple(added), tuple(attempt.id for attempt in every))


def _better_known(own: Attempt, told: Attempt) -> Attempt:
    """Our row of an attempt with what another witness tells of it."""
    return replace(
        own,
        phase=told.phase,
        updated_at=told.updated_at,
        finished_at=told.finished_at,
        publish_id=own.publish_id or told.publish_id,
        post_id=told.post_id or own.post_id,
        upload_url="",
        problem_code=told.problem_code,
        problem_what=told.problem_what,
        retry=False,
        not_before=None,
    )


def _is_overtaken(own: Attempt, added: Iterable[Attempt]) -> bool:
    before_commit = own.phase in OPEN and own.phase is not Phase.PROCESSING and not own.may_be_live
    return before_commit and any(one.phase not in NOTHING_CAME and one.generation >= own.generation for one in added)


def _ended(own: Attempt, now: datetime) -> Attempt:
    event = Event.UPLOAD_ENDED if own.phase is Phase.UPLOADING else Event.NOT_SENT
    what = "the post was started elsewhere before this attempt could publish anything"
    return own.after(event, now, upload_url="", problem_code="overtaken", problem_what=what)
