"""How does a case file read? A few lines of YAML become the posts and the world that the planner looks at.

now: +2d                      times are ISO, or from builders.NOW: +1d2h, -30m
posts: [launch, {name: teaser, caption: Hi, publish_at: +1d}]    the keys of a manifest; a video of its own each
state: [{name: launch, phase: published, at: -2d, was: {caption: Old}}]     was: how it differed when it was sent
videos, gone, receipts, journal, left_out, creator, limits, slots, timezone, paused            of account acme
accounts: {beta: {…}}         further accounts, with the same keys
audited, posting_users, allow, retry, only
expected: |                   what is printed
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from contentsync.evidence.identity import Former, Identity
from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Remote, World
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Media, Mode, Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator, RemotePost
from contentsync.settings import App, Limits, Slot
from tests.builders import NOW, a_creator, a_media, a_post, a_private_creator, a_remote, a_row, an_account, an_attempt

CASES = Path(__file__).parent / "cases"
OF_AN_ACCOUNT = {
    *("state", "videos", "gone", "list_read_at", "receipts", "noted_elsewhere", "journal", "acquainted", "left_out"),
    *("tiktok_now", "open_id", "creator", "limits", "slots", "timezone", "paused", "scopes", "sandbox"),
    *("how_to_renew", "token_since", "formers"),
}
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Case:
    """One file, as the planner's input. only: the keys that are selected; None for all."""

    def __init__(self, text: str) -> None:
        self.given: dict[str, Any] = yaml.safe_load(text)
        self.now = moment(self.given.get("now", "+0s"))
        self.posts = {post.key: post for post in map(self._post, self.given.get("posts", []))}
        facts = {name: self._facts(name, told) for name, told in self._accounts().items()}
        only = self.given.get("only")
        self.only = frozenset(only) if only else None
        since = self.now - timedelta(days=1)
        recent = [a for told in facts.values() for row in told.rows for a in row.attempts if a.created_at >= since]
        self.world = World(
            now=self.now,
            accounts=facts,
            app=App(audited=self.given.get("audited", True), posting_users_per_day=self.given.get("posting_users")),
            attempts=tuple(recent),
            allow=frozenset(self.given.get("allow", ())),
            retry=frozenset(self.given.get("retry", ())),
        )

    def _accounts(self) -> dict[str, dict[str, Any]]:
        acme = {key: told for key, told in self.given.items() if key in OF_AN_ACCOUNT}
        others = self.given.get("accounts", {})
        used = acme or not others or any(post.account == "acme" for post in self.posts.values())
        return ({"acme": acme} if used else {}) | others

    def _post(self, told: str | dict[str, Any]) -> DesiredPost:
        given: dict[str, Any] = {"name": told} if isinstance(told, str) else dict(told)
        name, seconds = given["name"], given.pop("seconds", 10.0)
        files = given.pop("media", name)
        given["media"] = tuple(_media(file, seconds) for file in (files if isinstance(files, list) else [files]))
        if given.pop("bare", False):
            given["media"] = ()
        mode = given["mode"] = Mode(given.get("mode", "direct"))
        privacy = given.get("privacy", "everyone" if mode is Mode.DIRECT else None)
        given["privacy"] = Privacy(privacy) if privacy else None
        given["kind"] = Kind(given.get("kind", "video"))
        given["allow"] = frozenset(map(Interaction, given.get("allow", [])))
        given["disclosure"] = frozenset(map(Disclosure, given.get("disclosure", [])))
        given["next_slot"] = given.get("publish_at") == "next-slot"
        at = given.pop("publish_at", None)
        given["publish_at"] = moment(at) if at and not given["next_slot"] else None
        given["expires_at"] = moment(given["expires_at"]) if "expires_at" in given else None
        given["grace"] = span(given.get("grace", "1h"))
        return a_post(**({"caption": f"About {name}"} | given))

    def _facts(self, name: str, told: dict[str, Any]) -> AccountFacts:
        open_id = told.get("open_id", f"open-id-of-{name}")
        rows = tuple(self._row(name, open_id, number, row) for number, row in enumerate(told.get("state", []), 1))
        account = an_account(
            name,
            open_id=open_id,
            slots=tuple(map(_slot, told.get("slots", []))),
            timezone=told.get("timezone", "UTC"),
            paused=told.get("paused", False),
            limits=Limits(**told.get("limits", {})),
        )
        return AccountFacts(
            account=account,
            open_id=open_id,
            creator=_creator(told.get("creator", "public"), open_id),
            rows=rows,
            bindings={row.post_id: row.uid for row in rows if row.post_id},
            remote=Remote(
                videos=tuple(map(_video, told.get("videos", []))),
                gone={str(key): moment(at) for key, at in told.get("gone", {}).items()},
                read_at=moment(told.get("list_read_at", self.now)),
            ),
            receipts={key: _receipt(key, receipt, rows) for key, receipt in told.get("receipts", {}).items()},
            noted_elsewhere=told.get("noted_elsewhere", False),
            journal=tuple(_noted(number, note) for number, note in enumerate(told.get("journal", []))),
            acquainted=told.get("acquainted", False),
            left_out=frozenset(told.get("left_out", ())),
            sandbox=told.get("sandbox", False),
            tiktok_now=moment(told["tiktok_now"]) if "tiktok_now" in told else None,
            scopes=frozenset(told["scopes"]) if "scopes" in told else None,
            formers=tuple(map(_former, told.get("formers", []))),
            token_since=moment(told["token_since"]) if "token_since" in told else None,
            how_to_renew=told.get("how_to_renew", ""),
        )

    def _row(self, account: str, open_id: str, number: int, told: dict[str, Any]) -> PostState:
        given = dict(told)
        name = given.pop("name")
        declared = self.posts.get(f"{account}/{name}")
        was = self._was(declared, {"account": account, "name": name} | given.pop("was", {}))
        tries = given.pop("attempts", None)
        if tries is None:
            keys = [key for key in ("phase", "at", "post_id", "digest", *_TRY) if key in given]
            tries = [{key: given.pop(key) for key in keys}] if "phase" in given else []
        attempts = tuple(_attempt(was, open_id, number, index, one) for index, one in enumerate(tries, 1))
        if given.pop("acked", False) and declared:
            given["acked_digest"] = declared.digest
        for key in ("slot_at", "removed_at", "public_at"):
            if key in given:
                given[key] = moment(given[key])
        given = {"open_id": open_id, "name": name, "account": account} | given
        return a_row(was, attempts=attempts, **given)

    def _was(self, declared: DesiredPost | None, over: dict[str, Any]) -> DesiredPost:
        fresh = self._post(over)
        if declared is None:
            return fresh
        named = {"media", "caption", "mode", "privacy", "generation", "allow", "account"} & set(over)
        return replace(declared, **{key: getattr(fresh, key) for key in named})


