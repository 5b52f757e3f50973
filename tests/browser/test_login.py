"""A person's sign-in, in a real browser: `contentsync login` opens it, the consent page is clicked through."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.browser.driver import CHROMIUM, DRIVER, MISSING, Browser
from tests.cli.signing import Login, a_studio
from tests.cli.support import Studio

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)]
HAND_OVER = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator) -> Studio:
    """A project whose $BROWSER hands the address over to the browser under test."""
    program = tmp_path / "hand_over.py"
    program.write_text(HAND_OVER)
    return a_studio(tmp_path, emulator, BROWSER=f"{sys.executable} {program} {tmp_path / 'address'} %s")


def opened_by(login: Login, studio: Studio) -> str:
    """The address that `login` gave its browser."""
    path, until = studio.root.parent / "address", time.monotonic() + 30
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until and login.process.poll() is None, login.err
        time.sleep(0.05)
    return path.read_text()


def project_of(studio: Studio) -> str:
    return (studio.root / "contentsync.yaml").read_text()


def test_allow(browser: Browser, studio: Studio, emulator: Emulator) -> None:
    login = Login(studio, "acme")
    browser.visit(opened_by(login, studio))
    assert "Let this app use your account?" in browser.text()
    browser.click("button[value=allow]")
    browser.wait_for_title("Signed in")
    ran = login.ends()
    assert ran.code == 0, ran.err
    assert "Acme (@acme) is signed in as account acme" in browser.text() and "NOT GRANTED" not in browser.text()
    assert "You may close this tab" in browser.text()
    assert not any(
        secret in browser.source for secret in ("act.", "rft.", "code=", emulator.config.app.client_secret)
    )
    assert emulator.accounts["acme"].open_id in project_of(studio)


def test_deny(browser: Browser, studio: Studio) -> None:
    login = Login(studio, "acme")
    browser.visit(opened_by(login, studio))
    browser.click("button[value=deny]")
    browser.wait_for_title("Not signed in")
    ran = login.ends()
    assert ran.code == 8 and "[access-denied]" in ran.err
    assert "did not agree" in browser.text() and "WHAT TO DO" in browser.text()
    assert "open_id" not in project_of(studio)


def test_a_scope_is_unticked(browser: Browser, studio: Studio) -> None:
    login = Login(studio, "acme")
    browser.visit(opened_by(login, studio))
    assert browser.is_ticked("input[name='may.video.upload'][type=checkbox]")
    browser.click("input[name='may.video.upload'][type=checkbox]")
    browser.click("button[value=allow]")
    browser.wait_for_title("Signed in")
    ran = login.ends()
    assert ran.code == 0 and "missing  video.upload" in ran.out
    shown = browser.text()
    assert "NOT GRANTED\nvideo.upload\ndrafts are not possible" in shown
    assert "drafts: no - the scope video.upload is missing" in studio.run("accounts").out


def test_the_wrong_account_is_chosen(browser: Browser, studio: Studio, emulator: Emulator) -> None:
    pinned = project_of(studio).replace(
        "mode: direct", f'mode: direct\n    open_id: "{emulator.accounts["acme"].open_id}"'
    )
    studio.write("contentsync.yaml", pinned)
    login = Login(studio, "acme")
    browser.visit(opened_by(login, studio))
    browser.click("input[value=acme_de]")
    browser.click("button[value=allow]")
    browser.wait_for_title("Not signed in")
    ran = login.ends()
    assert ran.code == 8 and "[other-identity]" in ran.err and "another TikTok account" in browser.text()
    assert project_of(studio) == pinned and not (studio.root.parent / "data" / "tokens.json").exists()
