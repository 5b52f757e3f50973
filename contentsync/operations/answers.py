"""What did the shared state and TikTok answer for a plan? Each is asked once, though the plan may be made twice."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from contentsync.account import AccountAtWork, Asked
from contentsync.errors import ContentsyncError, Problem
from contentsync.operations.selection import Wish
from contentsync.remote_post import Creator


@dataclass(slots=True)
class Answers:
    """What was answered for one plan."""

    #: Why the shared state could not be read anew; None where it was, or is not shared.
    behind: Problem | None = None
    #: The note on the copy of a shared state that is used instead, where nobody is asked.
    copied: Problem | None = None
    creators: dict[str, Creator] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)
    #: The accounts that could not be asked, and why.
    failures: dict[str, ContentsyncError] = field(default_factory=dict)
    #: By the accounts that were asked: whether also what they may post.
    asked: dict[str, bool] = field(default_factory=dict)

    def ask(self, accounts: Iterable[AccountAtWork], direct: Set[str], wish: Wish) -> None:
        """Ask TikTok about these accounts, as far as that was not done. direct: those that have direct posts."""
        lacking = [a for a in accounts if a.name not in self.asked or self.asked[a.name] < (a.name in direct)]
        if not lacking or not wish.refresh:
            return
        from contentsync.operations.side_by_side import side_by_side
        from contentsync.remote import refuse_twins

        def ask(one: AccountAtWork) -> Asked:
            return one.ask(posting=one.name in direct, full_list=wish.full_list)

        asked = side_by_side(lacking, ask, self.failures)
        self.asked |= {one.name: one.name in direct for one in lacking}
        self.creators |= {name: answer.creator for name, answer in asked}
        self.notes = _each_once([*self.notes, *(note for _, answer in asked for note in answer.notes)])
        refuse_twins({name: creator.open_id for name, creator in self.creators.items()})


def _each_once(notes: Iterable[Problem]) -> list[Problem]:
    """Drop repeated notes: a wrong clock is wrong for every account."""
    found: dict[str, Problem] = {}
    for note in notes:
        found.setdefault(note.code if note.code == "clock-wrong" else note.what, note)
    return list(found.values())
