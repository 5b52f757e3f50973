"""What a scope that was not granted means, and what an account can really do."""

from __future__ import annotations

import pytest

from contentsync.post import Privacy
from contentsync.remote_post import Creator
from contentsync.settings import App
from contentsync.signin.scopes import WANTED, abilities, missing

PUBLIC = Creator("o", privacy=(Privacy.EVERYONE, Privacy.FRIENDS, Privacy.ONLY_ME))
PRIVATE = Creator("o", privacy=(Privacy.FOLLOWERS, Privacy.FRIENDS, Privacy.ONLY_ME))
AUDITED, UNAUDITED = App(audited=True), App(audited=False)


def can(
    creator: Creator, app: App = AUDITED, without: str = "", sandbox: bool = False
) -> dict[str, tuple[object, str]]:
    scopes = [scope for scope in WANTED if scope != without]
    return {able.name: (able.possible, able.why) for able in abilities(creator, app, scopes, sandbox=sandbox)}


def test_each_missing_scope_has_its_meaning() -> None:
    assert list(missing((), WANTED)) == list(WANTED) and all(missing((), WANTED).values())
    assert missing(None) == {} and missing(WANTED) == {}


def test_the_scope_of_the_profile_is_no_loss_beside_the_scope_that_gives_the_handle_too() -> None:
    assert "nothing is lost" in missing(("video.publish",))["user.info.profile"]
    assert "nothing is lost" not in missing(("video.upload",))["user.info.profile"]


def test_an_audited_app_posts_to_everyone() -> None:
    assert can(PUBLIC)["direct posts"] == (True, "")


def test_an_unaudited_app_and_a_public_account_are_told_both_ways_out() -> None:
    possible, why = can(PUBLIC, UNAUDITED)["direct posts"]
    assert possible is False and "mode: draft" in why and "make the account private" in why


def test_an_unaudited_app_posts_to_the_account_itself() -> None:
    possible, why = can(PRIVATE, UNAUDITED)["direct posts"]
    assert possible is True and "only_me" in why


@pytest.mark.parametrize("creator", [PUBLIC, PRIVATE])
def test_a_sandbox_makes_no_public_posts(creator: Creator) -> None:
    possible, why = can(creator, sandbox=True)["direct posts"]
    assert possible is (creator is PRIVATE) and "sandbox" in why


@pytest.mark.parametrize(
    ("scope", "ability", "words"),
    [
        ("video.publish", "direct posts", "drafts only"),
        ("video.upload", "drafts", "video.upload"),
        ("video.list", "remote list", "can't be confirmed"),
    ],
)
def test_a_missing_scope_takes_one_thing_away(scope: str, ability: str, words: str) -> None:
    told = can(PUBLIC, without=scope)
    assert told[ability][0] is False and words in told[ability][1]
    assert [name for name, (possible, _) in told.items() if possible is False] == [ability]


@pytest.mark.parametrize(
    ("stop", "drafts"),
    [
        ("spam_risk_user_banned_from_posting", False),
        ("spam_risk_too_many_posts", True),
        ("reached_active_user_cap", True),
    ],
)
def test_a_ban_and_a_cap_are_told(stop: str, drafts: bool) -> None:
    told = can(Creator("o", stop=stop, stop_what="no more"))
    assert told["direct posts"][0] is False and stop in told["direct posts"][1]
    assert told["drafts"][0] is drafts


def test_what_is_not_known_is_not_guessed() -> None:
    told = {able.name: able.possible for able in abilities(PUBLIC, AUDITED, None)}
    assert told == {"direct posts": True, "drafts": None, "remote list": None}
