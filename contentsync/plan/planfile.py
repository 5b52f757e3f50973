"""How is a plan saved? As the JSON of `document.py`, with a digest that shows any change. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from contentsync import visible
from contentsync.errors import Problem, StalePlan
from contentsync.frozen import frozen
from contentsync.plan.action import Plan
from contentsync.plan.document import FORMAT, PlanDocument
from contentsync.trust import hide

_UNSEALED: Final = "sha256:" + "0" * 64


def as_json(plan: Plan, tool_version: str) -> dict[str, Any]:
    """The plan as the object that `plan --json` prints and `--out` saves."""
    body = PlanDocument.of(plan, tool_version, _UNSEALED).model_dump(mode="json")
    return body | {"digest": digest_of(body)}


def digest_of(body: Mapping[str, Any]) -> str:
    """The digest over everything in a plan but the digest itself."""
    bare = {key: value for key, value in body.items() if key != "digest"}
    text = json.dumps(bare, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def dump(plan: Plan, tool_version: str, hidden: Mapping[str, str] | None = None) -> str:
    """The text of a saved plan. hidden: values that must not stand in it, by the name to write instead."""
    return sealed(plan, tool_version, hidden)[0]


def sealed(plan: Plan, tool_version: str, hidden: Mapping[str, str] | None = None) -> tuple[str, str]:
    """The same with its digest."""
    body = with_hidden(as_json(plan, tool_version), hidden or {})
    digest = digest_of(body)
    return _text(body | {"digest": digest}), digest


def with_hidden(value: Any, hidden: Mapping[str, str]) -> Any:
    """A part of a plan as it is saved: with the names of variables where their values stood."""
    if isinstance(value, dict):
        return {key: with_hidden(inner, hidden) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_hidden(inner, hidden) for inner in value]
    return hide(value, hidden) if isinstance(value, str) else value


def _text(body: Mapping[str, Any]) -> str:
    return visible.as_json(body, indent=2) + "\n"


def load(text: str, name: str) -> tuple[Plan, str]:
    """The plan that `text` holds, and its digest. name: the file, for messages.

    Raises StalePlan where it is no plan of this form, or where any of it was altered since it was made.
    """
    told = read(text, name)
    if told.altered:
        raise StalePlan(told.altered)
    return told.plan, told.digest


@frozen
class Told:
    """What a plan file says, sound or not."""

    plan: Plan
    digest: str
    #: What shows that it is not as it was made; None for nothing.
    altered: Problem | None
    body: Mapping[str, Any]


def read(text: str, name: str) -> Told:
    """What `text` says, altered or not. Raises StalePlan where it is no plan of this form."""
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise StalePlan(_unreadable(name, f"it is not a {FORMAT} file"))
        document = PlanDocument.model_validate_json(text)
        plan = document.plan()
        return Told(plan, document.digest, _altered(text, body, as_json(plan, document.tool_version), name), body)
    except ValidationError as err:
        raise StalePlan(_unreadable(name, _first_fault(err))) from err
    except (ValueError, RecursionError) as err:
        raise StalePlan(_unreadable(name, str(err))) from err


def _altered(text: str, body: Mapping[str, Any], again: Mapping[str, Any], name: str) -> Problem | None:
    """What shows that a plan is not as it was made. again: what the plan that was read is written as."""
    if body.get("digest") != digest_of(body) or text != _text(body):
        return Problem("plan-altered", f"{name} was altered after it was made", "make a new plan")
    if {**again, "digest": body["digest"]} != body:  # two parts of it say two things
        return Problem("plan-altered", f"{name} contradicts itself", "make a new plan")
    return None


def _first_fault(err: ValidationError) -> str:
    fault = err.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in fault["loc"])
    return f"{key} is missing" if fault["type"] == "missing" else f"{key}: {fault['msg']}"


def _unreadable(name: str, why: str) -> Problem:
    hint = "make a new one: contentsync plan --out FILE"
    return Problem("plan-unreadable", f"{name} can't be read as a plan: {why}", hint)
