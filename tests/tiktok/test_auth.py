"""Which token speaks for an account, and how it is renewed: seeds, the store, commands, TikTok's answers."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from contentsync.errors import NotSent, SignInNeeded, StoreError, Unanswered
from contentsync.settings import Account, App, Sandbox
from contentsync.tiktok.auth import Credentials
from contentsync.tiktok.tokens import Choice, Owner, Pair, TokenStore
from tests.builders import NOW, ManualClock
from tests.tiktok.fakes import BASE_URL, Handler, Script
from tests.tiktok.keyrings import MemoryKeyring

SEED = {"CONTENTSYNC_TOKEN_ACME": "act.seed", "CONTENTSYNC_REFRESH_TOKEN_ACME": "rft.seed"}
OWNER = Owner(BASE_URL, "key", "acme")
APP = App("key", "AppSecret")


def granted(number: int = 1, **over: Any) -> httpx.Response:
    answer = {
        "access_token": f"act.new{number}",
        "refresh_token": f"rft.new{number}",
        "expires_in": 86_400,
        "refresh_expires_in": 31_536_000,
        "scope": "user.info.basic,video.publish",
        "open_id": "open-id",
        "token_type": "Bearer",
    }
    return httpx.Response(200, json=answer | over)


class Desk:
    """One account's credentials over a folder, with the sign-in of TikTok scripted."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.tokens = TokenStore(folder)
        self.script = Script(granted())
        self.handler: Handler = lambda request: self.script(request)

    def credentials(self, environ: dict[str, str] = SEED, app: App = APP, **account: Any) -> Credentials:
        transport = httpx.MockTransport(lambda request: self.handler(request))
        return Credentials(
            Account(**({"name": "acme"} | account)), app, BASE_URL, self.tokens, self.clock, environ, transport
        )

    def keep(self, pair: Pair, at: timedelta = timedelta()) -> Pair:
        return self.tokens.save(OWNER, pair, NOW + at)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def prints(text: str, code: int = 0) -> tuple[str, ...]:
    program = f"import sys; sys.stdout.write({text!r}); sys.stderr.write('act.StderrSecret'); sys.exit({code})"
    return (sys.executable, "-c", program)


# Which token.

BOTH = App("key", "AppSecret", sandbox=Sandbox("sandbox-key", "SandboxSecret"))
SANDBOX = Owner(BASE_URL, "sandbox-key", "acme")


def test_the_last_sign_in_counts_whether_of_the_app_or_its_sandbox(desk: Desk) -> None:
    desk.keep(Pair("act.app", "rft.app"))
    desk.tokens.save(SANDBOX, Pair("act.sandbox", "rft.sandbox"), NOW + timedelta(hours=1))
    credentials = desk.credentials({}, BOTH)
    assert (credentials.token(), credentials.is_sandbox) == ("act.sandbox", True)
    desk.keep(Pair("act.app2", "rft.app2"), timedelta(hours=2))
    credentials = desk.credentials({}, BOTH)
    assert (credentials.token(), credentials.is_sandbox) == ("act.app2", False)


def test_a_sandboxs_pair_is_renewed_with_its_own_keys_and_stays_its_own(desk: Desk) -> None:
    desk.tokens.save(SANDBOX, Pair("act.old", "rft.old"), NOW)
    assert desk.credentials({}, BOTH).refresh("act.old") == "act.new1"
    form = {name: values[0] for name, values in parse_qs(desk.script.bodies[0].decode()).items()}
    assert (form["client_key"], form["client_secret"]) == ("sandbox-key", "SandboxSecret")
    assert [pair.access_token for pair in desk.tokens.all_of(SANDBOX)] == ["act.new1"]
    assert desk.tokens.all_of(OWNER) == []


def test_the_sandboxs_missing_secret_is_named_as_its_own(desk: Desk) -> None:
    desk.tokens.save(SANDBOX, Pair("act.old", "rft.old"), NOW)
    with pytest.raises(SignInNeeded, match=r"without app\.sandbox\.client_secret"):
        desk.credentials({}, App("key", "s", sandbox=Sandbox("sandbox-key", None))).refresh("act.old")


