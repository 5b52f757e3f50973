"""Does a saved plan show the same as a new plan? Pure.

The danger: a saved plan is a file, and anyone can write a file with a matching digest. The rule: a person approved
what the plan shows, so everything that it shows is compared with a new plan, not only its digest. The comparison
leaves out reasons, values that change with time (quota, the age of the list), and what a new look only adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contentsync.errors import Level
from contentsync.plan.action import DOES_SOMETHING, AccountView, Action, Kind, Plan
from contentsync.plan.document import account_as_json, action_as_json, problem_as_json
from contentsync.plan.planfile import with_hidden

_FORECASTS: Final = frozenset({"due_at", "left", "problems"})
_OF_ACCOUNT: Final = ("open_id", "nickname", "username", "privacy", "disabled", "max_seconds", "public", "sandbox")
_UNKNOWN: Final = frozenset({"None", ""})
_ADDED_FREELY: Final = "url-not-checked"


def action_difference(saved: Action, fresh: Action, hidden: Mapping[str, str]) -> str:
    """The key of the first difference between the two actions; empty for none. hidden: as trust.hide."""
    was, now = action_as_json(saved), with_hidden(action_as_json(fresh), hidden)
    was["problems"], now["problems"] = _told(was), _told(now)
    now["problems"] = [p for p in now["problems"] if p in was["problems"] or p["code"] != _ADDED_FREELY]
    waits_then = fresh.kind is Kind.MOVE and fresh.then not in DOES_SOMETHING
    ignored = {"reason"} | (_FORECASTS | {"then", "adopts"} if waits_then else set())
    return next((key for key in was if key not in ignored and was[key] != now[key]), "")


def account_difference(saved: AccountView, fresh: AccountView, hidden: Mapping[str, str]) -> str:
    """The key of the first difference between the two accounts; values that one of them lacks are not compared."""
    was, now = account_as_json(saved), with_hidden(account_as_json(fresh), hidden)
    known = [key for key in _OF_ACCOUNT if key == "open_id" or not _UNKNOWN & {str(was[key]), str(now[key])}]
    if saved.creator is None:
        known.remove("sandbox")  # told by a sign-in that this plan did not look at
    return next((key for key in known if was[key] != now[key]), "")


def notes_differ(saved: Plan, fresh: Plan, hidden: Mapping[str, str]) -> bool:
    """Whether other files are unreadable now, or a note of the saved plan is no longer true."""
    was, now = ([with_hidden(problem_as_json(note), hidden) for note in plan.notes] for plan in (saved, fresh))
    faults = [note for note in now if note["level"] == Level.ERROR]
    return [note for note in was if note["level"] == Level.ERROR] != faults or any(note not in now for note in was)


def _told(action: Mapping[str, Any]) -> list[Any]:
    return sorted(action["problems"], key=lambda problem: (problem["code"], problem["what"]))
