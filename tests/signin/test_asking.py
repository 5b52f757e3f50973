"""Which scopes a sign-in asks for, and what follows where the app or the account lacks something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.config import Account, App, Quirks
from contentsync.signin.scopes import POSTING, WANTED, app_lacks_scope, to_ask
from tests.cli.signing import a_studio, query_of
from tests.cli.support import an_emulator
from tests.signin.test_flow import PASTE, Someone, refused, sign

DISPLAY = tuple(scope for scope in WANTED if scope not in POSTING)
NEW_APP = App(scopes=POSTING)


@pytest.mark.parametrize(
    ("chosen", "before", "asked"),
    [
        ((), (), POSTING),
        ((), ("video.list", "video.publish"), (*POSTING, "video.list")),
        ((), ("research.data.basic",), POSTING),
        (("posting",), ("video.list",), POSTING),
        (("all",), (), WANTED),
        (("posting", "video.list"), (), (*POSTING, "video.list")),
        (("video.upload", "video.upload"), WANTED, ("video.upload",)),
    ],
)
def test_a_sign_in_asks_for_what_was_chosen_or_for_posting(chosen: Any, before: Any, asked: object) -> None:
    assert set(to_ask(chosen, before)) == set(asked)  # type: ignore[call-overload]


def test_an_app_without_the_display_api_signs_in_by_default(tmp_path: Path) -> None:
    with an_emulator(accounts=(Account("acme", scopes=POSTING),), app=NEW_APP) as served:
        person = Someone()
        done = sign(a_studio(tmp_path, served), person)
    assert (done.scopes, dict(done.missing)) == (POSTING, {})
    assert list(done.not_asked) == list(DISPLAY) and "no remote list" in done.not_asked["video.list"]
    assert done.who == "Acme (@acme)"  # creator info tells the handle
    assert "NOT ASKED" in person.page().text.upper()


def test_what_was_granted_once_is_asked_for_again(tmp_path: Path) -> None:
    with an_emulator() as served:
        studio = a_studio(tmp_path, served)
        sign(studio, Someone(), scopes=("all",), **PASTE)
        person = Someone()
        done = sign(studio, person, **PASTE)
    assert set(person.asked) == set(WANTED) and not done.not_asked


def test_each_app_is_asked_for_what_it_gave(tmp_path: Path) -> None:
    """The sandbox may lack what the live app has."""
    with an_emulator() as served:
        studio = a_studio(tmp_path, served)
        sign(studio, Someone(), scopes=("all",), **PASTE)
        person = Someone()
        sign(studio, person, sandbox=True, **PASTE)
    assert person.asked == POSTING


def test_a_scope_that_the_app_lacks_is_named_with_the_command_without_it(tmp_path: Path) -> None:
    with an_emulator(app=NEW_APP) as served:
        person = Someone()
        problem = refused(a_studio(tmp_path, served), person, scopes=("all",))
    assert problem.code == "invalid-scope"
    assert all(scope in problem.what for scope in DISPLAY) and "video.publish" not in problem.what
    assert "contentsync login acme --scope posting" in problem.hint
    assert "--scope posting" in person.page().text


def test_an_app_without_direct_post_is_told_how_to_sign_in_for_drafts(tmp_path: Path) -> None:
    with an_emulator(app=App(scopes=("user.info.basic", "video.upload"))) as served:
        studio = a_studio(tmp_path, served)
        problem = refused(studio, Someone())
        assert "contentsync login acme --scope video.upload" in problem.hint
        done = sign(studio, Someone(), scopes=("video.upload",))
    assert done.scopes == ("user.info.basic", "video.upload")


def test_the_address_of_tiktoks_own_error_page_can_be_pasted(tmp_path: Path) -> None:
    """TikTok shows a lacking scope on its own page: the address there holds the error and what was asked."""
    with an_emulator(app=NEW_APP, quirks=Quirks(refusals_shown="page")) as served:
        studio = a_studio(tmp_path, served)

        class Stuck(Someone):
            def paste(self, address: str, browser: bool) -> str:
                assert query_of(address)["scope"].count(",") == 5
                return f"{address}&error=invalid_scope&error_type=scope"

        problem = refused(studio, Stuck(), scopes=("all",), **PASTE)
    assert problem.code == "invalid-scope" and "--scope posting" in problem.hint


def test_an_account_that_is_no_target_user_is_told_what_it_lacks(tmp_path: Path) -> None:
    with an_emulator(app=App(audited=True, sandbox_targets=("acme_de",))) as served:
        studio = a_studio(tmp_path, served)
        person = Someone()
        problem = refused(studio, person, sandbox=True)
        assert problem.code == "non-sandbox-target" and "target user" in problem.what
        assert "Target users" in problem.hint and "agree" not in problem.what + problem.hint
        assert "Target users" in person.page().text
        assert refused(studio, Someone({"decision": "deny"}), sandbox=True).code == "access-denied"


def test_less_than_posting_is_not_asked_for_twice() -> None:
    what, hint = app_lacks_scope("acme", ("video.upload",))
    assert "video.upload" in what and "--scope posting" not in hint


@pytest.mark.parametrize("oauth_status", [200, 400])
@pytest.mark.parametrize("code_first", [True, False])
def test_a_wrong_secret_has_one_code_in_each_reading(tmp_path: Path, oauth_status: int, code_first: bool) -> None:
    quirks = Quirks(oauth_status=oauth_status, code_before_client=code_first)
    with an_emulator(quirks=quirks) as served:
        studio = a_studio(tmp_path, served)
        studio.environment["CONTENTSYNC_CLIENT_SECRET"] = "not-this-one"
        assert refused(studio, Someone(), **PASTE).code == "invalid-client"
