"""What do other witnesses know of a post that its row does not know? Such knowledge forbids sending the post.

`evidence/compare.py` explains the danger and the rule. A receipt is about the post with the same name. If a post may
have had another name, its media identify it, in this machine's journal and in receipts of posts that no row knows.
No guard lifts this. `state rebuild` takes the evidence in, `resolve` settles it, and a higher `generation` leaves it
behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from contentsync.errors import Problem
from contentsync.evidence.compare import Known, is_settled, lacking, videos_of
from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.frozen import frozen
from contentsync.lifecycle import OPEN, SUCCESS, Phase
from contentsync.plan.action import AccountFacts
from contentsync.post_state import PostState

_REBUILD: Final = "contentsync state rebuild"


@frozen
class Lack:
    """One fact that a witness knows and the rows do not."""

    witness: Witness
    #: The attempt; None for a video that a post is bound to, and for a receipt that can't be read.
    tried: Tried | None = None

    def concerns(self, generation: int) -> bool:
        """Whether the fact forbids sending this generation."""
        if self.tried is not None:
            return self.tried.generation >= generation
        return not self.witness.legible or self.witness.generation >= generation


class Elsewhere:
    """What receipts and the journal know of one account's posts, and the rows do not."""

    def __init__(self, facts: AccountFacts, lineage: str) -> None:
        self._lineage = lineage
        self._rows = {row.name: row for row in facts.rows}
        self._facts = facts
        self._by_mark: dict[str, list[Lack]] = {}
        for receipt in facts.receipts.values():
            self._keep(self._lacks_of_its_row(receipt), {receipt.name})
            if receipt.name not in self._rows:
                self._keep(self._lacks(receipt), {receipt.media})
        for noted in facts.journal:
            self._keep(self._lacks(noted), {noted.name, noted.media})

    @cached_property
    def _known(self) -> Known:
        return Known(self._facts.rows)

    def against(self, key: str, media: str, generation: int) -> Problem | None:
        """Why this generation of a post may not be sent, nor an attempt of it resumed; None where it may."""
        name = key.partition("/")[2]
        found = (*self._by_mark.get(name, ()), *self._by_mark.get(media or name, ()))
        lack = next(
            (lack for lack in found if lack.concerns(generation) and not self._is_past(lack, generation)), None
        )
        return lack and self._problem(key, lack)

    def _is_past(self, lack: Lack, generation: int) -> bool:
        """Whether a receipt that can't be read can't matter: its row knows that this generation is settled.

        Of a higher generation the receipt may know more than the row: another machine may have sent it.
        """
        row = None if lack.witness.legible else self._rows.get(lack.witness.name)
        return row is not None and is_settled(row, generation)

    def lost_by_moving(self, row: PostState) -> Problem | None:
        """The problem of a receipt under the old name that knows more than the row; a move would hide it."""
        lacks = [lack for lack in self._by_mark.get(row.name, ()) if lack.witness.source is Source.RECEIPT]
        lack = next((lack for lack in lacks if not is_settled(row, lack.tried.generation if lack.tried else 1)), None)
        if lack is None:
            return None
        problem = self._problem(row.key, lack)
        what = problem.what.replace("its receipt", f"it was {row.key}, and the receipt of {row.key}", 1)
        return Problem("known-elsewhere", what, f"take the receipt in under the name {row.key}: {_REBUILD}")

    def _keep(self, lacks: Iterable[Lack], marks: set[str]) -> None:
        for lack in lacks:
            for mark in marks - {""}:
                self._by_mark.setdefault(mark, []).append(lack)

    def _lacks_of_its_row(self, receipt: Witness) -> list[Lack]:
        """What a receipt knows and the row of the same name does not, even if other rows know it."""
        row = self._rows.get(receipt.name)
        if not receipt.legible:
            return [] if row is not None and _is_only_asked(row) else [Lack(receipt)]
        known = tuple(map(Tried.of, row.attempts)) if row else ()
        bound = [Lack(receipt)] if receipt.bound and not (row and receipt.bound in videos_of(row)) else []
        return [*bound, *(Lack(receipt, tried) for tried in lacking(receipt.tried, known))]

    def _lacks(self, witness: Witness) -> list[Lack]:
        """What a witness knows and no row does, under any name."""
        bound = [Lack(witness)] if self._known.lacks_binding(witness) else []
        return [*bound, *(Lack(witness, tried) for tried in self._known.lacking(witness))]

    def _problem(self, key: str, lack: Lack) -> Problem:
        settle = f"contentsync resolve {key} --published, --not-published or --keep"
        if not lack.witness.legible:
            what = "its receipt can't be read, so the outcome of the post is unknown"
            return Problem("known-elsewhere", what, f"repair the file; or settle the post with: {settle}")
        hint = f"take it in with: {_REBUILD}"
        if lack.tried is None or lack.tried.phase in SUCCESS:
            hint += "; to post it again anyway, raise its `generation`"
        elif lack.witness.name == key.partition("/")[2]:
            hint += f"; or settle the post by hand: {settle}"
        return Problem("known-elsewhere", self._what(key, lack), hint)

    def _what(self, key: str, lack: Lack) -> str:
        same_name = lack.witness.name == key.partition("/")[2]
        if lack.witness.source is Source.JOURNAL:
            newer = lack.witness.lineage == self._lineage
            by = "a newer copy of this state" if newer else "another state on this machine"
            name = "" if same_name else f"as {lack.witness.name} "
            return f"{by} sent this post {name}before, and this state does not know that"
        said = str(lack.tried.phase) if lack.tried else f"that it is video {lack.witness.bound}"
        whose = (
            "its receipt"
            if same_name
            else f"it has the media of {lack.witness.name}, and the receipt of {lack.witness.name}"
        )
        return f"{whose} says {said}, but this state does not know that"


def _is_only_asked(row: PostState) -> bool:
    """Whether nothing is sent for a row until a person settles its unknown attempt.

    No state lets an attempt begin beside an unknown one; if there is one all the same, TikTok must have all of it.
    """
    open_ones = [attempt for attempt in row.attempts if attempt.phase in OPEN]
    is_unknown = any(attempt.phase is Phase.UNKNOWN for attempt in row.attempts)
    return is_unknown and all(a.may_be_live or a.phase is Phase.PROCESSING for a in open_ones)