def test_a_seed_is_the_apps_own(desk: Desk) -> None:
    desk.tokens.save(SANDBOX, Pair("act.sandbox", "rft.sandbox"), NOW)
    credentials = desk.credentials(SEED, BOTH)
    assert (credentials.token(), credentials.is_sandbox) == ("act.seed", False)


def test_the_environment_seeds_an_account(desk: Desk) -> None:
    assert desk.credentials().token() == "act.seed"
    assert desk.credentials().scopes() is None
    assert not desk.tokens.path.exists()


def test_the_name_of_the_variable_follows_the_account(desk: Desk) -> None:
    environ = {"CONTENTSYNC_TOKEN_ACME_DE": " act.de\n"}
    assert desk.credentials(environ, name="acme-de").token() == "act.de"


def test_without_any_token_the_two_variables_are_named(desk: Desk) -> None:
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials({}, name="acme-de").token()
    problem = caught.value.problems[0]
    assert problem.code == "no-token"
    assert "CONTENTSYNC_TOKEN_ACME_DE and CONTENTSYNC_REFRESH_TOKEN_ACME_DE" in problem.hint


@pytest.mark.parametrize("value", ["act.Secret one", "act.Secret\nact.two", "act.Sécret", "act.Secret\x00"])
def test_a_seed_that_is_no_token_is_told_without_being_shown(desk: Desk, value: str) -> None:
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials({"CONTENTSYNC_TOKEN_ACME": value}).token()
    assert caught.value.problems[0].code == "token-malformed"
    assert "CONTENTSYNC_TOKEN_ACME" in str(caught.value)
    assert "cret" not in str(caught.value)


def test_the_pair_that_grew_from_the_seed_wins_over_the_seed(desk: Desk) -> None:
    desk.credentials().refresh("act.seed")
    assert desk.credentials().token() == "act.new1"


def test_a_changed_seed_wins_over_the_store(desk: Desk) -> None:
    desk.credentials().refresh("act.seed")
    changed = SEED | {"CONTENTSYNC_TOKEN_ACME": "act.changed"}
    assert desk.credentials(changed).token() == "act.changed"


def test_what_grew_from_one_projects_seed_survives_anothers(desk: Desk) -> None:
    desk.script.steps = [granted(1), granted(2)]
    other = {name: f"{value}2" for name, value in SEED.items()}
    desk.credentials().refresh("act.seed")
    desk.credentials(other).refresh("act.seed2")
    assert desk.credentials().token() == "act.new1"
    assert desk.credentials(other).token() == "act.new2"


def test_a_renamed_account_goes_on_with_what_grew_from_its_seed(desk: Desk) -> None:
    desk.credentials().refresh("act.seed")
    renamed = {name.replace("ACME", "STUDIO"): value for name, value in SEED.items()}
    assert desk.credentials(renamed, name="studio").token() == "act.new1"


def test_without_a_seed_the_store_is_used(desk: Desk) -> None:
    desk.keep(Pair("act.first", open_id="open-id"))
    desk.keep(Pair("act.second", open_id="open-id", seed_sha256="5eed"), at=timedelta(1))
    assert desk.credentials({}).token() == "act.second"


def test_a_pinned_identity_chooses_its_own_pair(desk: Desk) -> None:
    desk.keep(Pair("act.mine", open_id="mine"))
    desk.keep(Pair("act.other", open_id="other", seed_sha256="5eed"), at=timedelta(1))
    assert desk.credentials({}, open_id="mine").token() == "act.mine"


def test_pairs_of_two_identities_are_not_guessed_between(desk: Desk) -> None:
    desk.keep(Pair("act.mine", open_id="mine"))
    desk.keep(Pair("act.other", open_id="other", seed_sha256="5eed"))
    with pytest.raises(SignInNeeded, match="identity-not-clear"):
        desk.credentials({}).token()


def test_another_apps_pair_is_not_used(desk: Desk) -> None:
    desk.keep(Pair("act.kept"))
    with pytest.raises(SignInNeeded, match="no-token"):
        desk.credentials({}, App("other-key", "s")).token()


