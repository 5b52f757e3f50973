"""Are the pages that are made from the source up to date, and is what they name there?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contentsync.cli.main import COMMANDS
from contentsync.emulator.endpoints import ENDPOINTS
from contentsync.tiktok.client import Client
from contentsync.tiktok.wire import Endpoint
from tests import generated_docs as made

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def collected(files: set[str]) -> set[tuple[str, str]]:
    """The tests that pytest finds in these files."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", *sorted(files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"^(tests/[\w/]+\.py)::(\w+)", done.stdout, re.M))


@pytest.mark.parametrize("name", made.PAGES)
def test_a_page_made_from_the_source_is_up_to_date(name: str) -> None:
    page = (made.DOCS / name).read_text("utf-8")
    assert page == made.PAGES[name](), f"docs/{name} is behind: run {made.RENEW}"


def test_every_endpoint_of_the_client_and_of_the_emulator_is_covered() -> None:
    in_a_browser = {"/v2/auth/authorize/"}
    assert set(map(str, made.COVERED)) == set(ENDPOINTS) - in_a_browser
    assert set(map(str, Endpoint)) - in_a_browser == set(map(str, made.COVERED))


def test_what_the_coverage_names_is_there() -> None:
    assert [name for name in made.our_functions() if not hasattr(Client, name)] == []
    commands = {command.split()[0] for it in made.COVERED.values() for command in it.command.split(", ") if command}
    assert commands - set(COMMANDS) - {"all"} == set()


@pytest.mark.slow
def test_each_test_that_a_page_names_is_found() -> None:
    named = {pair for page in made.DOCS.glob("*.md") for pair in NAMED.findall(page.read_text("utf-8"))}
    assert len(named) > len(made.COVERED)
    assert named - collected({file for file, _ in named}) == set()
