"""Does what the tutorial and the how-tos print happen, as printed? In real processes, against the emulator."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="needs a terminal")

from tests.handbook.reader import DOCS, Reader
from tests.handbook.reading import Command, steps

pytestmark = pytest.mark.slow
ROOT = DOCS.parent
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


@pytest.mark.skipif(not os.environ.get("CONTENTSYNC_TEST_INSTALL"), reason="takes a minute: nox -s site runs it")
def test_the_installation_in_the_tutorial_works(tmp_path: Path) -> None:
    for name in ("contentsync", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    block = re.search(r"```sh\n(.*?)```", (DOCS / "tutorial.md").read_text("utf-8"), re.S)
    assert block is not None
    script = f"set -e\n{block[1]}contentsync --version"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False
    )
    if "No matching distribution" in done.stderr:
        pytest.skip("needs a package index")
    assert (done.returncode, "\ncontentsync 0." in done.stdout) == (0, True), done.stdout + done.stderr
