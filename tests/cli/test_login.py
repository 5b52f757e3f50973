"""login, logout and accounts as real processes against the emulator, in a pipe and in a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.config import Account, App
from contentsync.emulator.server import Emulator
from tests.cli.signing import PROJECT, Login, a_studio, consented, query_of, visited
from tests.cli.support import Studio, an_emulator


@pytest.fixture
def out(tmp_path: Path, emulator: Emulator) -> Studio:
    """A project with the app's keys where nobody is signed in."""
    return a_studio(tmp_path, emulator)


def signed_in(studio: Studio, *args: str, **choice: str) -> Any:
    login = Login(studio, "acme", "--no-browser", *args)
    return login.ends(consented(login.address(), **choice) + "\n")


def kept(studio: Studio) -> list[dict[str, Any]]:
    path = Path(studio.environment["CONTENTSYNC_DATA_DIR"]) / "tokens.json"
    return json.loads(path.read_text())["pairs"] if path.exists() else []


def project_of(studio: Studio) -> str:
    return (studio.root / "contentsync.yaml").read_text()


def test_a_pasted_address_signs_in_and_pins(out: Studio, emulator: Emulator) -> None:
    ran = signed_in(out)
    open_id = emulator.accounts["acme"].open_id
    assert ran.code == 0, ran.err
    assert f"acme is signed in: Acme (@acme)  {open_id}" in ran.out and "missing" not in ran.out
    assert project_of(out) == PROJECT.replace("main one\n", f'main one\n    open_id: "{open_id}"\n')
    assert [pair["open_id"] for pair in kept(out)] == [open_id]
    assert out.run("refresh", "--account", "acme").code == 0
    for pair in kept(out):
        assert pair["access_token"] not in ran.out + ran.err and pair["refresh_token"] not in ran.out + ran.err


def test_the_code_alone_will_do(out: Studio) -> None:
    login = Login(out, "acme", "--no-browser")
    code = query_of(consented(login.address()))["code"]
    assert "*" in code and "!" in code
    assert login.ends(f"{code}\n").code == 0


def test_a_terminal_is_asked(out: Studio) -> None:
    ours, theirs = pty.openpty()
    login = Login(out, "acme", "--no-browser", stdin=theirs)
    os.close(theirs)
    os.write(ours, consented(login.address()).encode() + b"\n")
    ran = login.ends()
    os.close(ours)
    assert ran.code == 0, ran.err
    assert "Paste that whole address, or its code: " in ran.err


def test_a_second_sign_in_rewrites_nothing(out: Studio) -> None:
    signed_in(out)
    before = (out.root / "contentsync.yaml").stat()
    again = signed_in(out)
    after = (out.root / "contentsync.yaml").stat()
    assert again.code == 0 and "pinned" not in again.out
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len(kept(out)) == 1


def test_the_browser_is_opened_and_shown_who_signed_in(out: Studio, emulator: Emulator) -> None:
    out.environment["BROWSER"] = "sh -c 'echo opened $0 >&2' %s"
    login = Login(out, "acme")
    shown = visited(consented(login.address()))
    ran = login.ends()
    assert ran.code == 0 and "opened http://127.0.0.1" in ran.err
    assert shown.status_code == 200 and "Acme (@acme)" in shown.text and "You may close this tab" in shown.text
    assert all(pair["access_token"] not in shown.text for pair in kept(out))


def test_a_scope_that_was_not_granted_is_explained(out: Studio) -> None:
    ran = signed_in(out, "--scope", "all", granted="user.info.basic,user.info.profile,video.list,video.publish")
    assert ran.code == 0
    assert "missing  video.upload: drafts are not possible" in ran.out and "missing  user.info.stats" in ran.out
    assert "granted  user.info.basic, user.info.profile, video.list, video.publish" in ran.out
    told = out.run("accounts", "--stats").out
    assert "drafts: no - the scope video.upload is missing" in told
    assert "stats    not to be had: the scope user.info.stats is missing" in told


def test_scopes_can_be_chosen(out: Studio) -> None:
    login = Login(out, "acme", "--no-browser", "--scope", "user.info.basic,video.upload", "--scope", "video.list")
    address = login.address()
    assert query_of(address)["scope"] == "user.info.basic,video.upload,video.list"
    ran = login.ends(consented(address) + "\n")
    assert ran.code == 0 and "missing" not in ran.out


def test_an_unknown_account_is_told_with_suggestions(out: Studio) -> None:
    ran = out.run("login", "amce", "--no-browser")
    assert ran.code == 64 and "did you mean acme" in ran.err


def test_an_account_in_braces_is_pinned_within_them(out: Studio, emulator: Emulator) -> None:
    text = PROJECT.replace("        # the main one\n    mode: direct", " {mode: direct}")
    out.write("contentsync.yaml", text)
    assert signed_in(out).code == 0
    pinned = f'{{open_id: "{emulator.accounts["acme"].open_id}", mode: direct}}'
    assert project_of(out) == text.replace("{mode: direct}", pinned)


