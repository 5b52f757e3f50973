"""The page of a plan in a real browser: usable by everyone, and no hostile text does anything in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contentsync.views.plan_page import page
from tests.browser.driver import CHROMIUM, DRIVER, MISSING, Browser
from tests.browser.pages import AXE, NO_AXE, WAYS, findings, overflows, spoken
from tests.builders import a_post
from tests.views.previews import a_plan_of, a_preview, an_action, answers, full_of, hostile, of_every_kind, ten_posts

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)]
with_axe = pytest.mark.skipif(not AXE.exists(), reason=NO_AXE)


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.html"
    path.write_text(text, "utf-8")
    return path


@with_axe
@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, way: str) -> None:
    browser.look(**WAYS[way])
    assert findings(browser, written(tmp_path, page(of_every_kind()))) == []
    assert not overflows(browser)
    assert browser.run("return [...document.images].every(one => one.naturalWidth > 0)")


@with_axe
def test_axe_would_find_something(browser: Browser, tmp_path: Path) -> None:
    browser.look()
    broken = page(of_every_kind()).replace('<html lang="en">', "<html>").replace('alt="', 'data-alt="')
    assert {found.partition(":")[0] for found in findings(browser, written(tmp_path, broken))} >= {
        "html-has-lang",
        "image-alt",
    }


def test_500_hostile_captions_do_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.look()
    captions = hostile(500)
    path = written(tmp_path, page(full_of(captions)))
    browser.requests()
    browser.visit(path.as_uri())
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.requests() == [path.as_uri()]
    names = browser.run("return [...new Set([...document.querySelectorAll('*')].map(one => one.localName))]")
    assert not set(names) & {"script", "iframe", "form", "input", "base", "object", "embed", "video", "audio"}
    assert (
        browser.run(
            "return document.querySelectorAll('style, link, base, img:not([src^=\"data:image/jpeg\"])').length"
        )
        == 2
    )
    handlers = "[...one.attributes].some(each => each.name.startsWith('on') || each.name === 'style')"
    assert browser.run(f"return [...document.querySelectorAll('*')].filter(one => {handlers}).length") == 0
    assert browser.run("return document.querySelectorAll('article').length") == 500
    assert browser.run("return document.querySelectorAll('a').length") == 1  # to the content


def test_a_page_asks_for_nothing_even_where_text_broke_out(browser: Browser, tmp_path: Path) -> None:
    """The page's own policy is a second wall."""
    browser.look()
    broken_out = '<img src="http://127.0.0.1:9/x.png"><script>document.title = "run"</script>'
    path = written(tmp_path, page(of_every_kind()).replace("<h2 id=", f"{broken_out}<h2 id=", 1))
    browser.requests()
    browser.visit(path.as_uri())
    assert browser.requests() == [path.as_uri()]
    assert browser.title.startswith("Plan")


FACTS = re.compile(r"^(Account|Who can see it|Time|Not sent|Cover)\n(.+)$", re.M)


def test_ten_of_ten_posts_are_read_off_what_a_screen_reader_says(browser: Browser, tmp_path: Path) -> None:
    given = ten_posts()
    plan = a_plan_of(*(action for _, action in given))
    browser.look()
    browser.visit(written(tmp_path, page(a_preview(plan, [post for post, _ in given]))).as_uri())
    said = spoken(browser)
    read = [dict(FACTS.findall(_about(said, post.key))) for post, _ in given]
    assert read == [answers(post, action) for post, action in given]


def _about(said: str, key: str) -> str:
    return said.partition(f"heading {key} ")[2].partition("\nheading ")[0]


@pytest.mark.parametrize("alike", [True, False])
def test_a_page_of_3000_posts_is_usable(browser: Browser, tmp_path: Path, alike: bool) -> None:
    posts = [a_post(name=f"post-{number}", caption=f"About {number} #fyp") for number in range(3000)]
    actions = [an_action(post, reason="new" if alike else f"number {n}") for n, post in enumerate(posts)]
    browser.look()
    browser.visit(written(tmp_path, page(a_preview(a_plan_of(*actions), posts, pictures={}))).as_uri())
    assert browser.run("return performance.getEntriesByType('navigation')[0].domComplete") < 10_000
    assert browser.run("return document.querySelectorAll('article').length") == 3000
    if alike:
        assert browser.run("return document.body.scrollHeight") < 2_000  # all of them folded into one line
        browser.click("summary")
        assert browser.run("return document.querySelector('details').open")