def test_a_token_known_to_be_expired_is_renewed_before_it_is_used(desk: Desk) -> None:
    desk.keep(Pair("act.kept", "rft.kept", NOW - timedelta(seconds=1)))
    assert desk.credentials({}).token() == "act.new1"


def test_a_refresh_token_alone_is_enough(desk: Desk) -> None:
    del (environ := dict(SEED))["CONTENTSYNC_TOKEN_ACME"]
    assert desk.credentials(environ).token() == "act.new1"


# Renewing.


def test_a_renewal_is_a_form_with_the_documented_fields(desk: Desk) -> None:
    desk.credentials().refresh("act.seed")
    request = desk.script.requests[0]
    assert (request.method, request.url.path) == ("POST", "/v2/oauth/token/")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert parse_qs(desk.script.bodies[0].decode()) == {
        "client_key": ["key"],
        "client_secret": ["AppSecret"],
        "grant_type": ["refresh_token"],
        "refresh_token": ["rft.seed"],
    }


def test_odd_characters_of_a_token_survive_the_form(desk: Desk) -> None:
    odd = "rft.a*b!4321.s1&c=d+e%2F"
    desk.credentials(SEED | {"CONTENTSYNC_REFRESH_TOKEN_ACME": odd}).refresh("act.seed")
    assert parse_qs(desk.script.bodies[0].decode())["refresh_token"] == [odd]


def test_the_new_pair_is_on_disk_with_all_that_was_told(desk: Desk) -> None:
    assert desk.credentials().refresh("act.seed") == "act.new1"
    pair = desk.tokens.all_of(OWNER)[0]
    assert (pair.access_token, pair.refresh_token, pair.open_id) == ("act.new1", "rft.new1", "open-id")
    assert pair.expires_at == NOW + timedelta(hours=24)
    assert pair.scope == ("user.info.basic", "video.publish")
    assert pair.renewal_begun_at is None


def test_the_begun_renewal_is_on_disk_before_tiktok_is_asked(desk: Desk) -> None:
    kept: list[Pair] = []

    def watching(request: httpx.Request) -> httpx.Response:
        kept.extend(desk.tokens.all_of(OWNER))
        return granted()

    desk.handler = watching
    desk.credentials().refresh("act.seed")
    assert [(pair.access_token, pair.renewal_begun_at) for pair in kept] == [("act.seed", NOW)]


def test_a_refresh_token_that_is_not_replaced_stays(desk: Desk) -> None:
    desk.script.steps = [httpx.Response(200, json={"access_token": "act.new1"})]
    desk.credentials().refresh("act.seed")
    pair = desk.tokens.all_of(OWNER)[0]
    assert (pair.access_token, pair.refresh_token, pair.expires_at) == ("act.new1", "rft.seed", None)


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_a_token_in_the_body_is_a_success_whatever_the_status(desk: Desk, status: int) -> None:
    desk.script.steps = [httpx.Response(status, json={"access_token": "act.new1"})]
    assert desk.credentials().refresh("act.seed") == "act.new1"


def test_a_pair_that_another_process_renewed_is_used_as_it_is(desk: Desk) -> None:
    mine, other = desk.credentials(), desk.credentials()
    stale = mine.token()
    other.refresh(stale)
    assert mine.refresh(stale) == "act.new1"
    assert len(desk.script.requests) == 1


def test_a_renewed_pair_that_has_expired_meanwhile_is_renewed_again(desk: Desk) -> None:
    desk.script.steps = [granted(1), granted(2)]
    mine, other = desk.credentials(), desk.credentials()
    stale = mine.token()
    other.refresh(stale)
    desk.clock.advance(timedelta(hours=25))
    assert mine.refresh(stale) == "act.new2"


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_description": "Refresh token is invalid", "log_id": "2026AB"},
        {"error": {"code": "invalid_grant", "message": "Refresh token is invalid", "log_id": "2026AB"}},
    ],
)
def test_a_refused_renewal_needs_a_sign_in(desk: Desk, status: int, body: dict[str, Any]) -> None:
    desk.script.steps = [httpx.Response(status, json=body)]
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials().refresh("act.seed")
    problem = caught.value.problems[0]
    assert problem.code == "invalid-grant"
    assert "invalid_grant" in problem.what
    assert "2026AB" in problem.what
    assert "CONTENTSYNC_TOKEN_ACME" in problem.hint  # while it is set, a sign-in would not be used


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client", "invalid_request", "access_token_invalid"])
def test_other_refusals_are_told_by_their_own_row(desk: Desk, code: str) -> None:
    desk.script.steps = [httpx.Response(200, json={"error": code, "error_description": "", "log_id": ""})]
    with pytest.raises(SignInNeeded, match=code):
        desk.credentials().refresh("act.seed")