_TRY = (
    "generation",
    "problem_code",
    "problem_what",
    "retry",
    "not_before",
    "upload_expires_at",
    "init_sent_at",
    "plan_digest",
    "publish_id",
    "last_put_at",
    "tiktok_opened_at",
)


def _attempt(was: DesiredPost, open_id: str, row: int, number: int, told: dict[str, Any]) -> Attempt:
    given = dict(told)
    created = moment(given.pop("at", "-1h"))
    phase = Phase(given.pop("phase"))
    for key in ("not_before", "upload_expires_at", "init_sent_at", "last_put_at", "tiktok_opened_at"):
        if given.get(key):
            given[key] = moment(given[key])
    if phase is Phase.PUBLISHED and was.privacy is Privacy.EVERYONE:
        given = {"post_id": str(7_400_000_000_000_000_000 + row)} | given
    if phase is Phase.UNKNOWN:
        given = {"problem_code": "lost-sight", "problem_what": "TikTok no longer tells of it"} | given
    sent = json.dumps(was.sent_values())
    over = {"id": f"{row}-{number}", "number": number, "open_id": open_id, "sent": sent, "created_at": created}
    return an_attempt(was, **(over | {"phase": phase} | given))


def _receipt(name: str, told: dict[str, Any], rows: tuple[PostState, ...]) -> Witness:
    """`attempts` of a row's own, as it knows them, and further ones that it does not; the last in `phase`."""
    phase, generation = told["phase"], told.get("generation", 1)
    if phase in {"declared", "bound", "unreadable"}:
        legible = phase != "unreadable"
        return Witness(Source.RECEIPT, name, (), told.get("post_id", ""), generation, legible=legible)
    own = [Tried.of(a) for row in rows if row.name == name for a in row.attempts][: told.get("own", 0)]
    last = Tried(Phase(phase), len(own) + 1, generation, f"elsewhere-{name}", media=told.get("media", ""))
    tried = (*own[:-1], replace(own[-1], phase=Phase(phase))) if told.get("own") else (last,)
    return Witness(Source.RECEIPT, name, tried, generation=generation, media=told.get("media", ""))


def _noted(number: int, told: dict[str, Any]) -> Witness:
    """An attempt in the journal; of this state's own lineage with `here: true`."""
    phase, media = Phase(told.get("phase", "uploading")), told.get("media", "")
    tried = Tried(phase, 1, told.get("generation", 1), told.get("id", f"noted-{number}"), media=media)
    return Witness(Source.JOURNAL, told["name"], (tried,), media=media, lineage="another")


def _creator(told: str | dict[str, Any], open_id: str) -> Creator | None:
    if told == "none":
        return None
    if isinstance(told, str):
        return (a_creator if told == "public" else a_private_creator)(open_id=open_id)
    given = {"open_id": open_id} | told
    if "denied" in given:
        given["denied"] = frozenset(given["denied"])
    if "disabled" in given:
        given["disabled"] = frozenset(map(Interaction, given["disabled"]))
    if given.get("privacy") is not None:
        given["privacy"] = tuple(map(Privacy, given["privacy"]))
    if "stop" in given:
        given = {"privacy": None, "stop_what": "TikTok takes nothing more today"} | given
    return a_creator(**given)


def _media(text: str, seconds: float) -> Media:
    if text.startswith("https:"):
        return a_media(url=text)
    made = a_media(f"posts/{text}.mp4")
    assert made.facts is not None
    return replace(made, facts=replace(made.facts, duration=seconds))


def _former(told: dict[str, Any]) -> Former:
    identity = Identity(told["open_id"], username=told.get("username", ""))
    return Former(identity, told.get("rows", 0), told.get("receipts", 0))


def _video(told: dict[str, Any]) -> RemotePost:
    given = dict(told) | {"created_at": moment(told.get("at", "-1h"))}
    given.pop("at", None)
    return a_remote(**({"title": given.get("caption", "")} | given))


def _slot(text: str) -> Slot:
    day, _, time = text.partition(" ")
    hour, _, minute = time.partition(":")
    return Slot(_DAYS.index(day), int(hour), int(minute))


def span(text: str) -> timedelta:
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([dhms])", text)))


def moment(told: Any) -> datetime:
    """`+1d2h` from builders.NOW, or a time in UTC."""
    if isinstance(told, datetime):
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    return NOW - span(told) if told.startswith("-") else NOW + span(told)
