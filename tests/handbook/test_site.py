"""The site made of docs/: it has every page, every link leads somewhere, and it asks no other host for anything."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.lifecycle import Phase
from tests.browser.driver import CHROMIUM, DRIVER, MISSING, Browser, a_browser
from tests.handbook.reader import DOCS

CONFIG = DOCS / "site" / "mkdocs.yml"
SEARCH = """
const field = document.querySelector('[data-md-component=search-query]');
field.focus();
field.value = 'slot';
field.dispatchEvent(new Event('keyup', {bubbles: true}));
field.dispatchEvent(new Event('input', {bubbles: true}));
"""


def wait_for_text(browser: Browser, text: str, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while text not in browser.text():
        assert time.monotonic() < until, browser.text()
        time.sleep(0.1)


def test_every_page_of_the_documents_is_in_the_menu() -> None:
    menu = set(re.findall(r": ([\w-]+\.md)$", CONFIG.read_text("utf-8"), re.M))
    assert {page.name for page in DOCS.glob("*.md")} - menu == set()


def test_pictures_are_small_shown_somewhere_and_load_nothing() -> None:
    pictures = sorted((DOCS / "pictures").iterdir())
    shown = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    assert pictures and [picture.name for picture in pictures if f"pictures/{picture.name}" not in shown] == []
    assert sum(picture.stat().st_size for picture in pictures) < 1_500_000
    drawn = "".join(picture.read_text("utf-8") for picture in pictures if picture.suffix == ".svg")
    assert "url(http" not in drawn and "@import" not in drawn and "<script" not in drawn


def test_the_diagram_of_phases_has_a_place_for_each() -> None:
    spec = importlib.util.spec_from_file_location("diagram", DOCS / "site" / "diagram.py")
    assert spec and spec.loader
    diagram = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(diagram)
    assert diagram.PLACES.keys() == set(map(str, Phase))
    page = diagram.drawn((DOCS / "lifecycle.md").read_text("utf-8"))
    assert "```mermaid" not in page and page.count("<svg") == 1
    assert "| intent | orphaned | not-sent, lost-before-commit |" in page
    assert "http" not in page[page.index("<svg") : page.index("</svg>")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("needs the extra site")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-f", str(CONFIG), "-d", str(folder)]
    environment = dict(os.environ) | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
def test_nothing_on_a_page_comes_from_elsewhere(site: Path) -> None:
    pages = {page.name: page.read_text("utf-8") for page in site.glob("*.html")}
    loading = r"<(?:script|img|iframe|source|link(?! rel=\"(?:next|prev|canonical)))[^>]*\b(?:src|href)=\"https?://"
    assert len(pages) > 20 and [name for name, text in pages.items() if re.search(loading, text)] == []


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)
@pytest.mark.parametrize("name", ["index.html", "lifecycle.html", "commands.html"])
def test_a_browser_asks_only_the_site_also_when_someone_searches(address: str, name: str) -> None:
    with a_browser() as browser:
        browser.visit("about:blank")
        browser.requests()
        browser.visit(address + name)
        browser.run(SEARCH)
        wait_for_text(browser, "A slot is a time of the week")
        asked = browser.requests()
    assert asked and [url for url in asked if not url.startswith(address)] == []
