"""How is the state of each post shown? One line for the post, and below it what blocks it.

More than twenty posts with one state and one reason share a line, as in a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from contentsync.cli.terminal import text
from contentsync.cli.terminal.once import Once, account_wide
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
FOLD: Final = 20  # posts alike; more than that share a line
_HAVE_REASON: Final = frozenset({Kind.FROZEN, Kind.DRIFT})
_HINT: Final = "    hint:\t"


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

    def listing(
        self,
        found: Mapping[str, PostState | None],
        plans: Mapping[str, Action],
        differs: Mapping[str, Sequence[Difference]],
        *,
        full: bool,
    ) -> Iterator[str]:
        """All posts, in their order. full: none share a line."""
        width = min(44, max(map(len, found), default=0))
        marks: dict[str, tuple[str, ...]] = {}
        alike: dict[tuple[str, ...], list[str]] = {}
        for key, row in found.items():
            own = full or bool(differs.get(key))
            marks[key] = () if own else self._mark(key, row, plans.get(key))
            alike.setdefault(marks[key], []).append(key)
        for key, row in found.items():
            group = alike[marks[key]]
            if not marks[key] or len(group) <= FOLD:
                yield from self._of(key, row, plans.get(key), width, differs.get(key, ()))
            elif key == group[0]:
                yield from self._folded(group, found, plans, width)

    def _mark(self, key: str, row: PostState | None, action: Action | None) -> tuple[str, ...]:
        """What is the same in posts that may share a line: state and reasons; empty where there is no reason."""
        reasons = [f"{visible(problem.what)} [{problem.code}]" for problem in self._problems(key, row, action)]
        if action and (action.kind in _HAVE_REASON or (action.kind is Kind.WAIT and not action.due_at)):
            reasons.append(action.reason)
        account = [action.account] if action and account_wide(action) else []
        return (standing(row, action), *reasons, *account) if reasons else ()

    def _folded(
        self, group: Sequence[str], found: Mapping[str, PostState | None], plans: Mapping[str, Action], width: int
    ) -> Iterator[str]:
        """The posts of a group as one, with its reasons; with the hints of the first where all have the same."""
        first = group[0]
        row, action = found[first], plans.get(first)
        head = f"{text.many(len(group), 'post'):<{width}}  {_word(standing(row, action))}"
        why = f"  {visible(action.reason)}" if action and action.kind is Kind.WAIT else ""
        yield f"{head}{why}  (--full lists them)"
        hints = {tuple(p.hint for p in self._problems(key, found[key], plans.get(key))) for key in group}
        for line in self._under(first, row, action):
            if len(hints) == 1 or not line.startswith(_HINT):
                yield line

    def _of(
        self, key: str, row: PostState | None, action: Action | None, width: int, differs: Sequence[Difference]
    ) -> Iterator[str]:
        """The line of one post, and those below it. width: of the column of keys."""
        yield self.line(key, row, action, width)
        yield from self._under(key, row, action)
        for one in differs:
            yield f"    {visible(str(one))} [differs]"

    def line(self, key: str, row: PostState | None, action: Action | None, width: int) -> str:
        """The line of one post alone."""
        where = standing(row, action)
        return f"{key:<{width}}  {_word(where)}  {self._facts(key, row, action)}".rstrip()

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

    def _under(self, key: str, row: PostState | None, action: Action | None) -> Iterator[str]:
        """What blocks it, and how to fix that; what concerns the whole account is shown at its first post only."""
        for problem in self._problems(key, row, action):
            if action and problem in action.blockers and not self._once.is_new(action.account, problem):
                yield f"    as {action.account}'s first post above [{problem.code}]"
                continue
            yield f"    {visible(problem.what)} [{problem.code}]"
            if problem.hint:
                yield f"{_HINT}{visible(problem.hint)}"
        if action and action.kind in _HAVE_REASON:
            yield f"    {visible(action.reason)}; see: contentsync plan"

    def _problems(self, key: str, row: PostState | None, action: Action | None) -> Iterator[Problem]:
        """Why TikTok gave no news, then what blocks it, or else how its last attempt failed."""
        if unheard := self._no_news.get(key):
            yield unheard
        blockers = action.blockers if action else ()
        yield from blockers
        last = row.last if row else None
        if last and last.problem_what and last.phase not in SUCCESS and not blockers:
            yield Problem(last.problem_code, last.problem_what)


def _word(standing: str) -> str:
    return text.style(standing, fg=COLOURS.get(standing)) + " " * (10 - len(standing))
