"""Does a post break a rule of the project's policy? Rules about its content, and rules about when posts go out. Pure.

An error blocks a create; a warning is only reported. Only a change of the project file lifts a rule.
A rule about content looks at one post, so `validate` knows it too. A rule about time looks at what was sent in the
last day, by the rows, and at what this plan sends. Rows that may be public count as sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from contentsync.errors import Level, Problem
from contentsync.plan.action import AccountFacts, World
from contentsync.plan.caps import MAY_SHOW, spent_at
from contentsync.policy_rule import Rule
from contentsync.post import DesiredPost, Mode, Privacy
from contentsync.post_state import BY_HAND
from contentsync.times import in_words, span, zone_of

LOOKED_BACK: Final = timedelta(hours=26)  # the longest day that a zone has, and a bit
_PLACES: Final = {"banned": "caption", "hashtags": "caption", "mentions": "caption", "disclosure": "disclosure"}


def content_problems(post: DesiredPost, rules: tuple[Rule, ...]) -> Iterator[Problem]:
    """What is wrong with the content of one post, by the rules that concern its account."""
    if not rules:
        return
    from contentsync.plan.policy_words import found  # its patterns are made only where there are rules

    text = f"{post.title}\n{post.caption}"
    for rule in rules:
        if rule.concerns(post.account) and (not rule.when or found(rule.when, text)):
            yield from _of_content(rule, post, text)


def _of_content(rule: Rule, post: DesiredPost, text: str) -> Iterator[Problem]:
    from contentsync.plan.policy_words import found, lacking_hashtags, lacking_mentions

    if words := found(rule.banned, text):
        yield _breach(rule, post, "banned", "policy-banned", f"the text has {_told(words)}", "reword the text")
    if lacking := lacking_hashtags(rule.hashtags, text):
        yield _required(rule, post, "hashtags", lacking)
    if lacking := lacking_mentions(rule.mentions, text):
        yield _required(rule, post, "mentions", lacking)
    if lacking := [word for word in rule.disclosure if word not in post.disclosure]:
        yield _required(rule, post, "disclosure", lacking)


def _required(rule: Rule, post: DesiredPost, key: str, lacking: list[str]) -> Problem:
    place = _PLACES[key]
    what = f"{place} lacks {', '.join(lacking)}"
    return _breach(rule, post, key, "policy-required", what, f"add {', '.join(lacking)} to {place}")


def _breach(rule: Rule, post: DesiredPost, key: str, code: str, what: str, hint: str) -> Problem:
    told = f"rule {rule.id}: {what}"
    return Problem(code, told, _hint(hint, rule), post.place_of(_PLACES[key]) or post.where, rule.level)


def _hint(hint: str, rule: Rule) -> str:
    return f"{hint}; the rule is in {rule.where}" if rule.where else hint


def _told(words: list[str]) -> str:
    return ", ".join(f'"{word}"' for word in words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else "")


class Sent(NamedTuple):
    """A post that went out, or will by this plan."""

    open_id: str
    key: str
    at: datetime
    is_direct: bool
    is_public: bool
    media: str


class TimeRules:
    """The rules about time, with all that was sent lately; each create that passes is added."""

    def __init__(self, world: World) -> None:
        self._rules = tuple(rule for rule in world.policy if rule.is_about_time)
        self._now = world.now
        self._sent = list(_sent_before(world)) if self._rules else []

    def problems(self, post: DesiredPost, facts: AccountFacts, at: datetime) -> list[Problem]:
        """What is wrong with sending the post at that time."""
        mine = [rule for rule in self._rules if rule.concerns(post.account)]
        return [problem for rule in mine for problem in self._broken(rule, _as_sent(post, facts, at), facts)]

    def add(self, post: DesiredPost, facts: AccountFacts, at: datetime) -> None:
        """Count a post that will be sent."""
        if self._rules:
            self._sent.append(_as_sent(post, facts, at))

    def _broken(self, rule: Rule, this: Sent, facts: AccountFacts) -> Iterator[Problem]:
        at, zone = this.at, facts.account.timezone
        same = [one for one in self._sent if one.open_id == this.open_id and one.is_direct and one.key != this.key]
        if this.is_direct and rule.hours and not rule.hours.hold(_minute(at, zone)):
            what = f"posts go out {rule.hours} only, and this one would {in_words(at, zone)}"
            yield _of_time(rule, "policy-hours", what, "give it a publish_at inside these hours")
        if this.is_direct and rule.spacing:
            near = min(same, key=lambda one: abs(one.at - at), default=None)
            if near and abs(near.at - at) < rule.spacing:
                what = f"{near.key} goes out {span(abs(near.at - at))} away, less than {span(rule.spacing)}"
                yield _of_time(rule, "policy-spacing", what, "give one of them another publish_at")
        if this.is_public and rule.public_per_day is not None:
            day = at.astimezone(zone_of(zone)).date()
            today = sum(one.is_public and one.at.astimezone(zone_of(zone)).date() == day for one in same)
            if today >= rule.public_per_day:
                what = f"{day} has {today} public posts already, and {rule.public_per_day} is the most"
                yield _of_time(rule, "policy-public-per-day", what, "give it a publish_at on another day")
        if rule.same_content_within and this.media:
            yield from self._same_content(rule, this, rule.same_content_within)

    def _same_content(self, rule: Rule, this: Sent, within: timedelta) -> Iterator[Problem]:
        for one in self._sent:
            if one.media == this.media and one.open_id != this.open_id and abs(one.at - this.at) < within:
                what = f"{one.key} has the same media and goes out within {span(within)} of it"
                yield _of_time(rule, "policy-same-content", what, "give one of them a later publish_at")
                return


def _of_time(rule: Rule, code: str, what: str, hint: str) -> Problem:
    return Problem(code, f"rule {rule.id}: {what}", _hint(hint, rule), level=rule.level)


def _as_sent(post: DesiredPost, facts: AccountFacts, at: datetime) -> Sent:
    is_direct = post.mode is Mode.DIRECT
    who = facts.open_id or post.account
    return Sent(who, post.key, at, is_direct, is_direct and post.privacy is Privacy.EVERYONE, post.media_digest)


def _sent_before(world: World) -> Iterator[Sent]:
    """What may have gone out in the last day, of every account whose rows are known."""
    rows = [row for facts in world.accounts.values() for row in facts.rows]
    names = {row.uid: row.key for row in rows}
    attempts = {a.id: a for a in (*world.attempts, *(a for row in rows for a in row.attempts))}
    for attempt in attempts.values():
        at = spent_at(attempt, world.now)
        if attempt.phase in MAY_SHOW and attempt.run_id != BY_HAND and at > world.now - LOOKED_BACK:
            is_direct = attempt.mode is Mode.DIRECT
            is_public = is_direct and attempt.privacy in ("", Privacy.EVERYONE)
            key = names.get(attempt.post_uid, "another post")
            yield Sent(attempt.open_id, key, at, is_direct, is_public, attempt.media_digest)


def _minute(at: datetime, zone: str) -> int:
    local = at.astimezone(zone_of(zone))
    return local.hour * 60 + local.minute


def against(post: DesiredPost, world: World) -> tuple[Problem, ...]:
    """Why the post may not be sent at any time: by its content, or because the project's program refuses it."""
    refused = world.verdict.of(post.key)
    return (*errors(list(content_problems(post, world.policy))), *([refused] if refused else ()))


def errors(problems: list[Problem]) -> list[Problem]:
    """Those that block."""
    return [problem for problem in problems if problem.level is Level.ERROR]


def placed(problem: Problem, post: DesiredPost) -> Problem:
    """The problem at its place, else at the post's manifest."""
    return problem if problem.where else replace(problem, where=post.where)
