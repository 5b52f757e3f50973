"""Handing tokens on: what is printed or written, what is refused, and how long a CI lives on it."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio

NAMES = ("CONTENTSYNC_TOKEN_ACME", "CONTENTSYNC_REFRESH_TOKEN_ACME")


def read(lines: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines.splitlines())


def runner(studio: Studio, folder: Path, secrets: dict[str, str]) -> Studio:
    """A machine that starts with the repository and these secrets, and nothing else."""
    kept = {name: value for name, value in studio.environment.items() if name not in NAMES}
    made = Studio(folder / "repository", kept | secrets | {"CONTENTSYNC_DATA_DIR": str(folder / "data")})
    shutil.copytree(studio.root, made.root, dirs_exist_ok=True)
    return made


def token_calls(emulator: Emulator) -> int:
    return sum("/oauth/token" in str(line) for line in emulator.requests())


def test_the_lines_seed_another_machine(studio: Studio, emulator: Emulator, tmp_path: Path) -> None:
    done = studio.run("token", "export", "acme", "--stdout")
    assert (done.code, tuple(read(done.out))) == (0, NAMES)
    assert runner(studio, tmp_path / "ci", read(done.out)).run("refresh", "--account", "acme").code == 0


def test_it_is_told_until_when_and_that_it_is_one_chain_and_no_secret(studio: Studio) -> None:
    done = studio.run("token", "export", "acme", "--stdout")
    assert "the access token is good until " in done.err
    assert "one chain" in done.err
    assert [value for value in read(done.out).values() if value in done.err] == []


def test_what_has_little_left_is_renewed_first_and_once(studio: Studio, emulator: Emulator) -> None:
    before = token_calls(emulator)
    first, second = (studio.run("token", "export", "acme", "--stdout") for _ in range(2))
    assert first.out == second.out
    assert first.out.split() != [f"{name}={studio.environment[name]}" for name in NAMES]
    assert token_calls(emulator) - before == 1


def test_json_is_one_object(studio: Studio) -> None:
    assert tuple(studio.run("token", "export", "acme", "--stdout", "--format", "json").json) == NAMES


def test_the_access_token_alone_renews_nothing_elsewhere(studio: Studio) -> None:
    done = studio.run("token", "export", "acme", "--stdout", "--access-only")
    assert tuple(read(done.out)) == NAMES[:1]
    assert "It can't be renewed there" in done.err


def test_a_file_is_for_the_user_alone(studio: Studio, tmp_path: Path) -> None:
    target = tmp_path / "secrets.env"
    target.write_text("old")
    target.chmod(0o644)
    done = studio.run("token", "export", "acme", "--out", str(target))
    assert (done.code, done.out) == (0, "")
    assert tuple(read(target.read_text())) == NAMES
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_file_that_git_would_take_is_refused_before_anything_is_renewed(studio: Studio, emulator: Emulator) -> None:
    subprocess.run(["git", "init", "-q"], cwd=studio.root, check=True)
    before = token_calls(emulator)
    done = studio.run("token", "export", "acme", "--out", "secrets.env")
    assert (done.code, "[export-tracked]" in done.err) == (64, True)
    assert (token_calls(emulator), (studio.root / "secrets.env").exists()) == (before, False)
    studio.write(".gitignore", "*.env\n")
    assert studio.run("token", "export", "acme", "--out", "secrets.env").code == 0


def test_a_project_without_git_is_kept_clean_too(studio: Studio) -> None:
    assert "[export-tracked]" in studio.run("token", "export", "acme", "--out", "posts.env").err


@pytest.mark.parametrize("where", [(), ("--stdout", "--out", "x")])
def test_where_to_must_be_said(studio: Studio, where: tuple[str, ...]) -> None:
    done = studio.run("token", "export", "acme", *where)
    assert (done.code, done.out, "[export-where]" in done.err) == (64, "", True)


def test_without_a_refresh_token_the_other_way_is_named(studio: Studio) -> None:
    del studio.environment[NAMES[1]]
    done = studio.run("token", "export", "acme", "--stdout")
    assert (done.code, done.out, "--access-only" in done.err) == (64, "", True)


# How long a CI lives on it. TikTok's emulator ends a refresh token with its first use.


def exported(studio: Studio) -> dict[str, str]:
    return read(studio.run("token", "export", "acme", "--stdout").out)


def a_day_passes(emulator: Emulator) -> None:
    emulator.expire_tokens("acme")


def test_a_runner_that_keeps_nothing_renews_once_and_then_fails_plainly(
    studio: Studio, emulator: Emulator, tmp_path: Path
) -> None:
    secrets = exported(studio)
    ends = []
    for day in range(3):
        ends.append(runner(studio, tmp_path / str(day), secrets).run("refresh", "--account", "acme"))
        a_day_passes(emulator)
    assert [end.code for end in ends] == [0, 0, 8]
    assert "[invalid-grant]" in ends[2].err
    assert "Traceback" not in ends[2].err


def test_a_runner_that_keeps_its_data_folder_lives_on(studio: Studio, emulator: Emulator, tmp_path: Path) -> None:
    ci = runner(studio, tmp_path, exported(studio))
    codes = []
    for _ in range(3):
        codes.append(ci.run("refresh", "--account", "acme").code)
        a_day_passes(emulator)
    assert codes == [0, 0, 0]


def test_a_runner_that_writes_its_secrets_back_lives_on(studio: Studio, emulator: Emulator, tmp_path: Path) -> None:
    secrets = exported(studio)
    codes = []
    for day in range(3):
        ci = runner(studio, tmp_path / str(day), secrets)
        codes.append(ci.run("refresh", "--account", "acme").code)
        secrets = exported(ci)
        a_day_passes(emulator)
    assert codes == [0, 0, 0]


def test_a_token_command_of_a_secret_manager_needs_no_folder(
    studio: Studio, emulator: Emulator, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.write_text(exported(studio)[NAMES[0]])
    shown = (studio.root / "contentsync.yaml").read_text()
    command = json.dumps(["cat", str(vault)])
    studio.write("contentsync.yaml", shown.replace("acme: {", f"acme: {{token_command: {command}, ", 1))
    ci = runner(studio, tmp_path / "ci", {})
    ci.environment["CONTENTSYNC_TRUST"] = studio.run("trust", "--json").json["digest"]
    assert ci.run("refresh", "--account", "acme").code == 0
    a_day_passes(emulator)
    told = ci.run("refresh", "--account", "acme")
    assert (told.code, "[token-command-stale]" in told.err) == (8, True)


def test_an_access_token_alone_ends_plainly(studio: Studio, emulator: Emulator, tmp_path: Path) -> None:
    secrets = read(studio.run("token", "export", "acme", "--stdout", "--access-only").out)
    ci = runner(studio, tmp_path / "ci", secrets)
    assert ci.run("refresh", "--account", "acme").code == 0
    a_day_passes(emulator)
    told = ci.run("refresh", "--account", "acme")
    assert (told.code, "[no-refresh-token]" in told.err) == (8, True)
