"""Which scopes are wanted, what does a missing one mean, and what can an account really do? Pure.

Source: Scopes Reference; Content Sharing Guidelines; Query Creator Info; Add a Sandbox.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contentsync.frozen import frozen
from contentsync.remote_post import Creator
from contentsync.settings import App

# Each scope that contentsync uses, and what can't be done without it.
SCOPES: Final = {
    "user.info.basic": "TikTok does not tell who the account is",
    "user.info.profile": "the account's handle is known only where video.publish is granted",
    "user.info.stats": "no followers, likes and counts: contentsync accounts --stats shows none",
    "video.list": "no remote list: publications can't be confirmed, and drift and lookalikes are not seen",
    "video.publish": "drafts only: direct posts are not possible",
    "video.upload": "drafts are not possible",
}
_NO_LOSS: Final = "nothing is lost, because video.publish gives the account's handle too"
WANTED: Final = tuple(SCOPES)
# What posting needs. Any app with the Content Posting API may ask for these. The others belong to the Display API,
# which TikTok does not give to every new app, and it refuses a whole sign-in over one scope that the app lacks.
POSTING: Final = ("user.info.basic", "video.publish", "video.upload")
BY_NAME: Final = {"posting": POSTING, "all": WANTED}


def to_ask(chosen: Iterable[str], granted_before: Iterable[str]) -> tuple[str, ...]:
    """The scopes that a sign-in asks for: those that were chosen, else those of posting and those of the last time.

    chosen: scopes, or names of BY_NAME.
    """
    named = [scope for name in chosen for scope in BY_NAME.get(name, (name,))]
    return tuple(dict.fromkeys(named or (*POSTING, *(scope for scope in granted_before if scope in SCOPES))))


def app_lacks_scope(account: str, asked: Iterable[str]) -> tuple[str, str]:
    """The problem of a scope that the app lacks, with the command that asks for fewer scopes."""
    scopes = list(asked)
    extra = [scope for scope in scopes if scope not in POSTING]
    what = f"the app lacks one of the scopes that this sign-in asked for: {', '.join(extra or scopes)}"
    login = f"contentsync login {account} --scope"
    if extra:
        return what, f"sign in without them: {login} posting; or add their products in TikTok's developer portal"
    portal = "add the Content Posting API in TikTok's developer portal and switch Direct Post on"
    return what, f"sign in for drafts alone: {login} video.upload; for direct posts, {portal}"


def missing(granted: Iterable[str] | None, wanted: Iterable[str] = WANTED) -> dict[str, str]:
    """The wanted scopes that were not granted, each with its consequence; none if the grant is not known.

    A scope that contentsync does not use has no consequence.
    """
    if granted is None:
        return {}
    there = frozenset(granted)
    meanings = SCOPES | ({"user.info.profile": _NO_LOSS} if "video.publish" in there else {})
    return {
        scope: meanings.get(scope, "contentsync itself does not use it") for scope in wanted if scope not in there
    }


@frozen
class Ability:
    """Whether one thing can be done for an account, and why not or with what limits. possible: None: not known."""

    name: str
    possible: bool | None
    why: str


def abilities(creator: Creator, app: App, granted: Iterable[str] | None, *, sandbox: bool = False) -> list[Ability]:
    """What can really be done now. granted: None where it is not known. creator: from fresh calls."""
    scopes = None if granted is None else frozenset(granted)
    return [_direct(creator, app, scopes, sandbox), _drafts(creator, scopes), _list(creator, scopes)]


def _direct(creator: Creator, app: App, scopes: frozenset[str] | None, sandbox: bool) -> Ability:
    name = "direct posts"
    if _lacks(scopes, "video.publish") or (creator.privacy is None and not creator.stop):
        return Ability(name, False, "the scope video.publish is missing: drafts only")
    if creator.stop:
        return Ability(name, False, f"TikTok takes no posts for it now: {creator.stop_what} ({creator.stop})")
    audited = app.audited and not sandbox
    if creator.is_public and not audited:
        why = "a sandbox posts" if sandbox else "an app that is not audited posts"
        fix = "use mode: draft, or make the account private in TikTok's app"
        return Ability(
            name, False, f"public account, and {why} to private accounts only: TikTok refuses direct posts; {fix}"
        )
    if sandbox:
        return Ability(name, True, "privacy only_me alone: a sandbox makes no public posts")
    if not audited:
        return Ability(name, True, "privacy only_me alone: the app is not audited")
    return Ability(name, True, "")


def _drafts(creator: Creator, scopes: frozenset[str] | None) -> Ability:
    if _lacks(scopes, "video.upload"):
        return Ability("drafts", False, "the scope video.upload is missing")
    if creator.stop == "spam_risk_user_banned_from_posting":
        return Ability("drafts", False, "TikTok has banned the account from posting")
    if scopes is None:
        return Ability("drafts", None, "needs the scope video.upload; the granted scopes are not known")
    return Ability("drafts", True, "")


def _list(creator: Creator, scopes: frozenset[str] | None) -> Ability:
    if _lacks(scopes, "video.list"):
        return Ability("remote list", False, "the scope video.list is missing: publications can't be confirmed")
    if creator.is_public is False:
        return Ability("remote list", True, "but it shows public posts only, and the account is private")
    return Ability("remote list", None if scopes is None else True, "")


def _lacks(scopes: frozenset[str] | None, scope: str) -> bool:
    return scopes is not None and scope not in scopes
