"""What people do meanwhile: creators with their drafts, and developers who move to another app."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contentsync.emulator.config import Account, Quirks
from contentsync.emulator.tokens import challenge_of
from tests.emulator.support import Caller, a_caller, code


def a_draft(caller: Caller) -> str:
    """A draft that is in the inbox."""
    started = caller.draft(5).json()["data"]
    caller.put(started["upload_url"], b"video")
    states = [caller.status(started["publish_id"]).json()["data"]["status"] for _ in range(2)]
    assert states[-1] == "SEND_TO_USER_INBOX"
    return str(started["publish_id"])


def state_of(caller: Caller, publish_id: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.status(publish_id).json()["data"]
    return found


def user(caller: Caller) -> dict[str, str]:
    found: dict[str, str] = caller.get("/v2/user/info/?fields=open_id,union_id").json()["data"]["user"]
    return found


# -- creators


def test_a_creator_who_never_posts_leaves_a_draft_in_the_inbox() -> None:
    with a_caller() as caller:
        publish_id = a_draft(caller)
        caller.emulator.advance(10_000_000)
        caller.emulator.change_account("acme")
        assert caller.emulator.ledger()["tasks"][0]["status"] == "SEND_TO_USER_INBOX"  # type: ignore[index]
        assert caller.emulator.videos("acme") == []
        assert publish_id.startswith("v_inbox_file~")


def test_a_creator_posts_drafts_by_herself_with_a_caption_of_her_own() -> None:
    with a_caller(Account("acme", posts_drafts_after=3_600, draft_caption="As I like it")) as caller:
        publish_id = a_draft(caller)
        caller.emulator.advance(3_599)
        assert state_of(caller, publish_id)["status"] == "SEND_TO_USER_INBOX"
        caller.emulator.advance(1)
        assert state_of(caller, publish_id)["status"] == "PUBLISH_COMPLETE"
        caller.emulator.advance(30)
        assert [video["title"] for video in caller.listed()] == ["As I like it"]
        assert len(state_of(caller, publish_id)["publicaly_available_post_id"]) == 1


def test_a_discarded_draft_is_never_posted_and_nobody_is_told() -> None:
    with a_caller() as caller:
        publish_id = a_draft(caller)
        told = {"publish_id": publish_id, "discard": True}
        assert caller.http.post("/_emulator/drafts", json=told).status_code == 200
        assert state_of(caller, publish_id)["status"] == "SEND_TO_USER_INBOX"
        again = caller.http.post("/_emulator/drafts", json={"publish_id": publish_id})
        assert (again.status_code, "gone from the inbox" in again.text) == (400, True)


@pytest.mark.parametrize(("cap", "refused"), [("per_day", "ok"), ("held", "spam_risk_too_many_pending_share")])
def test_the_cap_of_drafts_is_by_the_day_or_by_what_is_held(cap: Any, refused: str) -> None:
    with a_caller(quirks=Quirks(drafts_cap=cap)) as caller:
        held = [a_draft(caller) for _ in range(5)]
        assert code(caller.draft())[1] == "spam_risk_too_many_pending_share"
        caller.emulator.advance(90_000)
        caller.emulator.change_account("acme")
        renew(caller)
        assert code(caller.draft())[1] == refused
        for publish_id in held[:2]:
            caller.emulator.discard_draft(publish_id)
        assert code(caller.draft())[1] == "ok"


def renew(caller: Caller) -> None:
    """A new access token, for a day went by."""
    refresh_token = caller.emulator.accounts["acme"].refresh_token
    assert "access_token" in caller.oauth(grant_type="refresh_token", refresh_token=refresh_token).json()


# -- another app


def test_another_app_knows_an_account_by_another_open_id_and_the_same_union_id() -> None:
    with a_caller() as caller:
        before, posted = user(caller), caller.publish()
        told = caller.http.post("/_emulator/app", json={"client_key": "aw-other", "client_secret": "other"}).json()
        after = user(caller)
        assert told["client_key"] == "aw-other"
        assert told["accounts"]["acme"]["open_id"] == after["open_id"] != before["open_id"]
        assert after["union_id"] == before["union_id"] != ""
        assert code(caller.status(posted)) == (400, "token_not_authorized_for_specified_publish_id")
        assert len(caller.listed()) == 1
        caller.emulator.change_app(client_key="awemulator0000000")
        assert user(caller) == before
        assert code(caller.status(posted)) == (200, "ok")


@pytest.mark.parametrize(("reading", "same"), [("same", True), ("other", False)])
def test_a_sandbox_may_know_an_account_by_another_open_id(reading: Any, same: bool) -> None:
    with a_caller(quirks=Quirks(sandbox_open_id=reading)) as caller:
        app, live = caller.emulator.config.app, user(caller)["open_id"]
        found = signed_in(caller, client_key=app.sandbox_key, client_secret=app.sandbox_secret)
        assert (found["open_id"] == live, user(caller)["open_id"]) == (same, found["open_id"])


def signed_in(caller: Caller, **keys: str) -> dict[str, str]:
    """The token answer of a whole sign-in, of a Desktop app."""
    uri = "http://127.0.0.1:1/callback/"
    verifier = "v" * 43
    asked = {"client_key": keys["client_key"], "response_type": "code", "redirect_uri": uri, "state": "s"}
    asked |= {"scope": "user.info.basic", "decision": "allow", "account": "acme", "code_challenge_method": "S256"}
    asked["code_challenge"] = challenge_of(verifier)
    page = caller.http.get("/v2/auth/authorize/", params=asked)
    granted = httpx.URL(page.headers["location"]).params["code"]
    form = {"grant_type": "authorization_code", "code": granted, "redirect_uri": uri, "code_verifier": verifier}
    found: dict[str, str] = caller.oauth(**keys, **form).json()
    return found


def test_an_app_changes_in_what_it_may() -> None:
    with a_caller(Account("acme", private=False)) as caller:
        assert caller.http.post("/_emulator/app", json={"audited": False}).status_code == 200
        assert code(caller.init())[1] == "unaudited_client_can_only_post_to_private_accounts"
        refused = caller.http.post("/_emulator/app", json={"colour": "red"})
        assert (refused.status_code, "colour" in refused.text) == (400, True)
