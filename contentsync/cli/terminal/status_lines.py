"""How is the state of each post shown? One line for the post, and below it what blocks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from contentsync.cli.terminal import text
from contentsync.cli.terminal.once import Once
from contentsync.errors import Problem
from contentsync.lifecycle import SUCCESS
from contentsync.plan.action import Action, Kind
from contentsync.plan.differs import Difference
from contentsync.post_state import PostState
from contentsync.times import from_now, in_words
from contentsync.views.status import changed_at, standing, url_of
from contentsync.visible import visible

COLOURS: Final = {
    "published": "green",
    "delivered": "green",
    "failed": "red",
    "blocked": "red",
    "missed": "red",
    "unknown": "magenta",
    "waiting": "blue",
}


class StatusLines:
    """The posts as lines. zones: the IANA name of each account's zone. usernames: by open_id.

    no_news: by key, why TikTok gave no news of the post.
    """

    def __init__(
        self,
        zones: Mapping[str, str],
        usernames: Mapping[str, str],
        now: datetime,
        no_news: Mapping[str, Problem] | None = None,
    ) -> None:
        self._no_news = no_news or {}
        self._zones, self._usernames, self._now = zones, usernames, now
        self._once = Once()

    def of(
        self,
        key: str,
        row: PostState | None,
        action: Action | None,
        width: int,
        differs: Sequence[Difference] = (),
    ) -> Iterator[str]:
        """The line of one post, and those below it. width: of the column of keys."""
        yield self.line(key, row, action, width)
        if unheard := self._no_news.get(key):
            yield f"    {visible(unheard.what)} [{unheard.code}]"
            yield f"    hint:\t{visible(unheard.hint)}"
        yield from self._below(row, action)
        for one in differs:
            yield f"    {visible(str(one))} [differs]"

    def line(self, key: str, row: PostState | None, action: Action | None, width: int) -> str:
        """The line of one post alone."""
        where = standing(row, action)
        word = text.style(where, fg=COLOURS.get(where)) + " " * (10 - len(where))
        return f"{key:<{width}}  {word}  {self._facts(key, row, action)}".rstrip()

    def _facts(self, key: str, row: PostState | None, action: Action | None) -> str:
        """When it changed or is due, and its link."""
        zone = self._zones.get(key.partition("/")[0], "UTC")
        last = row.last if row else None
        facts = [in_words(changed_at(last), zone, self._now)] if last else []
        if action and action.kind is Kind.WAIT:
            due = from_now(action.due_at, zone, self._now) if action.due_at else ""
            facts.append(f"next try {due}" if due and action.left else due or visible(action.reason))
        elif action and action.kind is Kind.CREATE:
            facts.append("the next apply sends it")
        link = url_of(row, dict(self._usernames)) or (row.post_id if row else "")
        return "  ".join(filter(None, [*facts, visible(link)]))

    def _below(self, row: PostState | None, action: Action | None) -> Iterator[str]:
        """What blocks it, and how to fix that; what concerns the whole account is shown at its first post only."""
        blockers = action.blockers if action else ()
        for problem in blockers:
            if action and not self._once.is_new(action.account, problem):
                yield f"    as {action.account}'s first post above [{problem.code}]"
                continue
            yield f"    {visible(problem.what)} [{problem.code}]"
            if problem.hint:
                yield f"    hint:\t{visible(problem.hint)}"
        last = row.last if row else None
        if last and last.problem_what and last.phase not in SUCCESS and not blockers:
            yield f"    {visible(last.problem_what)} [{last.problem_code}]"
        if action and action.kind in {Kind.FROZEN, Kind.DRIFT}:
            yield f"    {visible(action.reason)}; see: contentsync plan"
