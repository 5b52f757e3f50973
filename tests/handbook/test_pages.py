"""Does what the tutorial and the how-tos print happen, as printed? In real processes, against the emulator."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="needs a terminal")

from tests.handbook.reader import DOCS, Reader
from tests.handbook.reading import Command, steps

pytestmark = pytest.mark.slow
PAGES = ["tutorial.md", *sorted(page.name for page in DOCS.glob("how-to-*.md"))]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    if not shutil.which("bash"):
        pytest.skip("needs bash")
    with contextlib.ExitStack() as terminals:
        yield Reader(tmp_path, terminals)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_does_what_the_page_shows(page: str, reader: Reader) -> None:
    assert any(isinstance(step, Command) for step in steps((DOCS / page).read_text("utf-8")))
    reader.follow(page)
    assert "\n\n".join(reader.surprises) == ""
