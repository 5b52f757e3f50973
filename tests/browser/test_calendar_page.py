"""The calendar's page in a real browser: usable by everyone, and hostile text does nothing in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.figures import Figures
from contentsync.lifecycle import Phase
from contentsync.operations.calendar import Calendar, Entry, FreeSlot
from contentsync.operations.plan import Made
from contentsync.plan.action import World
from contentsync.plan.planner import make_plan
from contentsync.post import Mode, Privacy
from contentsync.views.calendar_page import page
from tests.browser.driver import CHROMIUM, DRIVER, MISSING, Browser
from tests.browser.pages import AXE, NO_AXE, WAYS, findings, overflows, spoken
from tests.builders import NOW, OPEN_ID
from tests.views.previews import hostile

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)]
with_axe = pytest.mark.skipif(not AXE.exists(), reason=NO_AXE)
DAY = timedelta(days=1)
URL = "https://www.tiktok.com/@acme/video/7400000000000000001"


def an_entry(name: str, days: float, stands: str, **over: object) -> Entry:
    at = NOW + days * DAY
    past = days < 0
    given: dict[str, object] = {
        "post": f"acme/{name}",
        "account": "acme",
        "open_id": OPEN_ID,
        "timezone": "Europe/Berlin",
        "at": at,
        "stands": stands,
        "reason": f"{stands} for a reason",
        "caption": f"About {name}",
        "mode": Mode.DIRECT,
        "privacy": Privacy.EVERYONE,
        "is_past": past,
    }
    return Entry(**(given | over))  # type: ignore[arg-type]


def series(factor: int) -> tuple[Figures, ...]:
    return tuple(
        Figures(f"{factor}", NOW - day * DAY, views=factor * (9 - day), likes=day) for day in range(8, -1, -1)
    )


def a_calendar(*more: Entry) -> Calendar:
    """One of every kind, with figures of eight posts, and free slots."""
    world = World(NOW, {})
    past = [an_entry(f"out-{n}", -n, "published", url=URL, figures=series(n + 1)) for n in range(1, 9)]
    ahead = [
        an_entry("lost", -2, str(Phase.UNKNOWN)),
        an_entry("soon", 1, "wait"),
        an_entry("late", 20, "wait", is_fixed=False),
        an_entry("held", 3, "wait", goes_out=False),
        an_entry("stuck", 4, "blocked", goes_out=False),
        an_entry("undated", 0, "wait", at=None, goes_out=False),
    ]
    entries = tuple(sorted((*past, *ahead, *more), key=lambda one: (one.at is None, one.at or NOW)))
    free = tuple(FreeSlot("acme", NOW + n * DAY, "Europe/Berlin") for n in range(1, 30))
    made = Made(make_plan([], world), {}, world)
    return Calendar(made, NOW, NOW - 31 * DAY, NOW + 62 * DAY, "Europe/Berlin", entries, free, True)


def written(folder: Path, text: str) -> Path:
    path = folder / "calendar.html"
    path.write_text(text, "utf-8")
    return path


@with_axe
@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, way: str) -> None:
    browser.look(**WAYS[way])
    assert findings(browser, written(tmp_path, page(a_calendar()))) == []
    assert not overflows(browser)


def test_500_hostile_captions_do_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.look()
    more = [
        an_entry(f"h-{n}", n % 60 + 0.5, "wait", caption=text, reason=text) for n, text in enumerate(hostile(500))
    ]
    path = written(tmp_path, page(a_calendar(*more)))
    browser.requests()
    browser.visit(path.as_uri())
    assert browser.requests() == [path.as_uri()]
    names = browser.run("return [...new Set([...document.querySelectorAll('*')].map(one => one.localName))]")
    assert not set(names) & {"script", "iframe", "form", "input", "base", "object", "embed", "img", "video"}


def test_a_screen_reader_hears_days_and_states(browser: Browser, tmp_path: Path) -> None:
    browser.look()
    browser.visit(written(tmp_path, page(a_calendar())).as_uri())
    said = spoken(browser)
    assert "heading Sunday 1 March 2026 today" in said and "goes out about then" in said
    assert "image Views of 6 posts" in said
