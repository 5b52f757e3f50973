"""How is a plan saved? As JSON, with a digest over all of it that tells an altered one.

The form is `contentsync.plan/1`: times RFC 3339 in UTC, ids as text, durations in seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from contentsync.errors import Level, Place, Problem, StalePlan
from contentsync.plan.action import AccountView, Action, Change, Kind, Plan, Quota
from contentsync.post import Media, MediaFacts, Mode

FORMAT: Final = "contentsync.plan/1"


def when(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond where there are any."""
    if moment is None:
        return None
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def as_json(plan: Plan, tool_version: str) -> dict[str, Any]:
    """The plan as the object that `plan --json` prints and `--out` saves."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "created_at": when(plan.created_at),
        "expires_at": when(plan.expires_at),
        "tool_version": tool_version,
        "state": {"lineage": plan.lineage, "serial": plan.serial},
        "accounts": {view.name: _account(view) for view in plan.accounts},
        "actions": [_action(action) for action in plan.actions],
        "summary": plan.summary,
        "inputs": plan.inputs,
        "allow": list(plan.allow),
    }
    return body | {"digest": digest_of(body)}


def digest_of(body: Mapping[str, Any]) -> str:
    """The digest over everything in a plan but the digest itself."""
    bare = {key: value for key, value in body.items() if key != "digest"}
    text = json.dumps(bare, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _account(view: AccountView) -> dict[str, Any]:
    creator = view.creator
    offered = creator.privacy if creator else None
    return {
        "open_id": view.open_id,
        "nickname": creator.nickname if creator else None,
        "username": creator.username if creator else None,
        "privacy": None if offered is None else [str(level) for level in offered],
        "quota": asdict(view.quota),
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "post": action.post,
        "action": action.kind.value,
        "reason": action.reason,
        "where": action.where or None,
        "mode": action.mode.value if action.mode else None,
        "due_at": when(action.due_at),
        "not_sent": list(action.not_sent),
        "changes": [asdict(change) for change in action.changes],
        "media": [_media(item) for item in action.media],
        "problems": [problem_as_json(p) for p in action.problems],
        "digest": action.digest or None,
        "left": action.left,
        "moved_from": action.moved_from or None,
        "adopts": action.adopts or None,
    }


def _media(item: Media) -> dict[str, Any]:
    return {
        "path": item.path or None,
        "url": item.url or None,
        "sha256": item.sha256 or None,
        "bytes": item.size,
        "facts": asdict(item.facts) if item.facts else None,
    }


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """A problem as data: its code, words, weight and place (FILE:LINE:COL)."""
    where = str(problem.where) if problem.where and problem.where.file else None
    return {
        "code": problem.code,
        "what": problem.what,
        "hint": problem.hint,
        "level": problem.level.value,
        "where": where,
    }


def dump(plan: Plan, tool_version: str) -> str:
    return json.dumps(as_json(plan, tool_version), ensure_ascii=False, indent=2) + "\n"


def load(text: str, name: str) -> tuple[Plan, str]:
    """The plan that `text` holds, and its digest. name: the file, for messages.

    Raises StalePlan where it is no plan of this form, or was altered since it was made.
    """
    try:
        body = json.loads(text)
    except ValueError as err:
        raise StalePlan(_unreadable(name, f"it is no JSON ({err})")) from err
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise StalePlan(_unreadable(name, f"it is no {FORMAT}"))
    if body.get("digest") != digest_of(body):
        raise StalePlan(Problem("plan-altered", f"{name} was altered since it was made", "make a new plan"))
    try:
        return _plan(body), body["digest"]
    except (KeyError, TypeError, ValueError) as err:
        raise StalePlan(_unreadable(name, f"a part of it is missing ({err})")) from err


def _unreadable(name: str, why: str) -> Problem:
    return Problem(
        "plan-unreadable", f"{name} can't be read as a plan: {why}", "make a new one: contentsync plan --out"
    )


def _plan(body: dict[str, Any]) -> Plan:
    return Plan(
        created_at=datetime.fromisoformat(body["created_at"]),
        expires_at=datetime.fromisoformat(body["expires_at"]),
        lineage=body["state"]["lineage"],
        serial=body["state"]["serial"],
        accounts=tuple(
            AccountView(name, told["open_id"], None, Quota(**told["quota"]))
            for name, told in body["accounts"].items()
        ),
        actions=tuple(_action_of(told) for told in body["actions"]),
        unchanged=body["summary"][Kind.UNCHANGED],
        inputs=body["inputs"],
        allow=tuple(body["allow"]),
    )


def _action_of(told: dict[str, Any]) -> Action:
    return Action(
        kind=Kind(told["action"]),
        post=told["post"],
        reason=told["reason"],
        where=told["where"] or "",
        mode=Mode(told["mode"]) if told["mode"] else None,
        due_at=datetime.fromisoformat(told["due_at"]) if told["due_at"] else None,
        not_sent=tuple(told["not_sent"]),
        changes=tuple(Change(**change) for change in told["changes"]),
        media=tuple(_media_of(item) for item in told["media"]),
        problems=tuple(_problem_of(problem) for problem in told["problems"]),
        digest=told["digest"] or "",
        left=told["left"],
        moved_from=told["moved_from"] or "",
        adopts=told["adopts"] or "",
    )


def _media_of(told: dict[str, Any]) -> Media:
    facts = MediaFacts(**told["facts"]) if told["facts"] else None
    return Media(told["path"] or "", told["url"] or "", told["sha256"] or "", told["bytes"], facts)


def _problem_of(told: dict[str, Any]) -> Problem:
    where = None
    if told["where"]:
        file, line, column = told["where"].rsplit(":", 2)
        where = Place(file, int(line), int(column))
    return Problem(told["code"], told["what"], told["hint"], where, Level(told["level"]))