def test_an_account_in_an_unusual_form_is_signed_in_and_the_line_is_told(out: Studio, emulator: Emulator) -> None:
    text = PROJECT.replace("  acme:        # the main one\n    mode: direct", "  ? acme\n  : mode: direct")
    out.write("contentsync.yaml", text)
    ran = signed_in(out)
    assert ran.code == 0 and "[open-id-not-pinned]" in ran.err and "contentsync.yaml:9:5" in ran.err
    assert f'open_id: "{emulator.accounts["acme"].open_id}"' in ran.err
    assert project_of(out) == text
    assert out.run("refresh", "--account", "acme").code == 0


def test_a_code_works_once(out: Studio) -> None:
    login = Login(out, "acme", "--no-browser")
    bought = consented(login.address())
    assert login.ends(bought + "\n").code == 0
    again = out.run("login", "acme", "--no-browser", stdin=query_of(bought)["code"] + "\n")
    assert again.code == 8 and "[invalid-grant]" in again.err


def test_nobody_answers_in_time(out: Studio) -> None:
    ran = out.run("login", "acme", "--timeout", "300ms")
    assert ran.code == 8 and "[sign-in-timeout]" in ran.err
    assert "Waiting up to 1 s for your answer" in ran.err


def test_nothing_pasted_is_told(out: Studio) -> None:
    ran = out.run("login", "acme", "--no-browser")
    assert ran.code == 8 and "nothing was pasted [sign-in-answer]" in ran.err


def test_ctrl_c_ends_the_wait(out: Studio) -> None:
    login = Login(out, "acme")
    login.address()
    login.process.send_signal(signal.SIGINT)
    assert login.ends().code == 130


def test_tiktok_out_of_reach_is_told_and_nothing_kept(out: Studio, emulator: Emulator) -> None:
    login = Login(out, "acme", "--no-browser")
    bought = consented(login.address())
    emulator.stop()
    ran = login.ends(bought + "\n")
    assert ran.code == 1 and "[not-sent]" in ran.err and kept(out) == []


def test_without_the_apps_keys_nobody_is_sent_anywhere(out: Studio) -> None:
    del out.environment["CONTENTSYNC_CLIENT_SECRET"]
    ran = out.run("login", "acme", "--no-browser")
    assert ran.code == 8 and "app.client_secret" in ran.err and "http://127" not in ran.err


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


def test_a_redirect_uri_that_is_not_registered_is_never_followed(elsewhere: tuple[Studio, int]) -> None:
    studio, _ = elsewhere
    login = Login(studio, "acme", "--no-browser")
    page = visited(login.address())
    assert page.status_code == 400 and "is not registered for this app" in page.text
    assert login.ends("").code == 8


# A sandbox.


def test_a_sandbox_sign_in_is_told_everywhere_and_the_last_one_counts(out: Studio) -> None:
    ran = signed_in(out, "--sandbox")
    assert ran.code == 0 and "signed in with the app's sandbox" in ran.out
    assert "SANDBOX sign-in" in out.run("accounts").out
    out.post("hello")
    assert "SANDBOX sign-in: no public posts" in out.run("plan", "--account", "acme").out
    assert signed_in(out).code == 0
    assert "SANDBOX" not in out.run("accounts").out
    assert len(kept(out)) == 2


def test_a_sandboxs_tokens_are_renewed_with_its_own_keys(out: Studio, emulator: Emulator) -> None:
    signed_in(out, "--sandbox")
    emulator.expire_tokens("acme")
    ran = out.run("refresh", "--account", "acme")
    assert ran.code == 0, ran.err
    del out.environment["CONTENTSYNC_SANDBOX_SECRET"]
    emulator.expire_tokens("acme")
    refused = out.run("refresh", "--account", "acme")
    assert refused.code == 8 and "app.sandbox.client_secret" in refused.err


# Leaving.


def test_logout_revokes_and_forgets(out: Studio, emulator: Emulator) -> None:
    signed_in(out)
    pair = kept(out)[0]
    ran = out.run("logout", "acme")
    assert ran.code == 0 and "revoked at TikTok; its tokens are forgotten here" in ran.out
    assert kept(out) == []
    out.environment |= {
        "CONTENTSYNC_TOKEN_ACME": pair["access_token"],
        "CONTENTSYNC_REFRESH_TOKEN_ACME": pair["refresh_token"],
    }
    assert out.run("refresh", "--account", "acme").code == 8  # both are dead
    assert "no tokens are kept here" in out.run("logout", "acme_de").out


