"""What do all witnesses of a post know together? Builds one row, as a lost state had it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contentsync.evidence.compare import is_same, tells_more
from contentsync.evidence.journal import Noted
from contentsync.evidence.record import MALFORMED, attempt_of, bare_attempt, made_up
from contentsync.evidence.witness import Tried
from contentsync.lifecycle import OVER, Phase
from contentsync.post_state import Attempt, PostState


def gather(receipts: Iterable[PostState], noted: Iterable[Noted], account: str, open_id: str) -> list[PostState]:
    """One row a name, with each attempt once, by the witness that tells most of it. noted: in their order."""
    rows = {row.name: row for row in receipts}
    for name, notes in _by_name(noted).items():
        attempts = _attempts(notes, f"{account}/{name}", open_id)
        row = rows.get(name) or _row(name, account, open_id, attempts)
        rows[name] = replace(row, attempts=_together(row.attempts, attempts), bound_post_id="")
    return [rows[name] for name in sorted(rows)]


def _row(name: str, account: str, open_id: str, attempts: tuple[Attempt, ...]) -> PostState:
    uid, newest = made_up(open_id, name, attempts[0].id), attempts[-1]
    generation = max(attempt.generation for attempt in attempts)
    return PostState(uid, open_id, name, account, generation, media_digest=newest.media_digest)


def _by_name(noted: Iterable[Noted]) -> Mapping[str, list[Noted]]:
    found: dict[str, list[Noted]] = {}
    for note in noted:
        if note.tried and note.name:
            found.setdefault(note.name, []).append(note)
    return found


def _attempts(notes: list[Noted], post: str, open_id: str) -> tuple[Attempt, ...]:
    return tuple(_ended(_attempt(note, post, open_id), note, notes[n + 1 :]) for n, note in enumerate(notes))


def _attempt(note: Noted, post: str, open_id: str) -> Attempt:
    assert note.tried is not None
    try:
        return replace(attempt_of(note.told, post, open_id), phase=note.tried.phase)
    except MALFORMED:  # a note of an earlier version, or whose first line is lost
        return bare_attempt(note.tried, post, open_id)


def _ended(attempt: Attempt, note: Noted, later: list[Noted]) -> Attempt:
    """The attempt, ended where its own state began another one after it: that state knew that it was over."""
    after = [one.tried.generation for one in later if one.tried and one.lineage == note.lineage]
    if attempt.phase in OVER or not after:
        return attempt
    repeated = attempt.generation in after
    return replace(attempt, phase=Phase.ORPHANED if repeated else Phase.ABANDONED)


def _together(some: Iterable[Attempt], others: Iterable[Attempt]) -> tuple[Attempt, ...]:
    found: list[Attempt] = []
    for attempt in (*some, *others):
        tried = Tried.of(attempt)
        at = next((n for n, one in enumerate(found) if is_same(Tried.of(one), tried)), None)
        if at is None:
            found.append(attempt)
        elif tells_more(tried, Tried.of(found[at])):
            found[at] = attempt
    return tuple(sorted(found, key=lambda one: (one.phase not in OVER, one.created_at)))
