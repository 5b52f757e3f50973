"""`calendar --json`: what went out and goes out, and the slots that are free."""

from __future__ import annotations

from typing import Any, Final

from contentsync.operations.calendar import Calendar, Entry, FreeSlot
from contentsync.times import rfc3339
from contentsync.views.stats import figures_as_json

FORMAT: Final = "contentsync.calendar/1"


def document(found: Calendar) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "since": rfc3339(found.since),
        "until": rfc3339(found.until),
        "timezone": found.timezone,
        "posts": [_entry(one) for one in found.entries],
        "free_slots": [_slot(one) for one in found.free],
    }


def _entry(one: Entry) -> dict[str, Any]:
    given, last = one.approval, one.figures[-1] if one.figures else None
    return {
        "post": one.post,
        "generation": one.generation,
        "at": rfc3339(one.at),
        "ends_at": rfc3339(one.ends_at),
        "timezone": one.timezone,
        "is_past": one.is_past,
        "goes_out": one.goes_out,
        "is_fixed": one.is_fixed,
        "stands": one.stands,
        "reason": one.reason,
        "mode": str(one.mode),
        "privacy": one.privacy,
        "caption": one.caption,
        "where": one.where or None,
        "url": one.url,
        "figures": figures_as_json(last) if last else None,
        "approved": {"who": given.who, "how": given.how, "at": rfc3339(given.at)} if given else None,
        "not_approved": one.not_approved.what if one.not_approved and not one.is_past else None,
        "in_the_way": [{"code": problem.code, "what": problem.what} for problem in one.in_the_way],
    }


def _slot(one: FreeSlot) -> dict[str, Any]:
    return {"account": one.account, "at": rfc3339(one.at), "timezone": one.timezone}
