"""Which witness knows more? The one comparison, used by the planner, the receipts, rebuild and resolve.

The danger: a state that was lost, an older copy of it, a second clone or another machine does not know an attempt
that was begun elsewhere. A create that is decided from the rows alone then posts a second time.

The rule: the rows must know every attempt that any witness knows, and know at least as much about it. Otherwise the
post is not sent, and its open attempt is not resumed, until `state rebuild` takes the evidence in, a person settles
the post (`resolve`), or the author raises its `generation`.

Why that is enough: before an init is sent, the intent is in the rows and in the machine's journal. The receipt
follows at once and never loses an attempt. So every attempt is known to the state that began it, to the journal of
its machine and, once pushed, to the receipt. If none of the three is at hand, the public list remains (the guards
`lookalike` and `existing-posts`).

Two witnesses mean the same attempt if they have the same id of the state; else the same publish_id of TikTok; else
the same second in which it began; else, in notes of earlier versions, the same number. In doubt they count as two
attempts, and the post is held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from contentsync.evidence.witness import Tried, Witness
from contentsync.lifecycle import OVER, SUCCESS, TELLS, Phase
from contentsync.post_state import PostState

NOTHING_CAME: Final = frozenset({Phase.FAILED, Phase.ORPHANED})

_IN_DOUBT: Final = frozenset({Phase.PROCESSING, Phase.UNKNOWN})


def tells_more(told: Tried, known: Tried) -> bool:
    """Whether `told` is later, or more certain, than what is known of the same attempt.

    TikTok was seen to take FAILED back: against an attempt that may be live, a failure counts only where it was
    written down later.
    """
    if told.phase is Phase.FAILED and known.phase in _IN_DOUBT:
        return _is_later(told, known)
    if known.phase is Phase.FAILED and told.phase in _IN_DOUBT:
        return not _is_later(known, told)
    return TELLS[told.phase] > TELLS[known.phase]


def _is_later(one: Tried, other: Tried) -> bool:
    return bool(one.updated_at and other.updated_at and one.updated_at > other.updated_at)


def is_same(one: Tried, other: Tried) -> bool:
    """Whether both tell of one attempt, of one post."""
    if one.id and other.id:
        return one.id == other.id
    if one.publish_id and other.publish_id:
        return one.publish_id == other.publish_id
    if (one.publish_id and _ended_without(other)) or (other.publish_id and _ended_without(one)):
        return False
    if one.started_at and other.started_at:
        return one.started_at == other.started_at
    return one.number == other.number > 0


def _ended_without(tried: Tried) -> bool:
    """Whether an attempt is over and never had a publish_id."""
    return tried.phase in OVER and not tried.publish_id


def lacking(told: Iterable[Tried], known: Iterable[Tried]) -> list[Tried]:
    """The attempts of one post that are in `told`, but not in `known` or with less knowledge there."""
    ours = tuple(known)
    return [one for one in told if not any(_knows(own, one) for own in ours)]


def _knows(own: Tried, told: Tried) -> bool:
    return is_same(told, own) and not tells_more(told, own)


def knows_less(row: PostState, told: Witness, generation: int = 0) -> bool:
    """Whether a witness knows anything of a post that its row does not.

    generation: the one that is asked about, for a receipt that can't be read; 0 for the row's own.
    """
    if not told.legible:
        return not is_settled(row, generation or row.generation)
    if told.bound and told.bound not in videos_of(row):
        return True
    return bool(lacking(told.tried, map(Tried.of, row.attempts)))


def videos_of(row: PostState) -> set[str]:
    """The videos that a post is known to be."""
    return {row.bound_post_id, *(attempt.post_id for attempt in row.attempts)} - {""}


def is_settled(row: PostState, generation: int) -> bool:
    """Whether a row knows that this generation, or a later one, is at TikTok or was abandoned."""
    if row.bound_post_id and row.generation >= generation:
        return True
    ended = SUCCESS | {Phase.ABANDONED}
    return any(a.phase in ended and a.generation >= generation for a in row.attempts)


class Known:
    """All attempts that a state knows of one identity, under whatever name; to be asked many times."""

    def __init__(self, rows: Iterable[PostState]) -> None:
        self._by_mark: dict[tuple[str, object], list[Tried]] = {}
        self._videos: set[str] = set()
        for row in rows:
            self._videos |= videos_of(row)
            for tried in map(Tried.of, row.attempts):
                for mark in _marks(row.name, tried):
                    self._by_mark.setdefault(mark, []).append(tried)

    def lacking(self, witness: Witness) -> tuple[Tried, ...]:
        """The attempts of a witness that are not known, or known less well."""
        return tuple(one for one in witness.tried if self.lacks(witness.name, one))

    def lacks(self, name: str, told: Tried) -> bool:
        """Whether an attempt that is told of a post of this name is not known, or not known as far."""
        return bool(lacking([told], self._alike(name, told)))

    def lacks_binding(self, witness: Witness) -> bool:
        """Whether a witness names a video that no post is known to have."""
        return bool(witness.bound) and witness.bound not in self._videos

    def _alike(self, name: str, told: Tried) -> Iterator[Tried]:
        for mark in _marks(name, told):
            yield from self._by_mark.get(mark, ())


def _marks(name: str, tried: Tried) -> set[tuple[str, object]]:
    """By what an attempt can be found. A second or a number is one post's, by its name or its media."""
    found: set[tuple[str, object]] = {("id", tried.id), ("publish_id", tried.publish_id)}
    for whose in {name, tried.media}:
        found |= {(f"second of {whose}", tried.started_at), (f"number of {whose}", tried.number)} if whose else set()
    return {mark for mark in found if mark[1]}
