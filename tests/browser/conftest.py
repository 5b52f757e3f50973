"""The browser that the tests of one file share, and an emulator for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contentsync.emulator.server import Emulator
from tests.browser.driver import Browser, a_browser
from tests.cli.support import an_emulator


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as opened:
        yield opened


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with an_emulator() as served:
        yield served