@pytest.mark.parametrize(
    "step",
    [
        httpx.Response(500, content=b""),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=["access_token"]),
        httpx.Response(200, json={"access_token": None}),
        httpx.Response(400, json={"error": "something_new"}),
        httpx.Response(400, json={"error": "temporarily_unavailable"}),
        httpx.Response(200, json={"error": "server_error"}),
        httpx.Response(200, json={"access_token": "act.two\nlines", "refresh_token": "rft.new1"}),
        httpx.Response(503, json={"error": "invalid_grant"}),
        httpx.Response(429, json={"error": {"code": "rate_limit_exceeded"}}),
        httpx.ReadTimeout("slow"),
    ],
)
def test_an_unclear_renewal_is_told_as_such_and_may_be_tried_again(desk: Desk, step: Any) -> None:
    desk.script.steps = [step, granted()]
    credentials = desk.credentials()
    with pytest.raises(Unanswered):
        credentials.refresh("act.seed")
    assert credentials.refresh("act.seed") == "act.new1"


@pytest.mark.parametrize(
    "step",
    [
        httpx.Response(502),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("no route"),
        httpx.Response(200, json={"error": "server_error"}),
        httpx.Response(400, json={"error": "temporarily_unavailable"}),
        httpx.Response(429, json={"error": "rate_limit_exceeded"}),
    ],
)
def test_a_transient_error_keeps_the_pair_and_its_living_token(desk: Desk, step: Any) -> None:
    desk.script.steps = [step]
    desk.keep(Pair("act.kept", "rft.kept", NOW + timedelta(hours=1)))
    credentials = desk.credentials({})
    credentials.ensure_fresh()
    assert credentials.token() == "act.kept"
    assert [pair.refresh_token for pair in desk.tokens.all_of(OWNER)] == ["rft.kept"]


def test_a_pair_that_the_keyring_lost_is_told_as_such(tmp_path: Path) -> None:
    desk, keyring = Desk(tmp_path), MemoryKeyring()
    desk.tokens = TokenStore(tmp_path, Choice.KEYRING, keyring)
    desk.credentials().refresh("act.seed")
    keyring.entries.clear()
    with pytest.raises(SignInNeeded, match="keyring-entry-missing"):
        desk.credentials().token()
    assert len(desk.script.requests) == 1  # the seed, which was spent, is not tried instead
    assert desk.credentials(SEED | {"CONTENTSYNC_TOKEN_ACME": "act.changed"}).token() == "act.changed"


def test_a_keyring_that_locks_after_the_answer_loses_nothing(tmp_path: Path) -> None:
    desk, keyring = Desk(tmp_path), MemoryKeyring()
    desk.tokens = TokenStore(tmp_path, Choice.KEYRING, keyring)

    def lock_and_grant(request: httpx.Request) -> httpx.Response:
        keyring.locked = True
        return granted()

    desk.handler = lock_and_grant
    with pytest.raises(SignInNeeded, match="until the keyring accepts them"):
        desk.credentials().refresh("act.seed")
    assert desk.credentials().token() == "act.new1"


def test_a_keyring_that_is_locked_before_spends_no_refresh_token(tmp_path: Path) -> None:
    desk, keyring = Desk(tmp_path), MemoryKeyring()
    desk.tokens = TokenStore(tmp_path, Choice.KEYRING, keyring)
    keyring.locked = True
    with pytest.raises(SignInNeeded, match="keyring-unusable"):
        desk.credentials().refresh("act.seed")
    assert desk.script.requests == []


