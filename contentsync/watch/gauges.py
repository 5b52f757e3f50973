"""What does a running watch count? One plain value at a time, for `/metrics`. No caption and no secret is in it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Final

from contentsync.attempt.told import Told
from contentsync.frozen import frozen
from contentsync.operations.plan import Made
from contentsync.plan.action import Action, Kind
from contentsync.post import DesiredPost
from contentsync.watch.feed import Live
from contentsync.watch_event import Happened, Word

_WAITS_FOR_US: Final = frozenset({Kind.CREATE, Kind.RESUME})


@frozen
class Figures:
    """The figures of one moment; each mapping by the account's name, and by the word that the field names."""

    #: By account and phase of the newest attempt: how many posts have a row.
    posts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: By account and action: how many posts the plan has it for.
    actions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: By account: when its next post is due; and since when its most overdue one is.
    next_due: Mapping[str, datetime] = field(default_factory=dict)
    overdue_since: Mapping[str, datetime] = field(default_factory=dict)
    #: By account and mode (`direct`, `draft`): how many may still be sent in the sliding day.
    quota_left: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: By account: when its sign-in ends, as far as that is known.
    sign_in_ends: Mapping[str, datetime] = field(default_factory=dict)
    #: Since the start, by account: bytes that were sent; and by account and result: attempts that ended.
    sent_bytes: Mapping[str, int] = field(default_factory=dict)
    results: Mapping[tuple[str, str], int] = field(default_factory=dict)


class Gauges:
    """Listens to the feed of a watch, and gives the current figures to any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: Made | None = None
        self._given: dict[str, int] = {}
        self._sent: Counter[str] = Counter()
        self._results: Counter[tuple[str, str]] = Counter()
        self._sign_ins: Mapping[str, datetime] = {}

    def hear(self, live: Live) -> None:
        """Take what happened."""
        with self._lock:
            if isinstance(live, Made):
                self._made = live
            elif isinstance(live, Told) and live.event == "progress":
                self._progress(live.post, int(live.detail.get("given", 0)))
            elif isinstance(live, Happened) and live.word is Word.RESULT:
                self._results[live.account, str(live.detail.get("result", ""))] += 1

    def sign_ins(self, ends: Mapping[str, datetime]) -> None:
        """Take when each account's sign-in ends."""
        with self._lock:
            self._sign_ins = ends

    def figures(self) -> Figures:
        """The figures as they are now."""
        with self._lock:
            made, sent, results = self._made, dict(self._sent), dict(self._results)
            sign_ins = self._sign_ins
        if made is None:
            return Figures(sent_bytes=sent, results=results, sign_in_ends=sign_ins)
        return Figures(
            posts=_posts(made),
            actions=Counter((action.account, str(action.kind)) for action in made.plan.actions),
            next_due=_next_due(made),
            overdue_since=_overdue(made),
            quota_left=_quota(made),
            sign_in_ends=sign_ins,
            sent_bytes=sent,
            results=results,
        )

    def _progress(self, post: str, given: int) -> None:
        """given: bytes of this upload so far; fewer than before are those of a new upload."""
        before = self._given.get(post, 0)
        self._given[post] = given
        self._sent[post.partition("/")[0]] += given - before if given >= before else given


def _posts(made: Made) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for name, facts in made.world.accounts.items():
        found.update((name, str(row.last.phase) if row.last else "bound") for row in facts.rows)
    return found


def _next_due(made: Made) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for action in made.plan.actions:
        if action.due_at is not None and Kind.WAIT in action.kinds:
            found[action.account] = min(action.due_at, found.get(action.account, action.due_at))
    return found


def _overdue(made: Made) -> dict[str, datetime]:
    """By account: since when a post should be out that the plan would send, or that something holds back."""
    found: dict[str, datetime] = {}
    for action in made.plan.actions:
        due = _due(made.posts.get(action.post))
        held = Kind.WAIT in action.kinds and action.left
        if due is not None and due <= made.world.now and (action.kinds & _WAITS_FOR_US or held or _blocked(action)):
            found[action.account] = min(due, found.get(action.account, due))
    return found


def _due(post: DesiredPost | None) -> datetime | None:
    return post.publish_at if post else None


def _blocked(action: Action) -> bool:
    """Whether something holds it back that can still be lifted: a missed post is not overdue for ever."""
    return Kind.BLOCKED in action.kinds and all(problem.code != "missed" for problem in action.blockers)


def _quota(made: Made) -> dict[tuple[str, str], int]:
    found = {}
    for view in made.plan.accounts:
        found[view.name, "direct"] = view.quota.posts_left
        found[view.name, "draft"] = view.quota.drafts_left
    return found
