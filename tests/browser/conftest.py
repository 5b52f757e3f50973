"""The browser that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.driver import Browser, a_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as opened:
        yield opened