def test_a_renewal_that_was_not_sent_leaves_no_trace(desk: Desk) -> None:
    desk.script.steps = [httpx.ConnectError("no route")]
    with pytest.raises(NotSent):
        desk.credentials().refresh("act.seed")
    assert desk.tokens.all_of(OWNER)[0].renewal_begun_at is None


def test_a_token_lost_with_a_cut_off_renewal_is_told_plainly(desk: Desk) -> None:
    desk.script.steps = [httpx.ReadError("cut"), httpx.Response(400, json={"error": "invalid_grant"})]
    with pytest.raises(Unanswered):
        desk.credentials().refresh("act.seed")
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials().refresh("act.seed")
    assert "a renewal that began Sun 1 Mar 2026 12:00:00 UTC was interrupted before its answer was saved" in str(
        caught.value
    )


def test_after_invalid_grant_what_another_host_saved_is_used(desk: Desk) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        seed = Pair.seed("act.seed", "rft.seed").seed_sha256
        desk.keep(Pair("act.elsewhere", "rft.elsewhere", seed_sha256=seed))
        return httpx.Response(400, json={"error": "invalid_grant"})

    desk.handler = refuse
    assert desk.credentials().refresh("act.seed") == "act.elsewhere"
    assert desk.credentials().token() == "act.elsewhere"


def test_a_seed_that_outlived_what_grew_from_it_is_used_again(desk: Desk) -> None:
    desk.script.steps = [granted(1), httpx.Response(400, json={"error": "invalid_grant"}), granted(2)]
    desk.credentials().refresh("act.seed")
    assert desk.credentials().refresh("act.new1") == "act.new2"
    assert parse_qs(desk.script.bodies[2].decode())["refresh_token"] == ["rft.seed"]


def test_a_seed_that_is_as_dead_as_what_grew_from_it_is_tried_once(desk: Desk) -> None:
    desk.script.steps = [granted(1), httpx.ReadError("cut"), httpx.Response(400, json={"error": "invalid_grant"})]
    desk.credentials().refresh("act.seed")
    with pytest.raises(Unanswered):
        desk.credentials().refresh("act.new1")
    for _ in range(2):
        with pytest.raises(SignInNeeded, match="was interrupted before its answer was saved"):
            desk.credentials().refresh("act.new1")
    assert len(desk.script.requests) == 6


def test_without_a_refresh_token_a_sign_in_is_needed(desk: Desk) -> None:
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials({"CONTENTSYNC_TOKEN_ACME": "act.seed"}).refresh("act.seed")
    assert caught.value.problems[0].code == "no-refresh-token"
    assert desk.script.requests == []


@pytest.mark.parametrize(
    ("app", "missing"),
    [
        (App(None, None), "app.client_key and app.client_secret"),
        (App("key", None), "app.client_secret"),
        (App("", "s"), "app.client_key"),
    ],
)
def test_missing_keys_of_the_app_are_named(desk: Desk, app: App, missing: str) -> None:
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials(app=app).refresh("act.seed")
    assert caught.value.problems[0].what.endswith(f"without {missing}")


def test_tokens_of_another_identity_are_kept_but_not_used(desk: Desk) -> None:
    with pytest.raises(SignInNeeded, match="other-identity"):
        desk.credentials(open_id="somebody-else").refresh("act.seed")
    assert desk.tokens.all_of(OWNER)[0].access_token == "act.new1"
    with pytest.raises(SignInNeeded, match="other-identity"):
        desk.credentials(open_id="somebody-else").token()


