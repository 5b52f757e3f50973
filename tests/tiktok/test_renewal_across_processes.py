"""One renewal for all processes, through real sockets and files; and what remains when one of them is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support import Studio, an_emulator
from tests.processes import PATIENCE
from tests.tiktok.keyrings import IN_A_FILE
from tests.tiktok.sign_in import SignIn, serving

ROOT = Path(__file__).parents[2]
SEED = {"CONTENTSYNC_TOKEN_ACME": "act.0", "CONTENTSYNC_REFRESH_TOKEN_ACME": "rft.0"}


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    with serving(SignIn()) as server:
        yield server


def begin(sign_in: SignIn, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.tiktok.renewing", sign_in.url, str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | SEED, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=PATIENCE)
    return out.strip()


@pytest.mark.slow
def test_eight_processes_renew_once_and_all_get_the_same_token(sign_in: SignIn, tmp_path: Path) -> None:
    processes = [begin(sign_in, tmp_path) for _ in range(8)]
    assert [said(process) for process in processes] == ["ready"] * 8
    for process in processes:
        go(process)
    assert [ended(process) for process in processes] == ["act.1"] * 8
    assert (sign_in.renewals, sign_in.refused) == (1, 0)


@pytest.mark.slow
def test_a_process_killed_between_answer_and_disk_loses_the_token_and_the_next_one_says_so(
    sign_in: SignIn, tmp_path: Path
) -> None:
    killed, next_one = begin(sign_in, tmp_path), begin(sign_in, tmp_path)
    assert (said(killed), said(next_one)) == ("ready", "ready")
    sign_in.held.clear()
    go(killed)
    sign_in.asked.wait(timeout=PATIENCE)
    killed.kill()
    ended(killed)
    sign_in.held.set()
    go(next_one)
    told = ended(next_one)
    assert "was interrupted before its answer was saved" in told
    assert "[invalid-grant]" in told
    assert sign_in.renewals == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", ["file", "keyring"])
def test_eight_commands_with_an_expired_token_renew_once_at_the_emulator(tmp_path: Path, place: str) -> None:
    (tmp_path / "keyring.json").write_text("{}")
    with an_emulator() as emulator:
        shared = {"CONTENTSYNC_TOKEN_STORE": place, "TEST_KEYRING": str(tmp_path / "keyring.json")} | IN_A_FILE
        studio = Studio(tmp_path / "studio", dict(emulator.environment) | shared | {"PYTHONPATH": str(ROOT)})
        emulator.expire_tokens("acme")
        command = [sys.executable, "-m", "contentsync", "refresh", "--account", "acme"]
        environ = os.environ | studio.environment
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        running = [subprocess.Popen(command, cwd=studio.root, env=environ, **quiet) for _ in range(8)]
        ends = [(process.communicate(timeout=100)[1], process.returncode) for process in running]
        calls = [line for line in emulator.requests() if "/oauth/token" in str(line)]
    assert ends == [("", 0)] * 8
    assert len(calls) == 1
