"""What may posts be, by `policy:` in the project file? And what is wrong with it? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import Level, Problem
from contentsync.manifest.document import Document, Path
from contentsync.manifest.wording import did_you_mean, listed
from contentsync.policy_rule import Rule

if TYPE_CHECKING:
    from contentsync.manifest.project_schema import PolicyKeys, ProjectFile

#: The demands; each rule has one.
DEMANDS: Final = (
    "banned",
    "hashtags",
    "mentions",
    "disclosure",
    "spacing",
    "same_content_within",
    "hours",
    "public_per_day",
)
_WITH_WHEN: Final = frozenset({"hashtags", "mentions", "disclosure"})
_LONGEST: Final = timedelta(hours=24)


def check(project: ProjectFile, written: Mapping[str, Any]) -> Iterator[tuple[Path, Problem]]:
    """All that is wrong with the rules. written: the file before ${NAME} was read."""
    raw = written.get("policy")
    for number, entry in enumerate(raw) if isinstance(raw, list) else ():
        if isinstance(entry, dict):
            yield from _demands(entry, ("policy", number))
    seen: dict[str, int] = {}
    for number, keys in enumerate(project.policy or ()):
        if seen.setdefault(keys.id, number) != number:
            problem = Problem("policy-rule", "two rules have the id {shown}", "give each rule an id of its own")
            yield ("policy", number, "id"), problem
        yield from _spans(keys, ("policy", number))
        for place, account in enumerate(keys.accounts or ()):
            if account not in (project.accounts or {}):
                hint = did_you_mean(account, project.accounts or {}) or "name accounts of this file"
                what = "the rule names the account {shown}, which is not there"
                yield ("policy", number, "accounts", place), Problem("unknown-account", what, hint)


def _demands(entry: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Problem]]:
    named = [key for key in DEMANDS if key in entry]
    if len(named) != 1:
        what = f"a rule has {' and '.join(named)}" if named else "a rule demands nothing"
        hint = "write one rule for each" if named else f"write one of {listed(DEMANDS)}"
        yield path, Problem("policy-rule", what, hint)
    elif "when" in entry and named[0] not in _WITH_WHEN:
        what = f"`when` does nothing for {named[0]}"
        yield (*path, "when"), Problem("policy-rule", what, "delete it")


def _spans(keys: PolicyKeys, path: Path) -> Iterator[tuple[Path, Problem]]:
    for key in ("spacing", "same_content_within"):
        length = getattr(keys, key)
        if length is not None and length > _LONGEST:
            what = f"{key} is over 24h; what went out before that is not looked at"
            yield (*path, key), Problem("policy-rule", what, "write 24h or less")


def rules(project: ProjectFile, document: Document) -> tuple[Rule, ...]:
    """The rules, each with its place."""
    return tuple(_rule(keys, document, number) for number, keys in enumerate(project.policy or ()))


def _rule(keys: PolicyKeys, document: Document, number: int) -> Rule:
    return Rule(
        id=keys.id,
        level=Level(keys.level or Level.ERROR),
        accounts=frozenset(keys.accounts or ()),
        when=keys.when or (),
        banned=keys.banned or (),
        hashtags=keys.hashtags or (),
        mentions=keys.mentions or (),
        disclosure=tuple(map(str, keys.disclosure or ())),
        spacing=keys.spacing,
        same_content_within=keys.same_content_within,
        hours=keys.hours,
        public_per_day=keys.public_per_day,
        where=document.place(("policy", number)),
    )