def test_logout_of_an_expired_token_still_revokes(out: Studio, emulator: Emulator) -> None:
    signed_in(out)
    emulator.advance(100_000)
    path = Path(out.environment["CONTENTSYNC_DATA_DIR"]) / "tokens.json"
    path.write_text(re.sub(r'"expires_at": "[^"]+"', '"expires_at": "2020-01-01T00:00:00+00:00"', path.read_text()))
    ran = out.run("logout", "acme")
    assert ran.code == 0 and "revoked" in ran.out
    assert [line["endpoint"] for line in emulator.requests()][-2:] == ["token", "revoke"]


def test_logout_leaves_both_the_app_and_its_sandbox(out: Studio) -> None:
    signed_in(out)
    signed_in(out, "--sandbox")
    assert out.run("logout", "acme").code == 0 and kept(out) == []


def test_tokens_are_forgotten_though_tiktok_is_out_of_reach(out: Studio, emulator: Emulator) -> None:
    signed_in(out)
    emulator.stop()
    ran = out.run("logout", "acme")
    assert ran.code == 1 and "tokens are forgotten here" in ran.out and "[not-revoked]" in ran.err
    assert "access is revoked" not in ran.out and kept(out) == []


def test_what_logout_cant_do_is_told(out: Studio, emulator: Emulator) -> None:
    out.environment |= emulator.environment
    ran = out.run("logout", "acme")
    assert ran.code == 1 and "[seed-remains]" in ran.err and "unset CONTENTSYNC_TOKEN_ACME" in ran.err
    assert "revoked" in ran.out
    assert out.run("refresh", "--account", "acme").code == 8
    out.write("contentsync.yaml", PROJECT.replace("mode: draft", "mode: draft\n    token_command: [echo, act.x]"))
    commanded = out.run("logout", "acme_de")
    assert "[token-command-remains]" in commanded.err


# Who is connected.


def test_where_the_environment_wins_login_ends_with_what_to_do_about_it(out: Studio, emulator: Emulator) -> None:
    out.environment |= emulator.environment
    last = signed_in(out).out.splitlines()[-1]
    assert "not used CONTENTSYNC_TOKEN_ACME and CONTENTSYNC_REFRESH_TOKEN_ACME win over this sign-in: unset" in last


@pytest.mark.parametrize("command", [("accounts",), ("refresh",), ("plan",), ("login", "acme"), ("logout", "acme")])
def test_a_token_store_that_is_none_is_refused_wherever_tokens_are_opened(
    out: Studio, command: tuple[str, ...]
) -> None:
    out.environment["CONTENTSYNC_TOKEN_STORE"] = "bogus"
    out.post("one")
    ran = out.run(*command)
    assert ran.code == 64
    assert "[token-store-choice]" in ran.out + ran.err and "auto, file, keyring" in ran.out + ran.err


def test_an_account_that_is_not_signed_in_hides_no_other(out: Studio) -> None:
    signed_in(out, "--scope", "all")
    ran = out.run("accounts", "--stats")
    assert ran.code == 8
    assert "acme_de  not signed in: contentsync login acme_de" in ran.out
    assert "public account" in ran.out and "0 followers" in ran.out and "direct posts: yes" in ran.out


def test_accounts_as_json(out: Studio, emulator: Emulator) -> None:
    signed_in(out, "--scope", "all")
    told = {entry["account"]: entry for entry in out.run("accounts", "--json", "--stats").json["accounts"]}
    acme = told["acme"]
    assert (acme["signed_in"], acme["public"], acme["missing"], acme["stats"]["followers"]) == (True, True, [], 0)
    assert acme["open_id"] == emulator.accounts["acme"].open_id and acme["expires_at"].endswith("Z")
    assert (told["acme_de"]["signed_in"], told["acme_de"]["problem"]["code"]) == (False, "no-token")


def test_accounts_tell_of_bans_and_caps(tmp_path: Path) -> None:
    banned = replace(Account("acme"), banned=True)
    with an_emulator(accounts=(banned, Account("acme_de", private=True)), app=App(audited=False)) as served:
        studio = a_studio(tmp_path, served, **served.environment)
        studio.write("contentsync.yaml", PROJECT.replace("audited: true", "audited: false"))
        told = studio.run("accounts").out
    assert "spam_risk_user_banned_from_posting" in told and "only_me alone: the app is not audited" in told


def test_what_a_sign_in_left_out_is_told_with_the_command_that_brings_it(out: Studio) -> None:
    signed_in(out)
    told = out.run("accounts").out
    assert "missing  video.list: no remote list" in told
    assert "grant    contentsync login acme --scope all, as far as your app has these scopes" in told
    out.post("one")
    listed = out.run("import", "acme")
    assert (listed.code, "grant it: contentsync login acme --scope all" in listed.err) == (8, True)
    signed_in(out, "--scope", "all")
    assert "grant    contentsync" not in out.run("accounts").out
