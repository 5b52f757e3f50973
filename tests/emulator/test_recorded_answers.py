"""What TikTok was recorded to answer at sign-in, and the older readings as switches."""

from __future__ import annotations

from typing import Any

import pytest

from contentsync.emulator.config import Account, App, Quirks
from tests.emulator.support import Caller, a_caller, code
from tests.emulator.test_oauth import CHALLENGE, VERIFIER, came_back, consent, exchange

WEB = "https://app.acme.example/signed-in"
BASE64URL = "wfon2Kvltxbkwaw64CSYtSYs7y14e7cS4M1sF0yoD-A"


def web_app(**more: Any) -> App:
    return App(redirect_uris=(WEB, "http://127.0.0.1:*/callback/"), **more)


def signs_in(caller: Caller, challenge: str, verifier: str) -> bool:
    """Whether a whole sign-in of a Web app comes to a token."""
    answered = came_back(consent(caller, redirect_uri=WEB, code_challenge=challenge))
    if "code" not in answered:
        return False
    bought = exchange(caller, code=answered["code"], redirect_uri=WEB, code_verifier=verifier)
    return "access_token" in bought.json()


@pytest.mark.parametrize(
    ("challenge", "verifier"),
    [
        (CHALLENGE, VERIFIER),
        (BASE64URL, VERIFIER),
        (CHALLENGE, "11-letters!"),
        (CHALLENGE, ""),
        ("anything", "x"),
    ],
)
def test_pkce_is_not_looked_at_where_the_app_is_a_web_app(challenge: str, verifier: str) -> None:
    with a_caller(app=web_app()) as caller:
        assert signs_in(caller, challenge, verifier)


@pytest.mark.parametrize(
    ("reading", "hexadecimal", "base64url"),
    [("ignored", True, True), ("checked", True, False), ("refused", False, False)],
)
def test_pkce_of_a_web_app_can_be_checked_or_refused(reading: Any, hexadecimal: bool, base64url: bool) -> None:
    with a_caller(app=web_app(), quirks=Quirks(web_pkce=reading)) as caller:
        found = signs_in(caller, CHALLENGE, VERIFIER), signs_in(caller, BASE64URL, VERIFIER)
    assert found == (hexadecimal, base64url)


def test_a_desktop_app_must_prove_itself_all_the_same() -> None:
    with a_caller(app=web_app()) as caller:
        bought = came_back(consent(caller, code_challenge=BASE64URL))["code"]
        assert exchange(caller, code=bought).json()["error"] == "invalid_request"
        assert came_back(consent(caller, code_challenge=""))["error_type"] == "code_challenge"


@pytest.mark.parametrize(("code_first", "error"), [(True, "invalid_grant"), (False, "invalid_client")])
def test_the_code_is_judged_before_the_client(code_first: bool, error: str) -> None:
    with a_caller(quirks=Quirks(code_before_client=code_first)) as caller:
        assert exchange(caller, code="never*given!1", client_key="nobody").json()["error"] == error


def test_a_good_code_does_not_help_a_wrong_client() -> None:
    with a_caller() as caller:
        assert exchange(caller, client_key="nobody").json()["error"] == "invalid_client"


@pytest.mark.parametrize(("always", "scopes"), [(True, "user.info.basic,video.upload"), (False, "video.upload")])
def test_the_basic_scope_is_granted_with_any_other(always: bool, scopes: str) -> None:
    with a_caller(quirks=Quirks(basic_always=always)) as caller:
        answered = came_back(consent(caller, scope="video.upload"))
        bought = exchange(caller, code=answered["code"]).json()
    assert (answered["scopes"], bought["scope"]) == (scopes, scopes)


def test_an_account_that_is_no_target_user_of_the_sandbox_is_turned_away() -> None:
    app = App(sandbox_targets=("beta",))
    with a_caller(Account("acme"), Account("beta"), app=app) as caller:
        key = app.sandbox_key
        assert came_back(consent(caller, client_key=key)) == {
            "error": "access_denied",
            "error_type": "non_sandbox_target",
            "state": "xyz",
        }
        assert "code" in came_back(consent(caller, client_key=key, account="beta"))
        assert "code" in came_back(consent(caller))


def test_a_scope_that_the_app_lacks_refuses_the_whole_sign_in() -> None:
    with a_caller(app=App(scopes=("user.info.basic", "video.upload"))) as caller:
        answered = came_back(consent(caller, scope="user.info.basic,video.upload,video.list"))
        assert (answered["error"], answered["error_type"]) == ("invalid_scope", "scope")
        assert "code" in came_back(consent(caller, scope="user.info.basic,video.upload"))


@pytest.mark.parametrize(("reading", "refused"), [("works", False), ("refused", True)])
def test_refresh_tokens_of_a_sandbox_can_be_refused_though_fresh(reading: Any, refused: bool) -> None:
    app = App()
    keys = {"client_key": app.sandbox_key, "client_secret": app.sandbox_secret}
    with a_caller(quirks=Quirks(sandbox_refresh=reading)) as caller:
        bought = came_back(consent(caller, client_key=app.sandbox_key))["code"]
        pair = exchange(caller, code=bought, **keys).json()
        answer = caller.oauth(grant_type="refresh_token", refresh_token=pair["refresh_token"], **keys).json()
        live = caller.oauth(grant_type="refresh_token", refresh_token="rft.nobody").json()
    assert (answer.get("error") == "invalid_grant") is refused
    assert live["error"] == "invalid_grant"


def test_fields_beyond_the_scopes_are_refused_without_data() -> None:
    with a_caller(Account("acme", scopes=("user.info.basic",))) as caller:
        answer = caller.get("/v2/user/info/?fields=open_id,username")
        assert code(answer) == (401, "scope_not_authorized")
        assert "data" not in answer.json()


def test_what_is_wrong_with_a_request_can_be_shown_on_the_page_alone() -> None:
    with a_caller(quirks=Quirks(refusals_shown="page")) as caller:
        shown = consent(caller, scope="video.nonsense")
    assert (shown.status_code, "<code>scope</code>" in shown.text) == (400, True)
