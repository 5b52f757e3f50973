"""What does watch say by itself? At its start what is next; and once, when an account is paused or resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from contentsync.plan.action import AccountFacts, Action, Kind, Plan
from contentsync.times import from_now, rfc3339
from contentsync.watch.reports import Reports
from contentsync.watch_event import Word


class Announcements:
    """Says each of these things once."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._has_said_next = False
        self._paused: frozenset[str] = frozenset()

    def pauses(self, accounts: Mapping[str, AccountFacts]) -> None:
        """Say which accounts were paused or resumed since the last look; of the first look, which are paused."""
        for name, facts in accounts.items():
            words = _pause(facts)
            if words and name not in self._paused:
                self._reports.event(Word.PAUSED, words, account=name)
            elif not words and name in self._paused:
                self._reports.event(Word.RESUMED, "resumed; what is due may be sent again", account=name)
        gone = self._paused - accounts.keys()
        self._paused = gone | {name for name, facts in accounts.items() if _pause(facts)}

    def next(self, plan: Plan, accounts: Mapping[str, AccountFacts], now: datetime, *, approved: bool) -> None:
        """Say once what is sent next. approved: only approved posts are sent."""
        if self._has_said_next:
            return
        self._has_said_next = True
        coming = sorted(_coming(plan, accounts, now), key=lambda one: one[0])
        count = f"{len(coming)} approved" if approved else f"{len(coming)} to be sent"
        if not coming:
            nothing = "nothing that is approved waits to be sent" if approved else "nothing waits to be sent"
            self._reports.event(Word.NEXT, f"next: {nothing}", due_at=None, waiting=0)
            return
        due, action = coming[0]
        when = "now" if due <= now else from_now(due, accounts[action.account].account.timezone, now)
        words = f"next: {action.post} {when}; {count}"
        # The post is in the words already, so that the line names it once.
        self._reports.event(Word.NEXT, words, next=action.post, due_at=rfc3339(due), waiting=len(coming))


def _coming(plan: Plan, accounts: Mapping[str, AccountFacts], now: datetime) -> Iterator[tuple[datetime, Action]]:
    """What would be sent as things stand, with its time. A wait without a time is held, paused or not approved."""
    for action in plan.actions:
        facts = accounts.get(action.account)
        if facts is None or not facts.open_id:
            continue
        if Kind.WAIT in action.kinds and action.due_at is not None:
            yield max(action.due_at, now), action
        elif action.kinds & {Kind.CREATE, Kind.RESUME}:
            yield now, action


def _pause(facts: AccountFacts) -> str:
    """Why nothing is begun for the account; empty where it is not paused."""
    if facts.pause:
        return f"{facts.pause.said(facts.account.timezone)}; to end it: {facts.pause.ends_by}"
    return "paused in contentsync.yaml; nothing is begun for it" if facts.account.paused else ""
