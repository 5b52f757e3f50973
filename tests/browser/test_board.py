"""The live board in a real browser: a person signs in, sees changes as they happen, and approves a post."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.server import Emulator
from contentsync.plan import declaration
from tests.board.visitor import Opened, a_board, studio
from tests.browser.driver import CHROMIUM, DRIVER, MISSING, Browser
from tests.browser.pages import AXE, NO_AXE, WAYS, findings, overflows
from tests.cli.support import Studio
from tests.views.previews import hostile

__all__ = ["studio"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)]
with_axe = pytest.mark.skipif(not AXE.exists(), reason=NO_AXE)
HANDLERS = """
return [...document.querySelectorAll('*')].some(one => [...one.attributes].some(a => a.name.startsWith('on')))
"""
FILM = Path(__file__).parents[1] / "media" / "video-h264.mp4"
HAND_MADE = "https://media.acme.example/clip.mp4"


@pytest.fixture
def board(studio: Studio, browser: Browser) -> Iterator[Opened]:
    browser.look()
    with a_board(studio, allow_actions=True) as opened:
        yield opened


def sign_in(browser: Browser, board: Opened) -> None:
    browser.visit(board.board.link)
    browser.wait_for_title("Now")
    board.base = browser.run("return location.pathname").rstrip("/")


def visit(browser: Browser, board: Opened, path: str) -> None:
    browser.visit(f"{board.board.url}{board.base}{path}")


def soon(browser: Browser, holds: Callable[[], bool], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, browser.text()
        time.sleep(0.1)


def in_days(days: float) -> str:
    return (SystemClock().now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def choose(browser: Browser, privacy: str) -> None:
    browser.run(
        "const one = document.getElementById('privacy'); one.value = arguments[0];"
        "one.dispatchEvent(new Event('change', {bubbles: true}))",
        privacy,
    )


def is_shown(browser: Browser, css: str) -> bool:
    return bool(browser.run("return document.querySelector(arguments[0]).checkVisibility()", css))


def test_the_link_signs_in_and_the_token_is_of_no_more_use(browser: Browser, board: Opened) -> None:
    sign_in(browser, board)
    assert "token" not in browser.run("return location.href")
    assert browser.run("return document.cookie") == ""
    browser.visit(board.board.link)
    assert "This link was used" in browser.text()
    visit(browser, board, "/calendar")
    assert browser.title.startswith("Calendar")


def test_a_page_shows_a_change_by_itself(browser: Browser, board: Opened, studio: Studio) -> None:
    studio.post("launch", publish_at=in_days(1))
    sign_in(browser, board)
    soon(browser, lambda: "Live." in browser.text())
    assert "not approved" in browser.text()
    studio.run("approve", "launch", "--auto-approve")
    soon(browser, lambda: "not approved" not in browser.text() and "approved" in browser.text())


def test_the_plan_shows_pictures_and_follows_an_edit(browser: Browser, board: Opened, studio: Studio) -> None:
    studio.post("launch", publish_at=in_days(1), caption="One")
    (studio.root / "posts" / "launch.mp4").write_bytes(FILM.read_bytes())
    sign_in(browser, board)
    visit(browser, board, "/plan")
    soon(browser, lambda: "Live." in browser.text())
    soon(browser, lambda: browser.run("return document.querySelector('.phone img').naturalWidth") > 0)
    browser.run("window.kept = document.querySelector('.phone img')")
    studio.post("launch", publish_at=in_days(1), caption="Two", video="launch.mp4")
    soon(browser, lambda: "Two" in browser.text())
    assert browser.run("return window.kept === document.querySelector('.phone img')")  # it was not drawn again


def test_drafts_follow_the_state_and_keep_what_was_ticked(browser: Browser, board: Opened, studio: Studio) -> None:
    studio.post("first", account="acme_de", caption="Paste me")
    studio.run("apply", "--auto-approve")
    sign_in(browser, board)
    visit(browser, board, "/drafts")
    soon(browser, lambda: "Live." in browser.text())
    tick = "[id='draft-acme_de/first'] input[type=checkbox]"
    browser.click(tick)
    studio.post("second", account="acme_de", caption="Paste me too")
    studio.run("apply", "--auto-approve")
    soon(browser, lambda: "Paste me too" in browser.text())
    assert browser.is_ticked(tick) and not browser.is_ticked("[id='draft-acme_de/second'] input[type=checkbox]")
    browser.click("[id='draft-acme_de/second'] button")
    soon(browser, lambda: "Copied." in browser.text())


def test_a_post_is_approved_on_the_posting_screen_and_goes_out(
    browser: Browser, board: Opened, studio: Studio, emulator: Emulator
) -> None:
    studio.post("launch", caption="Launch day\n#fyp é", allow=["comment"], disclosure=["your_brand"])
    sign_in(browser, board)
    visit(browser, board, "/approve/acme/launch")
    assert declaration.MUSIC in browser.text() and declaration.BRANDED not in browser.text()
    choose(browser, "everyone")
    browser.click('input[value="comment"]')
    browser.click("#discloses")
    assert browser.run("return document.getElementById('post').disabled") is True
    assert declaration.NEITHER in browser.text()
    browser.click("#your-brand")
    assert "labeled as 'Promotional content'" in browser.text()
    browser.click("#post")
    browser.wait_for_title("Approved")
    assert declaration.PROCESSING in browser.text()
    assert studio.run("apply", "--approved").code == 0
    assert [post.caption for post in emulator.posts("acme")] == ["Launch day\n#fyp é"]


def test_branded_content_turns_private_off_and_changes_label_and_declaration(
    browser: Browser, board: Opened, studio: Studio
) -> None:
    studio.post("launch")
    sign_in(browser, board)
    visit(browser, board, "/approve/acme/launch")
    choose(browser, "only_me")
    browser.click("#discloses")
    browser.click("#branded")
    assert browser.run("return document.getElementById('privacy').value") == ""
    assert browser.run("return document.querySelector('option[value=only_me]').disabled") is True
    assert declaration.NOT_PRIVATE in browser.text() and declaration.BRANDED in browser.text()
    assert "labeled as 'Paid partnership'" in browser.text() and declaration.MUSIC not in browser.text()
    browser.click("#discloses")
    assert not is_shown(browser, "#kinds") and declaration.MUSIC in browser.text()


def test_a_browser_does_not_send_the_form_without_a_choice_of_privacy(
    browser: Browser, board: Opened, studio: Studio
) -> None:
    studio.post("launch")
    sign_in(browser, board)
    visit(browser, board, "/approve/acme/launch")
    browser.click("#post")
    assert browser.title.startswith("Post to TikTok")
    assert studio.run("approve", "--list", "--json").json["approvals"] == []


def test_another_choice_is_refused_with_what_to_change(browser: Browser, board: Opened, studio: Studio) -> None:
    studio.post("launch")
    sign_in(browser, board)
    visit(browser, board, "/approve/acme/launch")
    choose(browser, "friends")
    browser.click("#post")
    soon(browser, lambda: "Nothing was approved" in browser.source)
    assert "`privacy: friends` in posts/launch.yaml" in browser.text()


def test_the_preview_plays(browser: Browser, board: Opened, studio: Studio) -> None:
    studio.post("launch")
    sign_in(browser, board)
    visit(browser, board, "/approve/acme/launch")
    soon(browser, lambda: browser.run("return document.querySelector('video').readyState") >= 1)
    assert browser.run("return document.querySelector('video').videoWidth") > 0


def everything(studio: Studio, emulator: Emulator) -> None:
    """A project with a post of every state that the board shows."""
    studio.post("out")
    studio.run("apply", "--auto-approve")
    studio.post("lost", video=HAND_MADE, privacy="only_me", account="acme")
    emulator.add_fault("video_init:drop_after")
    studio.run("apply", "--auto-approve")
    emulator.clear_faults()
    studio.post("inboxed", account="acme_de")
    studio.run("apply", "--auto-approve")
    studio.post("soon", account="acme_de", publish_at=in_days(1))
    studio.post("missed", publish_at=in_days(-2))
    studio.run("pause", "acme_de", "--reason", "wrong logo")


PAGES = (
    "/",
    "/calendar",
    "/plan",
    "/drafts",
    "/history",
    "/post/acme/lost",
    "/post/acme/out",
    "/approve/acme/launch",
)


@with_axe
@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing(browser: Browser, board: Opened, studio: Studio, emulator: Emulator, way: str) -> None:
    everything(studio, emulator)
    sign_in(browser, board)
    browser.look(**WAYS[way])
    found = {}
    for path in PAGES[:-1]:
        found[path] = findings(browser, f"{board.board.url}{board.base}{path}")
        assert not overflows(browser), path
    studio.run("resolve", "lost", "--keep")
    studio.post("launch", disclosure=["branded_content"])
    path = PAGES[-1]
    found[path] = findings(browser, f"{board.board.url}{board.base}{path}")
    assert "Post to TikTok" in browser.title and not overflows(browser)
    assert {path: what for path, what in found.items() if what} == {}


def test_hostile_captions_do_nothing(browser: Browser, board: Opened, studio: Studio) -> None:
    texts = [text for text in hostile(60) if "\0" not in text][:25]
    for number, text in enumerate(texts):
        studio.post(f"h-{number}", caption=text[:2000], publish_at=in_days(1 + number / 24))
    sign_in(browser, board)
    browser.requests()
    for path in (
        "/",
        "/calendar",
        "/plan",
        "/post/acme/h-0",
        *(f"/approve/acme/h-{number}" for number in range(0, 25, 5)),
    ):
        visit(browser, board, path)
        names = browser.run("return [...new Set([...document.querySelectorAll('main *')].map(one => one.localName))]")
        assert not set(names) & {"script", "iframe", "base", "object", "embed", "link", "style"}
        assert not browser.run(HANDLERS)
    assert all(one.startswith(board.board.url) for one in browser.requests())


def test_another_page_can_t_read_or_use_the_board(
    browser: Browser, board: Opened, studio: Studio, tmp_path: Path
) -> None:
    sign_in(browser, board)
    address = f"{board.board.url}{board.base}"
    form = f'<form id="f" method="post" action="{address}/pause"><input name="form" value="x"></form>'
    evil = tmp_path / "evil.html"
    evil.write_text(f"<title>evil</title>{form}<iframe src='{address}/'></iframe>", "utf-8")
    browser.visit(evil.as_uri())
    read = "return fetch(arguments[0], {credentials: 'include'}).then(() => 'read', () => 'refused')"
    assert browser.run(read, f"{address}/") == "refused"
    browser.run("document.getElementById('f').submit()")
    soon(browser, lambda: "evil" not in browser.title)
    assert "Another page sent this request" in browser.text() or "sign" in browser.text()
    assert studio.run("status", "--json").json["paused"] == []
