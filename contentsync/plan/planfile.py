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
from contentsync.plan.typed import Typed
from contentsync.post import Creator, Interaction, Media, MediaFacts, Mode, Privacy
from contentsync.trust import hide

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
        "accounts": {view.name: account_as_json(view) for view in plan.accounts},
        "actions": [action_as_json(action) for action in plan.actions],
        "summary": plan.summary,
        "inputs": plan.inputs,
        "allow": list(plan.allow),
        "notes": [problem_as_json(problem) for problem in plan.notes],
    }
    return body | {"digest": digest_of(body)}


def digest_of(body: Mapping[str, Any]) -> str:
    """The digest over everything in a plan but the digest itself."""
    bare = {key: value for key, value in body.items() if key != "digest"}
    text = json.dumps(bare, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def account_as_json(view: AccountView) -> dict[str, Any]:
    """What a plan shows of an account."""
    creator = view.creator
    offered = creator.privacy if creator else None
    return {
        "open_id": view.open_id,
        "nickname": creator.nickname if creator else None,
        "username": creator.username if creator else None,
        "privacy": None if offered is None else [str(level) for level in offered],
        "quota": asdict(view.quota),
        "public": view.public,
        "list_read_at": when(view.list_read_at),
        "sandbox": view.sandbox,
        "disabled": sorted(creator.disabled) if creator else None,
        "max_seconds": creator.max_seconds if creator else None,
        "stop": creator.stop or None if creator else None,
        "stop_what": creator.stop_what or None if creator else None,
    }


def action_as_json(action: Action) -> dict[str, Any]:
    """What a plan shows of one action."""
    return {
        "post": action.post,
        "action": action.kind.value,
        "reason": action.reason,
        "where": action.where or None,
        "mode": action.mode.value if action.mode else None,
        "due_at": when(action.due_at),
        "sends": dict(action.sends),
        "not_sent": list(action.not_sent),
        "changes": [asdict(change) for change in action.changes],
        "media": [_media(item) for item in action.media],
        "problems": [problem_as_json(p) for p in action.problems],
        "digest": action.digest or None,
        "left": action.left,
        "moved_from": action.moved_from or None,
        "adopts": action.adopts or None,
        "then": action.then.value if action.then else None,
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


def dump(plan: Plan, tool_version: str, hidden: Mapping[str, str] | None = None) -> str:
    """The text of a saved plan. hidden: values that must not stand in it, by the name to write instead."""
    body = with_hidden(as_json(plan, tool_version), hidden or {})
    return _text(body | {"digest": digest_of(body)})


def with_hidden(value: Any, hidden: Mapping[str, str]) -> Any:
    """A part of a plan as it is saved: with the names of variables where their values stood."""
    if isinstance(value, dict):
        return {key: with_hidden(inner, hidden) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_hidden(inner, hidden) for inner in value]
    return hide(value, hidden) if isinstance(value, str) else value


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def load(text: str, name: str) -> tuple[Plan, str]:
    """The plan that `text` holds, and its digest. name: the file, for messages.

    Raises StalePlan where it is no plan of this form, or where any of it was altered since it was made.
    """
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise StalePlan(_unreadable(name, f"it is no {FORMAT}"))
        if body.get("digest") != digest_of(body) or text != _text(body):
            raise StalePlan(Problem("plan-altered", f"{name} was altered since it was made", "make a new plan"))
        plan = _plan(Typed(body))
        again = as_json(plan, str(body.get("tool_version")))
        if again | {"digest": body["digest"]} != body:  # two parts of it tell two things
            raise StalePlan(Problem("plan-altered", f"{name} contradicts itself", "make a new plan"))
        return plan, str(body["digest"])
    except (ValueError, RecursionError) as err:
        raise StalePlan(_unreadable(name, str(err))) from err


def _unreadable(name: str, why: str) -> Problem:
    hint = "make a new one: contentsync plan --out"
    return Problem("plan-unreadable", f"{name} can't be read as a plan: {why}", hint)


def _plan(told: Typed) -> Plan:
    state = told.inner("state")
    return Plan(
        created_at=told.time("created_at"),
        expires_at=told.time("expires_at"),
        lineage=state.text("lineage"),
        serial=state.count("serial"),
        accounts=tuple(_view_of(name, inner) for name, inner in told.inner("accounts").entries()),
        actions=tuple(_action_of(inner) for inner in told.inners("actions")),
        unchanged=told.inner("summary").count(Kind.UNCHANGED),
        inputs=told.text("inputs"),
        allow=told.texts("allow"),
        notes=tuple(_problem_of(inner) for inner in told.inners("notes")),
    )


def _view_of(name: str, told: Typed) -> AccountView:
    quota = told.inner("quota")
    return AccountView(
        name=name,
        open_id=told.text_or_none("open_id"),
        creator=None if told.value("nickname") is None else _creator_of(told),
        quota=Quota(quota.count("posts_left"), quota.count("drafts_left")),
        public=told.flag_or_none("public"),
        list_read_at=told.time_or_none("list_read_at"),
        sandbox=told.flag_if_told("sandbox"),
    )


def _creator_of(told: Typed) -> Creator:
    asked = told.value("privacy") is not None
    return Creator(
        open_id=told.text_or_none("open_id") or "",
        nickname=told.text("nickname"),
        username=told.text("username"),
        privacy=tuple(Privacy(level) for level in told.texts("privacy")) if asked else None,
        disabled=frozenset(Interaction(word) for word in told.texts("disabled")),
        max_seconds=told.count_or_none("max_seconds"),
        stop=told.text_or_none("stop") or "",
        stop_what=told.text_or_none("stop_what") or "",
    )


def _action_of(told: Typed) -> Action:
    mode = told.text_or_none("mode")
    return Action(
        kind=Kind(told.text("action")),
        post=told.text("post"),
        reason=told.text("reason"),
        where=told.text_or_none("where") or "",
        mode=Mode(mode) if mode else None,
        due_at=told.time_or_none("due_at"),
        not_sent=told.texts("not_sent"),
        changes=tuple(_change_of(inner) for inner in told.inners("changes")),
        media=tuple(_media_of(inner) for inner in told.inners("media")),
        problems=tuple(_problem_of(inner) for inner in told.inners("problems")),
        digest=told.text_or_none("digest") or "",
        left=told.flag("left"),
        moved_from=told.text_or_none("moved_from") or "",
        adopts=told.text_or_none("adopts") or "",
        sends=told.mapping_if_told("sends"),
        then=Kind(then) if (then := told.text_if_told("then")) else None,
    )


def _change_of(told: Typed) -> Change:
    return Change(told.text("key"), told.value("before"), told.value("after"))


def _media_of(told: Typed) -> Media:
    facts = told.inner_or_none("facts")
    return Media(
        path=told.text_or_none("path") or "",
        url=told.text_or_none("url") or "",
        sha256=told.text_or_none("sha256") or "",
        size=told.count("bytes"),
        facts=_facts_of(facts) if facts else None,
    )


def _facts_of(told: Typed) -> MediaFacts:
    return MediaFacts(
        container=told.text_or_none("container"),
        codec=told.text_or_none("codec"),
        width=told.count_or_none("width"),
        height=told.count_or_none("height"),
        duration=told.figure_or_none("duration"),
        frame_rate=told.figure_or_none("frame_rate"),
    )


def _problem_of(told: Typed) -> Problem:
    place = told.text_or_none("where")
    where = None
    if place:
        file, line, column = place.rsplit(":", 2)
        where = Place(file, int(line), int(column))
    return Problem(told.text("code"), told.text("what"), told.text("hint"), where, Level(told.text("level")))
