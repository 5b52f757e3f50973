"""`agenda --json`: which posts go out when, and what may stop them."""

from __future__ import annotations

from typing import Any, Final

from contentsync.operations.agenda import Agenda, Entry
from contentsync.operations.gaps import Gap
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.agenda/1"


def document(found: Agenda) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "until": rfc3339(found.until),
        "posts": [_entry(entry) for entry in found.entries],
        "later": found.later,
        "gaps": [_gap(gap) for gap in found.gaps],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "account": gap.account,
        "timezone": gap.timezone,
        "free_slots": [rfc3339(slot) for slot in gap.free_slots],
        "days_without_a_post": [day.isoformat() for day in gap.days],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    action, given = entry.action, entry.approval
    return {
        "post": action.post,
        "action": action.then or action.kind,
        "at": rfc3339(entry.at),
        "ends_at": rfc3339(entry.ends_at),
        "timezone": entry.timezone,
        "where": action.where or None,
        "reason": action.reason,
        "approved": {"who": given.who, "how": given.how, "at": rfc3339(given.at)} if given else None,
        "not_approved": entry.not_approved.what if entry.not_approved else None,
        "in_the_way": [{"code": problem.code, "what": problem.what} for problem in entry.in_the_way],
    }