def test_a_store_that_can_not_be_written_spends_no_refresh_token(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    desk = Desk(tmp_path / "data")
    with pytest.raises(StoreError):
        desk.credentials().refresh("act.seed")
    assert desk.script.requests == []


# Renewing ahead.


@pytest.mark.parametrize(
    ("left", "renewed"),
    [
        (None, 0),
        (timedelta(hours=3), 0),
        (timedelta(hours=2, seconds=1), 0),
        (timedelta(hours=2), 1),
        (-timedelta(1), 1),
    ],
)
def test_a_token_with_less_than_two_hours_left_is_renewed_ahead(desk: Desk, left: Any, renewed: int) -> None:
    desk.keep(Pair("act.kept", "rft.kept", None if left is None else NOW + left))
    desk.credentials({}).ensure_fresh()
    assert len(desk.script.requests) == renewed


def test_a_living_token_is_used_on_while_the_sign_in_is_down(desk: Desk) -> None:
    desk.script.steps = [httpx.Response(503)]
    desk.keep(Pair("act.kept", "rft.kept", NOW + timedelta(hours=1)))
    credentials = desk.credentials({})
    credentials.ensure_fresh()
    assert credentials.token() == "act.kept"


def test_an_expired_token_is_not_used_on(desk: Desk) -> None:
    desk.script.steps = [httpx.Response(503)]
    desk.keep(Pair("act.kept", "rft.kept", NOW - timedelta(hours=1)))
    with pytest.raises(Unanswered):
        desk.credentials({}).ensure_fresh()


def test_a_refused_renewal_is_told_before_the_token_expires(desk: Desk) -> None:
    desk.script.steps = [httpx.Response(200, json={"error": "invalid_grant"})]
    desk.keep(Pair("act.kept", "rft.kept", NOW + timedelta(hours=1)))
    with pytest.raises(SignInNeeded):
        desk.credentials({}).ensure_fresh()


# Commands.


def test_a_command_prints_the_token_on_its_first_line(desk: Desk) -> None:
    credentials = desk.credentials({}, token_command=prints(" act.fromcommand\nlogin: acme\n"))
    assert (credentials.token(), credentials.scopes()) == ("act.fromcommand", None)
    assert not desk.tokens.path.exists()


def test_the_environment_wins_over_a_command(desk: Desk) -> None:
    credentials = desk.credentials(token_command=prints("act.fromcommand"))
    assert credentials.token() == "act.seed"
    assert credentials.refresh("act.seed") == "act.new1"


def test_a_command_wins_over_the_store(desk: Desk) -> None:
    desk.keep(Pair("act.kept"))
    assert desk.credentials({}, token_command=prints("act.fromcommand")).token() == "act.fromcommand"


def test_a_command_is_asked_again_for_another_token(desk: Desk) -> None:
    credentials = desk.credentials({}, token_command=prints("act.fromcommand"))
    assert credentials.refresh("act.stale") == "act.fromcommand"
    with pytest.raises(SignInNeeded, match="token-command-stale"):
        credentials.refresh("act.fromcommand")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (prints("", code=0), "printed nothing"),
        (prints("\nact.second\n"), "printed nothing"),
        (prints("act.1", code=3), "ended with 3"),
        (("/nowhere/contentsync-token",), "could not be started (FileNotFoundError)"),
        (("nul\x00byte",), "could not be started (ValueError)"),
        (prints("act.Secret with blanks"), "contains characters that a token never has"),
    ],
)
def test_a_command_without_a_token_is_told_without_what_it_printed(desk: Desk, command: Any, told: str) -> None:
    with pytest.raises(SignInNeeded) as caught:
        desk.credentials({}, token_command=command).token()
    assert told in str(caught.value)
    assert "Secret" not in str(caught.value) + caught.value.problems[0].hint


def test_a_command_is_not_run_by_a_shell(desk: Desk) -> None:
    program = (sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;`id`")
    assert desk.credentials({}, token_command=program).token() == "$HOME;`id`"


# Secrets.


def test_no_secret_is_in_a_repr_or_a_message(desk: Desk) -> None:
    desk.script.steps = [httpx.Response(400, json={"error": "invalid_grant", "error_description": "rft.seed is bad"})]
    credentials = desk.credentials()
    with pytest.raises(SignInNeeded) as caught:
        credentials.refresh("act.seed")
    told = f"{credentials!r} {credentials.pair()!r} {caught.value} {caught.value.problems}"
    assert not [secret for secret in ("act.seed", "rft.seed", "AppSecret") if secret in told]


def test_credentials_that_never_called_close_quietly(desk: Desk) -> None:
    desk.credentials().close()
