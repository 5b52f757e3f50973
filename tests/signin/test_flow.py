"""A whole sign-in against the emulator, over real sockets and in this process: what is kept, and what never is."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from contentsync.emulator.config import App, Quirks
from contentsync.emulator.server import Emulator
from contentsync.errors import Problem, SignInNeeded, UsageError
from contentsync.project import Project
from contentsync.signin.flow import SignedIn, Wish, sign_in
from tests.cli.signing import PROJECT, a_studio, consented, query_of, visited
from tests.cli.support import Studio, an_emulator

PASTE = {"browser": False}


@dataclass
class Someone:
    """A person who decides as `choice` says. shown: what the browser got to see. turn: changes where it goes."""

    choice: dict[str, str] = field(default_factory=dict)
    turn: tuple[str, str] = ("", "")
    warnings: list[Problem] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    asked: tuple[str, ...] = ()
    pool: ThreadPoolExecutor = field(default_factory=ThreadPoolExecutor)
    shown: Future[httpx.Response] | None = None

    def warn(self, problem: Problem) -> None:
        self.warnings.append(problem)

    def asked_for(self, account: str, scopes: Sequence[str]) -> None:
        self.asked = tuple(scopes)

    def visit(self, address: str, seconds: float) -> None:
        self.addresses.append(address)
        back = (
            consented(address, **self.choice).replace(*self.turn)
            if self.turn[0]
            else consented(address, **self.choice)
        )
        self.shown = self.pool.submit(visited, back)

    def paste(self, address: str, browser: bool) -> str:
        self.addresses.append(address)
        return consented(address, **self.choice)

    def page(self) -> httpx.Response:
        assert self.shown is not None
        return self.shown.result(20)


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator) -> Studio:
    return a_studio(tmp_path, emulator)


def sign(studio: Studio, person: Someone, account: str = "acme", **wish: Any) -> SignedIn:
    project = Project.open(studio.root, studio.environment)
    try:
        return sign_in(project, Wish(account, **wish), person)
    finally:
        project.close()


def refused(studio: Studio, person: Someone, account: str = "acme", **wish: Any) -> Problem:
    """The problem of a sign-in that does not come about, and keeps nothing."""
    before = left(studio)
    with pytest.raises(SignInNeeded) as caught:
        sign(studio, person, account, **wish)
    assert left(studio) == before
    problem = caught.value.problems[0]
    assert problem.hint
    return problem


def left(studio: Studio) -> tuple[str, Any]:
    """All that a sign-in leaves: the project file, and the tokens."""
    path = Path(studio.environment["CONTENTSYNC_DATA_DIR"]) / "tokens.json"
    kept = json.loads(path.read_text())["pairs"] if path.exists() else []
    return (studio.root / "contentsync.yaml").read_text(), kept


def with_redirect(studio: Studio, uri: str) -> None:
    studio.write("contentsync.yaml", PROJECT.replace("  audited", f"  redirect_uri: {uri}\n  audited"))


def test_who_signed_in_is_shown_and_kept(studio: Studio, emulator: Emulator) -> None:
    person = Someone()
    done = sign(studio, person)
    open_id = emulator.accounts["acme"].open_id
    assert (done.who, done.open_id, done.pinned, dict(done.missing)) == ("Acme (@acme)", open_id, True, {})
    assert person.page().status_code == 200 and "Acme (@acme)" in person.page().text
    kept = left(studio)[1][0]
    assert (kept["open_id"], kept["owner"]["account"], len(kept["scope"])) == (open_id, "acme", 3)
    assert (
        kept["refresh_token"] and kept["expires_at"] and kept["access_token"] not in person.page().text + repr(done)
    )


def test_each_sign_in_has_a_state_and_a_challenge_of_its_own(studio: Studio) -> None:
    person = Someone()
    sign(studio, person)
    sign(studio, person, **PASTE)
    first, second = map(query_of, person.addresses)
    assert first["state"] != second["state"] and len(first["state"]) >= 32
    assert first["code_challenge"] != second["code_challenge"]
    assert all(char in "0123456789abcdef" for char in first["code_challenge"]) and len(first["code_challenge"]) == 64


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"decision": "deny"}, "access-denied"),
        ({"client_key": "draft"}, "unauthorized-client"),
        ({"scope": "video.nonsense"}, "invalid-scope"),
        ({"response_type": "token"}, "unsupported-response-type"),
        ({"code_challenge_method": "plain"}, "invalid-request"),
        ({"code_challenge": "wfon2Kvltxbkwaw64CSYtSYs7y14e7cS4M1sF0yoD-A"}, "invalid-request"),
    ],
)
def test_each_no_is_told_in_both_places(studio: Studio, change: dict[str, str], code: str) -> None:
    person = Someone(change)
    assert refused(studio, person).code == code
    assert person.page().status_code == 400 and f"Code: {code}" in person.page().text
    assert "What to do" in person.page().text
    assert refused(studio, Someone(change), **PASTE).code == code


@pytest.mark.parametrize("state", ["another", ""])
def test_an_answer_with_another_state_keeps_nothing(studio: Studio, state: str) -> None:
    person = Someone({"state": state})
    assert refused(studio, person, timeout=2.0).code == "sign-in-state"
    assert person.page().status_code == 400 and "another sign-in" in person.page().text
    assert refused(studio, Someone({"state": state}), **PASTE).code == "sign-in-state"


def test_a_stray_request_does_not_end_a_sign_in(studio: Studio) -> None:
    stray: list[httpx.Response] = []

    class Disturbed(Someone):
        def visit(self, address: str, seconds: float) -> None:
            stray.append(visited(f"{query_of(address)['redirect_uri']}?code=theirs&state=guessed"))
            super().visit(address, seconds)

    person = Disturbed()
    assert sign(studio, person).who == "Acme (@acme)"
    assert (stray[0].status_code, person.page().status_code) == (400, 200)


@pytest.mark.parametrize(
    ("sandbox", "told"),
    [
        (
            '{client_key: "${CONTENTSYNC_SB_KEY}", client_secret: "${CONTENTSYNC_SB_SECRET}"}',
            ["export CONTENTSYNC_SB_KEY=…; export CONTENTSYNC_SB_SECRET=…"],
        ),
        ('{client_key: there, client_secret: "${CONTENTSYNC_SB_SECRET}"}', ["export CONTENTSYNC_SB_SECRET=…"]),
        ("{client_key: there}", ["write app.sandbox.client_secret", "${CONTENTSYNC_SANDBOX_CLIENT_SECRET}"]),
    ],
)
def test_a_sandboxs_missing_keys_are_told_by_the_variables_that_the_project_names(
    studio: Studio, sandbox: str, told: list[str]
) -> None:
    lines = [line for line in PROJECT.splitlines(True) if "sandbox" not in line]
    studio.write("contentsync.yaml", "".join(lines).replace("  audited", f"  sandbox: {sandbox}\n  audited"))
    problem = refused(studio, Someone(), sandbox=True)
    assert (problem.code, [words for words in told if words not in problem.hint]) == ("client-keys-missing", [])
    assert "CONTENTSYNC_CLIENT_KEY" not in problem.hint and "app.sandbox.client_secret" in problem.what


def test_the_apps_missing_keys_are_told_by_their_variables(studio: Studio) -> None:
    del studio.environment["CONTENTSYNC_CLIENT_KEY"]
    assert "export CONTENTSYNC_CLIENT_KEY=…" in refused(studio, Someone()).hint


def test_errors_with_status_200_are_errors_too(tmp_path: Path) -> None:
    with an_emulator(quirks=Quirks(oauth_status=200)) as served:
        problem = refused(a_studio(tmp_path, served), Someone({"code_challenge": "c1fa" * 16}))
    assert "PKCE" in problem.what


def test_a_wrong_secret_is_told_and_not_shown(studio: Studio) -> None:
    studio.environment["CONTENTSYNC_CLIENT_SECRET"] = "not-this-one"
    problem = refused(studio, Someone())
    assert problem.code == "invalid-client" and "not-this-one" not in str(problem) + problem.hint


def test_another_identity_than_the_pinned_one_is_refused(studio: Studio) -> None:
    sign(studio, Someone())
    problem = refused(studio, Someone({"account": "acme_de"}))
    assert problem.code == "other-identity" and "Acme De" in problem.what


def test_another_identity_than_the_posts_were_made_with_is_refused(studio: Studio) -> None:
    sign(studio, Someone(), **PASTE)
    studio.post("hello")
    assert studio.run("apply", "--auto-approve").code == 0
    studio.write("contentsync.yaml", PROJECT)  # the pin is gone, the state remembers
    problem = refused(studio, Someone({"account": "acme_de"}), **PASTE)
    assert problem.code == "other-identity" and "made the posts of account acme" in problem.what


def test_two_names_are_never_one_identity(studio: Studio) -> None:
    sign(studio, Someone())
    problem = refused(studio, Someone({"account": "acme"}), "acme_de")
    assert problem.code == "open-id-twice"


def test_who_it_is_follows_from_the_tokens_where_tiktok_tells_no_more(studio: Studio, emulator: Emulator) -> None:
    emulator.add_fault("user_info:status=500,count=all")
    done = sign(studio, Someone(), **PASTE)
    assert (done.who, done.pinned) == (emulator.accounts["acme"].open_id, True)


def test_the_environments_seed_is_told_to_win(studio: Studio, emulator: Emulator) -> None:
    studio.environment |= emulator.environment
    person = Someone()
    done = sign(studio, person)
    assert done.override and done.override.away == "unset CONTENTSYNC_TOKEN_ACME CONTENTSYNC_REFRESH_TOKEN_ACME"
    assert [problem.code for problem in person.warnings] == ["sign-in-not-used"]
    assert "unset CONTENTSYNC_TOKEN_ACME" in person.warnings[0].hint


# Where the browser comes back to.


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Studio, int]]:
    """An app with a Web redirect URI and a Desktop one with a fixed port, and that port."""
    port = a_free_port()
    uris = ("https://tool.example/tiktok/back", f"http://localhost:{port}/cb/")
    with an_emulator(app=App(audited=True, redirect_uris=uris)) as served:
        yield a_studio(tmp_path, served), port


def test_a_fixed_port_is_the_one_that_is_listened_on(elsewhere: tuple[Studio, int]) -> None:
    studio, port = elsewhere
    with_redirect(studio, f"http://localhost:{port}/cb/")
    person = Someone(turn=("http://localhost:", "http://127.0.0.1:"))
    assert sign(studio, person).pinned
    assert query_of(person.addresses[0])["redirect_uri"] == f"http://localhost:{port}/cb/"


def test_a_fixed_port_in_use_is_told(elsewhere: tuple[Studio, int]) -> None:
    studio, port = elsewhere
    with_redirect(studio, f"http://localhost:{port}/cb/")
    with socket.create_server(("127.0.0.1", port)):
        problem = refused(studio, Someone())
    assert problem.code == "sign-in-port" and str(port) in problem.what


def test_a_web_app_is_reached_through_its_tunnel_and_proves_nothing(elsewhere: tuple[Studio, int]) -> None:
    studio, port = elsewhere
    with_redirect(studio, "https://tool.example/tiktok/back")
    person = Someone(turn=("https://tool.example", f"http://127.0.0.1:{port}"))
    assert sign(studio, person, port=port).pinned
    assert "code_challenge" not in query_of(person.addresses[0])


def test_a_web_app_without_a_tunnel_takes_the_pasted_address(elsewhere: tuple[Studio, int]) -> None:
    studio, _ = elsewhere
    with_redirect(studio, "https://tool.example/tiktok/back")
    assert sign(studio, Someone()).pinned


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"port": 4000}, "sign-in-port"),
        ({"port": 4000, "browser": False}, "sign-in-port"),
        ({"sandbox": True}, "sandbox-missing"),
    ],
)
def test_options_that_make_no_sense_are_refused(studio: Studio, wish: dict[str, Any], code: str) -> None:
    text = "".join(line for line in PROJECT.splitlines(True) if "sandbox" not in line)
    studio.write("contentsync.yaml", text)
    with pytest.raises(UsageError) as caught:
        sign(studio, Someone(), **wish)
    assert caught.value.problems[0].code == code
