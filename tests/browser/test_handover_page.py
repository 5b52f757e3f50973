"""The page that a creator gets on the phone, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.operations.handover import Waiting
from contentsync.plan.handover import handover_of
from contentsync.views.handover_page import page
from tests.browser.driver import CHROMIUM, DRIVER, MISSING, Browser
from tests.browser.pages import AXE, NO_AXE, WAYS, findings, overflows
from tests.builders import NOW, a_draft
from tests.views.previews import hostile

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)]


def waiting(caption: str, number: int = 0) -> Waiting:
    post = a_draft(name=f"post-{number}", caption=caption, cover=1500)
    return Waiting(post.key, handover_of(post), "posts/a.yaml:1:1", NOW, False, "Acme (@acme)", "Europe/Berlin")


def written(folder: Path, *captions: str) -> Path:
    path = folder / "drafts.html"
    sheets = [waiting(caption, number) for number, caption in enumerate(captions)]
    path.write_text(page(sheets, NOW, with_codes=True), "utf-8", newline="")
    return path


@pytest.mark.skipif(not AXE.exists(), reason=NO_AXE)
@pytest.mark.parametrize("way", [*WAYS, "phone"])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, way: str) -> None:
    browser.look(**WAYS.get(way, {"width": 360}))
    assert findings(browser, written(tmp_path, "Launch day #fyp", "Unbroken" * 50)) == []
    assert not overflows(browser)


def test_one_tap_copies_the_caption(browser: Browser, tmp_path: Path) -> None:
    browser.look(width=360)
    browser.visit(written(tmp_path, "Launch day #fyp").as_uri())
    browser.click("button")
    until = "const told = document.querySelector('[role=status]'); return told.textContent"
    assert any(browser.run(until) == "Copied." for _ in range(50))


def test_every_caption_is_copied_exactly(browser: Browser, tmp_path: Path) -> None:
    browser.look(width=360)
    captions = [one.replace("\x00", "") for one in hostile(300)]
    path = written(tmp_path, *captions)
    browser.requests()
    browser.visit(path.as_uri())
    assert browser.run("return [...document.querySelectorAll('.paste')].map(one => one.textContent)") == captions
    assert browser.requests() == [path.as_uri()]
    assert browser.run("return document.querySelectorAll('script').length") == 1
    assert browser.run("return document.querySelectorAll('input').length") == browser.run(
        "return document.querySelectorAll('input[type=checkbox]').length"
    )
