"""`contentsync trust` as a person uses it, on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import at_a_terminal
from tests.cli.support import PROJECT, Ran, Studio

ASKS = PROJECT.replace("acme: {", "acme: {token_command: [scripts/token.sh, acme], ", 1)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    studio = Studio(tmp_path / "studio", {"CONTENTSYNC_API_URL": "http://127.0.0.1:9"})
    studio.write("contentsync.yaml", ASKS)
    studio.write("scripts/token.sh", "#!/bin/sh\necho $PWD >ran\necho act.token\n").chmod(0o755)
    return studio


def answered(studio: Studio, answer: str) -> Ran:
    return at_a_terminal.answered(studio, "trust", typed=answer)


def test_yes_grants_and_the_program_then_runs_in_the_projects_folder(studio: Studio) -> None:
    refused = studio.run("accounts", "--json")
    assert (refused.code, (studio.root / "ran").exists()) == (8, False)
    assert "(scripts/token.sh acme)" in refused.out and '"command-not-trusted"' in refused.out
    told = answered(studio, "yes")
    assert (told.code, "Granted." in told.out) == (0, True), told
    assert "scripts/token.sh is a file of the project: sha256 " in told.out
    (studio.root / "posts").mkdir()
    studio.run("-C", "posts", "accounts")
    assert (studio.root / "ran").read_text().strip() == str(studio.root)
    assert "not granted" not in studio.run("trust", "--show").out


@pytest.mark.parametrize("answer", ["", "y", "no", "YES"])
def test_any_other_answer_grants_nothing(answer: str, studio: Studio) -> None:
    told = answered(studio, answer)
    assert (told.code, "Nothing was granted." in told.err) == (130, True), told
    assert studio.run("trust", "--json").json["granted"] is False


def test_a_changed_script_is_asked_again(studio: Studio) -> None:
    answered(studio, "yes")
    studio.write("scripts/token.sh", "#!/bin/sh\necho other\n")
    assert studio.run("trust", "--json").json["granted"] is False
    assert (studio.run("accounts").code, (studio.root / "ran").exists()) == (8, False)


def test_a_project_that_asks_for_nothing_says_so(studio: Studio) -> None:
    studio.write("contentsync.yaml", PROJECT)
    told = studio.run("trust")
    assert (told.code, "runs no program" in told.out) == (0, True)
    assert studio.run("trust", "--json").json["digest"] is None


def test_showing_is_the_same_everywhere(studio: Studio, tmp_path: Path) -> None:
    digest = studio.run("trust", "--json").json["digest"]
    copy = Studio(tmp_path / "elsewhere")
    copy.write("contentsync.yaml", ASKS)
    copy.write("scripts/token.sh", (studio.root / "scripts/token.sh").read_text())
    assert copy.run("trust", "--json").json["digest"] == digest
    assert f"DIGEST {digest}" in copy.run("trust", "--show").out


def test_where_one_argument_ends_and_the_next_begins_is_shown(studio: Studio) -> None:
    studio.write("contentsync.yaml", ASKS.replace("[scripts/token.sh, acme]", '[sh, -c, "cat token"]'))
    assert "run    sh -c 'cat token'   (" in studio.run("trust", "--show").out
