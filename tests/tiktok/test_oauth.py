"""What is said to TikTok's sign-in, and how its answers are understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlsplit

import httpx
import pytest

from contentsync.errors import Refused, Unanswered
from contentsync.tiktok import oauth, pkce, research
from contentsync.tiktok.exchange import Exchange
from contentsync.tiktok.oauth import AppKeys
from contentsync.tiktok.sign_in_refusals import sign_in_refusal
from tests.builders import ManualClock
from tests.tiktok.fakes import BASE_URL, Script

KEYS = AppKeys("key", "hush")
CALLBACK = "http://127.0.0.1:3455/callback/"
CODE = "Abc-_x*y!0%2B*v!5236.s1"
BOUGHT = {"access_token": "act.new", "refresh_token": "rft.new", "expires_in": 86_400, "open_id": "o", "scope": "a,b"}


def an_exchange(*steps: httpx.Response) -> tuple[Exchange, Script]:
    script = Script(*steps)
    return Exchange(ManualClock(), httpx.MockTransport(script)), script


def refused(status: int = 400, **body: Any) -> httpx.Response:
    return httpx.Response(status, json={"error_description": "", "log_id": "2026AB"} | body)


def test_the_challenge_is_hex_and_no_base64url() -> None:
    verifier = "contentsync-pkce-test-verifier_0123456789.ABCDEFGHIJ~klmnop"
    assert pkce.challenge_of(verifier) == "c1fa27d8abe5b716e4c1a2e4882498b5262c3ff2d78bb712e0cd6c174ca80fe0"


def test_a_verifier_is_new_each_time_and_of_an_allowed_length() -> None:
    verifiers = {pkce.new_verifier() for _ in range(50)}
    assert len(verifiers) == 50
    assert all(43 <= len(verifier) <= 128 and verifier.isascii() for verifier in verifiers)


def test_the_page_is_tiktoks_own_and_scopes_have_commas() -> None:
    url = oauth.authorize_url("https://open.tiktokapis.com", "key", ("a", "b"), CALLBACK, "st", "c0ffee")
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://www.tiktok.com/v2/auth/authorize/"
    assert dict(parse_qsl(parts.query)) == {
        "client_key": "key",
        "response_type": "code",
        "scope": "a,b",
        "redirect_uri": CALLBACK,
        "state": "st",
        "code_challenge": "c0ffee",
        "code_challenge_method": "S256",
    }


def test_a_web_app_sends_no_challenge() -> None:
    assert "challenge" not in oauth.authorize_url(BASE_URL, "key", ("a",), "https://x.example/", "st")


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9", "http://localhost:9/"])
def test_on_this_machine_the_page_is_that_servers(base_url: str) -> None:
    url = oauth.authorize_url(base_url, "key", ("a",), CALLBACK, "st", "c0ffee")
    assert url.startswith(base_url.rstrip("/") + "/v2/auth/authorize/?")


def test_a_code_goes_out_whole_with_its_verifier() -> None:
    exchange, script = an_exchange(httpx.Response(200, json=BOUGHT))
    bought = oauth.redeem(exchange, BASE_URL, KEYS, CODE, CALLBACK, "v" * 64)
    assert {name: values[0] for name, values in parse_qs(script.bodies[0].decode()).items()} == {
        "client_key": "key",
        "client_secret": "hush",
        "code": CODE,
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code_verifier": "v" * 64,
    }
    assert (bought.access_token, bought.scope, bought.open_id) == ("act.new", ("a", "b"), "o")


def test_a_web_app_sends_no_verifier() -> None:
    exchange, script = an_exchange(httpx.Response(200, json=BOUGHT))
    oauth.redeem(exchange, BASE_URL, KEYS, CODE, CALLBACK)
    assert b"verifier" not in script.bodies[0]


ECHOED = AppKeys("key", "hush!/hush")


def echo(request: httpx.Request) -> httpx.Response:
    """A refusal that repeats what was sent, decoded and as it was."""
    form, raw = dict(parse_qsl(request.content.decode())), request.content.decode()
    said = " ".join((*form.values(), raw))
    code = "invalid_grant" if "token" not in form else "weird." + form["token"]
    return httpx.Response(400, json={"error": code, "error_description": said, "log_id": "2026AB"})


@pytest.mark.parametrize("call", ["redeem", "renew", "revoke", "client_token"])
def test_no_secret_that_was_sent_is_told_though_the_answer_repeats_it(call: str) -> None:
    exchange = Exchange(ManualClock(), httpx.MockTransport(echo))
    calls: dict[str, Callable[[], object]] = {
        "redeem": lambda: oauth.redeem(exchange, BASE_URL, ECHOED, CODE, CALLBACK, "v" * 64),
        "renew": lambda: oauth.renew(exchange, BASE_URL, "key", ECHOED.client_secret, "old-refresh-token"),
        "revoke": lambda: oauth.revoke(exchange, BASE_URL, ECHOED, "old-access-token"),
        "client_token": lambda: research.client_token(exchange, BASE_URL, "key", ECHOED.client_secret),
    }
    with pytest.raises((Refused, Unanswered)) as caught:
        calls[call]()
    said = str(caught.value)
    secrets = (ECHOED.client_secret, quote_plus(ECHOED.client_secret), CODE, quote_plus(CODE), "v" * 64)
    assert "…" in said
    assert [secret for secret in (*secrets, "old-refresh-token", "old-access-token") if secret in said] == []


def test_neither_is_it_as_a_log_id() -> None:
    heard: list[str] = []

    def on_request(method: str, path: str, status: int, log_id: str, seconds: float) -> None:
        heard.append(log_id)

    body = {"error": "invalid_grant", "error_description": "", "log_id": "2026-old-refresh-token"}
    exchange = Exchange(ManualClock(), httpx.MockTransport(Script(httpx.Response(400, json=body))), on_request)
    with pytest.raises(Refused) as caught:
        oauth.renew(exchange, BASE_URL, "key", "hush!/hush", "old-refresh-token")
    assert (heard, caught.value.log_id) == (["2026-…"], "2026-…")


def test_a_token_that_stays_the_same_is_kept_though_it_was_sent() -> None:
    exchange, _ = an_exchange(httpx.Response(200, json=BOUGHT | {"refresh_token": "old-refresh-token"}))
    renewed = oauth.renew(exchange, BASE_URL, "key", "hush!/hush", "old-refresh-token")
    assert renewed.refresh_token == "old-refresh-token"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("error", "description", "words"),
    [
        ("invalid_request", "Code verifier or code challenge is invalid.", "PKCE"),
        ("invalid_request", "Redirect_uri is not matched with the uri when requesting code.", "redirect URI"),
        ("invalid_grant", "The redirect uri is wrong", "redirect URI"),
        ("invalid_grant", "Authorization code is expired.", "code from TikTok's page"),
        ("invalid_client", "Client key or secret is incorrect.", "client_key and client_secret"),
    ],
)
def test_each_no_to_a_code_says_what_it_means(status: int, error: str, description: str, words: str) -> None:
    exchange, _ = an_exchange(refused(status, error=error, error_description=description))
    with pytest.raises(Refused) as caught:
        oauth.redeem(exchange, BASE_URL, KEYS, CODE, CALLBACK, "v" * 64)
    problem = caught.value.problem
    assert words in problem.what and problem.hint and description.rstrip(".") in problem.what
    assert (problem.code, caught.value.log_id) == (error.replace("_", "-"), "2026AB")
    assert CODE not in str(caught.value) and "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), refused(error="server_error"), refused(error="weird"), httpx.Response(200)]
)
def test_what_is_no_clear_no_is_unanswered(answer: httpx.Response) -> None:
    exchange, script = an_exchange(answer)
    with pytest.raises(Unanswered):
        oauth.redeem(exchange, BASE_URL, KEYS, CODE, CALLBACK)
    assert len(script.requests) == 1


def test_an_empty_body_says_that_access_is_revoked() -> None:
    exchange, script = an_exchange(httpx.Response(200))
    oauth.revoke(exchange, BASE_URL, KEYS, "act.old")
    assert script.paths == ["/v2/oauth/revoke/"]
    assert parse_qs(script.bodies[0].decode())["token"] == ["act.old"]


@pytest.mark.parametrize("status", [200, 400])
def test_a_refused_revoke_is_told(status: int) -> None:
    exchange, _ = an_exchange(
        refused(status, error="invalid_request", error_description="The access token is invalid.")
    )
    with pytest.raises(Refused, match="does not know the token"):
        oauth.revoke(exchange, BASE_URL, KEYS, "act.old")


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(404), refused(error="server_error")])
def test_a_revoke_without_a_clear_answer_is_unanswered(answer: httpx.Response) -> None:
    exchange, _ = an_exchange(answer)
    with pytest.raises(Unanswered):
        oauth.revoke(exchange, BASE_URL, KEYS, "act.old")


@pytest.mark.parametrize("code", ["access_denied", "unauthorized_client", "invalid_scope", "invalid_request"])
def test_each_no_of_the_page_has_its_row(code: str) -> None:
    row = sign_in_refusal(code, "")
    assert row is not None and row.code == code and row.hint
