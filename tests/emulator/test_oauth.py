"""Tokens: codes with TikTok's own PKCE, rotation, expiry, revoking, and the flat shape of their errors."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from contentsync.emulator.config import Account, App, Config, Lives, Quirks
from contentsync.emulator.tokens import challenge_of
from tests.emulator.support import Caller, a_caller, a_tiktok, code

VERIFIER = "contentsync-pkce-test-verifier_0123456789.ABCDEFGHIJ~klmnop"
CHALLENGE = "c1fa27d8abe5b716e4c1a2e4882498b5262c3ff2d78bb712e0cd6c174ca80fe0"
CALLBACK = "http://127.0.0.1:3455/callback/"


def consent(caller: Caller, **changes: str) -> httpx.Response:
    """Visit the consent page, and say yes unless told otherwise."""
    asked = {
        "client_key": caller.emulator.config.app.client_key,
        "response_type": "code",
        "scope": "user.info.basic,video.publish",
        "redirect_uri": CALLBACK,
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "account": "acme",
        "decision": "allow",
    }
    return caller.http.get(f"/v2/auth/authorize/?{urlencode(asked | changes)}")


def came_back(answer: httpx.Response) -> dict[str, str]:
    """The parameters of the redirect."""
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(caller: Caller, **changes: str) -> httpx.Response:
    bought = changes.pop("code", None)
    code = came_back(consent(caller))["code"] if bought is None else bought
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return caller.oauth(**({"grant_type": "authorization_code"} | form | changes))


def refresh(caller: Caller, token: str) -> httpx.Response:
    return caller.oauth(grant_type="refresh_token", refresh_token=token)


def test_the_challenge_is_the_hex_of_the_verifiers_digest() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


def test_a_code_buys_a_pair_with_the_granted_scopes() -> None:
    with a_caller() as caller:
        pair = exchange(caller).json()
        assert pair["access_token"].startswith("act.") and pair["refresh_token"].startswith("rft.")
        assert pair["scope"] == "user.info.basic,video.publish"
        assert (pair["expires_in"], pair["refresh_expires_in"], pair["token_type"]) == (86_400, 31_536_000, "Bearer")
        assert pair["open_id"] == caller.emulator.accounts["acme"].open_id
        assert code(caller.post("/v2/post/publish/creator_info/query/", token=pair["access_token"])) == (200, "ok")


def test_a_code_holds_characters_that_careless_decoding_breaks() -> None:
    with a_caller() as caller:
        found = came_back(consent(caller))
    assert "*" in found["code"] and "!" in found["code"]
    assert (found["state"], found["scopes"]) == ("xyz", "user.info.basic,video.publish")


def test_a_code_works_once() -> None:
    with a_caller() as caller:
        bought = came_back(consent(caller))["code"]
        assert "access_token" in exchange(caller, code=bought).json()
        assert exchange(caller, code=bought).json()["error"] == "invalid_grant"


def test_a_code_ends_after_ten_minutes() -> None:
    with a_caller() as caller:
        bought = came_back(consent(caller))["code"]
        caller.emulator.advance(600)
        answer = exchange(caller, code=bought)
    assert (answer.status_code, answer.json()["error"]) == (200, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "cut*0"}, "invalid_grant"),
        ({"code_verifier": "x" * 50}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:9/callback/"}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": ""}, "invalid_request"),
    ],
)
def test_a_wrong_exchange_is_refused_in_the_flat_shape(changes: dict[str, str], error: str) -> None:
    with a_caller() as caller:
        answer = exchange(caller, **changes)
    assert answer.status_code == 200
    assert answer.json()["error"] == error
    assert set(answer.json()) == {"error", "error_description", "log_id"}


def test_base64url_pkce_passes_the_page_and_fails_at_the_token() -> None:
    with a_caller() as caller:
        bought = came_back(consent(caller, code_challenge="wfon2Kvltxbkwaw64CSYtSYs7y14e7cS4M1sF0yoD-A"))["code"]
        answer = exchange(caller, code=bought).json()
    assert (answer["error"], answer["error_description"]) == (
        "invalid_request",
        "Code verifier or code challenge is invalid.",
    )


def test_oauth_errors_can_come_with_status_400() -> None:
    with a_caller(quirks=Quirks(oauth_status=400)) as caller:
        answer = refresh(caller, "rft.nobody")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_json_body_is_no_form() -> None:
    with a_caller() as caller:
        answer = caller.http.post("/v2/oauth/token/", json={"grant_type": "refresh_token"})
    assert (answer.status_code, answer.json()["error"]) == (200, "invalid_request")
    assert answer.json()["error_description"] == (
        "Only `application/x-www-form-urlencoded` is accepted as Content-Type."
    )


def test_a_refresh_token_works_once() -> None:
    with a_caller() as caller:
        first = caller.emulator.accounts["acme"].refresh_token
        second = refresh(caller, first).json()["refresh_token"]
        assert second != first
        assert refresh(caller, first).json()["error"] == "invalid_grant"
        assert "access_token" in refresh(caller, second).json()


def test_a_replaced_refresh_token_can_have_its_grace() -> None:
    with a_caller(quirks=Quirks(refresh_grace=30)) as caller:
        first = caller.emulator.accounts["acme"].refresh_token
        refresh(caller, first)
        assert "access_token" in refresh(caller, first).json()
        caller.emulator.advance(30)
        assert refresh(caller, first).json()["error"] == "invalid_grant"


def test_a_refresh_token_can_stay_the_same() -> None:
    with a_caller(quirks=Quirks(refresh_rotates=False)) as caller:
        first = caller.emulator.accounts["acme"].refresh_token
        assert refresh(caller, first).json()["refresh_token"] == first


def test_refreshing_does_not_renew_the_year() -> None:
    with a_caller() as caller:
        caller.emulator.advance(1_000_000)
        pair = refresh(caller, caller.emulator.accounts["acme"].refresh_token).json()
    assert pair["refresh_expires_in"] == 31_536_000 - 1_000_000


def test_an_access_token_ends_after_its_day() -> None:
    with a_caller(lives=Lives(access_token=60)) as caller:
        caller.emulator.advance(59)
        assert code(caller.creator()) == (200, "ok")
        caller.emulator.advance(1)
        assert code(caller.creator()) == (401, "access_token_invalid")


def test_expired_refresh_tokens_leave_only_a_new_sign_in() -> None:
    with a_caller() as caller:
        caller.emulator.expire_tokens("acme", refresh_too=True)
        assert refresh(caller, caller.emulator.accounts["acme"].refresh_token).json()["error"] == "invalid_grant"
        assert "access_token" in exchange(caller).json()


def test_revoking_answers_nothing_and_ends_both_tokens() -> None:
    with a_caller() as caller:
        before = caller.emulator.accounts["acme"]
        answer = caller.oauth("/v2/oauth/revoke/", token=before.access_token)
        assert (answer.status_code, answer.content) == (200, b"")
        assert code(caller.creator()) == (401, "access_token_invalid")
        assert refresh(caller, before.refresh_token).json()["error"] == "invalid_grant"


def test_a_client_token_is_none_of_a_user() -> None:
    with a_caller() as caller:
        answer = caller.oauth(grant_type="client_credentials").json()
        assert answer["access_token"].startswith("clt.") and answer["expires_in"] == 7_200
        denied = caller.post("/v2/post/publish/creator_info/query/", token=answer["access_token"])
    assert code(denied) == (401, "access_token_invalid")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_key": "draft"}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "video.publish video.list"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"decision": "deny"}, "access_denied"),
    ],
)
def test_what_goes_wrong_at_the_page_comes_back_as_a_redirect(changes: dict[str, str], error: str) -> None:
    with a_caller() as caller:
        found = came_back(consent(caller, **changes))
    assert (found["error"], found["state"]) == (error, "xyz")


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/callback/", "http://127.0.0.1:80/callback", "https://evil.example/", "http://[::1]:1/"]
)
def test_an_unregistered_redirect_uri_is_never_followed(uri: str) -> None:
    with a_caller() as caller:
        answer = consent(caller, redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_the_page_offers_accounts_and_scopes_until_someone_decides() -> None:
    with a_caller(Account("acme"), Account("beta")) as caller:
        page = consent(caller, decision="", account="")
    assert page.status_code == 200
    assert 'value="acme"' in page.text and 'value="beta"' in page.text and 'name="may.video.publish"' in page.text


def test_a_person_may_grant_less_than_was_asked() -> None:
    with a_caller() as caller:
        found = came_back(consent(caller, granted="user.info.basic"))
    assert found["scopes"] == "user.info.basic"


def test_a_web_app_needs_no_pkce() -> None:
    app = App(redirect_uris=("https://tool.example/back",))
    with a_caller(app=app) as caller:
        uri = {"redirect_uri": "https://tool.example/back"}
        bought = came_back(consent(caller, code_challenge="", code_challenge_method="", **uri))["code"]
        assert "access_token" in exchange(caller, code=bought, code_verifier="", **uri).json()


def test_unticking_every_box_leaves_the_scope_that_always_goes_with_a_sign_in() -> None:
    with a_caller() as caller:
        page = consent(caller, decision="", account="").text
        found = came_back(consent(caller, form="1", **{"may.user.info.basic": "on"}))
    assert 'name="may.user.info.basic" value="on"' in page
    assert found["scopes"] == "user.info.basic"


def test_the_page_escapes_what_it_was_asked_and_loads_nothing() -> None:
    with a_caller() as caller:
        page = consent(caller, decision="", account="", state='"><script>x</script>').text
        refused = consent(caller, redirect_uri="<script>").text
    assert "<script" not in page + refused
    assert not any(part in page for part in ("src=", "url(", "<link", "https:"))


def test_a_sandbox_has_keys_codes_and_tokens_of_its_own() -> None:
    with a_caller() as caller:
        app = caller.emulator.config.app
        keys = {"client_key": app.sandbox_key, "client_secret": app.sandbox_secret}
        bought = came_back(consent(caller, client_key=app.sandbox_key))["code"]
        assert exchange(caller, code=bought).json()["error"] == "invalid_grant"
        bought = came_back(consent(caller, client_key=app.sandbox_key))["code"]
        pair = exchange(caller, code=bought, **keys).json()
        assert refresh(caller, pair["refresh_token"]).json()["error"] == "invalid_grant"
        assert caller.oauth("/v2/oauth/revoke/", token=pair["access_token"]).json()["error"] == "invalid_request"
        answer = caller.oauth(grant_type="refresh_token", refresh_token=pair["refresh_token"], **keys)
        assert answer.status_code == 200
        assert exchange(caller, client_key=app.sandbox_key).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/callback/",
        "http://[::1]:*/callback/",
        "http://tool.example/",
        "https://tool.example/?a=b",
        "https://tool.example/#a",
        "https://localhost/callback/",
        "https://tool.example/" + "x" * 500,
    ],
)
def test_what_tiktok_would_not_register_is_no_redirect_uri(uri: str) -> None:
    with pytest.raises(ValueError, match="would not register"):
        App(redirect_uris=(uri,))


def test_an_app_has_ten_redirect_uris_at_most() -> None:
    with pytest.raises(ValueError, match="TikTok takes 10"):
        App(redirect_uris=tuple(f"https://tool.example/{number}" for number in range(11)))


def test_an_upper_case_challenge_fails_at_the_token() -> None:
    with a_caller() as caller:
        bought = came_back(consent(caller, code_challenge=CHALLENGE.upper()))["code"]
        assert exchange(caller, code=bought).json()["error"] == "invalid_request"


def test_consent_can_be_given_without_a_person() -> None:
    with a_caller(Account("acme"), auto_consent="acme") as caller:
        assert "code" in came_back(consent(caller, decision="", account=""))


def test_the_same_seed_gives_the_same_tokens_and_another_seed_others() -> None:
    def tokens(seed: int | None) -> object:
        with a_tiktok(seed=seed) as emulator:
            return emulator.accounts

    assert tokens(1) == tokens(1)
    assert len({str(tokens(seed)) for seed in (1, 2, None, None)}) == 4


def test_an_accounts_tokens_do_not_hang_on_who_else_is_there() -> None:
    def of_acme(config: Config) -> object:
        with a_tiktok(*config.accounts) as emulator:
            return emulator.accounts["acme"]

    assert of_acme(Config((Account("acme"),))) == of_acme(Config((Account("zeta"), Account("acme"))))
