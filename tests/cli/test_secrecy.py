"""No secret is left behind: a whole run by real processes, and a search through all that it wrote and said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio

Found = list[tuple[str, str]]


class Watch:
    """All that may show a secret: what commands said, their command lines while they ran, and files."""

    def __init__(self, studio: Studio, folders: Iterable[Path]) -> None:
        self.studio, self.folders = studio, list(folders)
        self.seen: dict[str, bytes] = {}

    def run(self, *args: str) -> int:
        environ = os.environ | self.studio.environment | {"PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "contentsync", *args]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=self.studio.root, env=environ, **pipes) as process:  # type: ignore[call-overload]
            self.seen[f"ps {args}"] = _command_line(process)
            out, err = process.communicate(timeout=100)
        self.seen[f"stdout {args}"], self.seen[f"stderr {args}"] = out, err
        self.look()
        return int(process.returncode)

    def look(self) -> None:
        """Keep what the files hold now: some are gone when all is over, as a WAL is."""
        for file in (file for folder in self.folders for file in folder.rglob("*")):
            if file.is_file() and file.name != "tokens.json":
                self.seen[f"{file} {len(self.seen)}"] = file.read_bytes()

    def holding(self, secrets: Iterable[str]) -> Found:
        return [(secret, place) for secret in secrets for place, held in self.seen.items() if secret.encode() in held]


def _command_line(process: subprocess.Popen[bytes]) -> bytes:
    """What `ps` shows of a process; for a moment after its start, that is nothing. Empty where there is no /proc."""
    shown = Path(f"/proc/{process.pid}/cmdline")
    while shown.exists() and process.poll() is None:
        if line := shown.read_bytes():
            return line
    return b""


@pytest.fixture
def watch(studio: Studio, home: Path, tmp_path: Path) -> Iterator[Watch]:
    temp = tmp_path / "temp"
    temp.mkdir()
    studio.environment = dict(studio.environment) | {"TMPDIR": str(temp), "CONTENTSYNC_DEBUG": "1"}
    yield Watch(studio, (studio.root, home, temp))


def secrets_of(emulator: Emulator) -> set[str]:
    """Every token of now, and the app's secret."""
    tokens = {token for pair in emulator.accounts.values() for token in (pair.access_token, pair.refresh_token)}
    return tokens | {emulator.config.app.client_secret}


@pytest.mark.slow
def test_nothing_that_a_whole_run_leaves_behind_holds_a_secret(
    watch: Watch, studio: Studio, emulator: Emulator
) -> None:
    secrets = secrets_of(emulator)
    studio.post("one")
    studio.post("two", account="acme_de")
    codes = [watch.run("validate"), watch.run("-v", "plan", "--out", "saved.json")]
    emulator.expire_tokens("acme")
    emulator.add_fault("upload:status=503")
    codes.append(watch.run("-v", "apply", "saved.json"))
    secrets |= secrets_of(emulator)
    for verb in (
        ("status", "--json"),
        ("explain", "acme/one"),
        ("accounts",),
        ("state", "history"),
        ("state", "list"),
    ):
        codes.append(watch.run("-v", *verb))
    emulator.revoke("acme")
    refused = watch.run("-v", "accounts")
    assert (codes, refused) == ([0] * 8, 8)
    assert len(secrets) == 7  # two accounts, one of them renewed, and the app
    assert watch.holding(secrets) == []
    assert watch.holding(["upload_token", "Bearer "]) == []
    # The search is not blind: what is said and written is found by it.
    watch.studio.write("planted.txt", f"x{min(secrets)}y")
    watch.look()
    assert [place for _, place in watch.holding(secrets) if "planted" in place] != []
    assert {place.partition(" ")[0] for _, place in watch.holding(["acme"])} >= {"stdout", "stderr", "ps"}
    assert any("state.db" in place for _, place in watch.holding(["SQLite format 3"]))


def test_a_defects_traceback_shows_no_secret(watch: Watch, studio: Studio, emulator: Emulator) -> None:
    """A defect in the midst of a request, forced by a hook that Python runs at its start."""
    hook = studio.root.parent / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(BREAKS_THE_WIRE)
    studio.environment["PYTHONPATH"] = str(hook)
    code = watch.run("accounts")
    assert (code, b"Traceback" in watch.seen["stderr ('accounts',)"]) == (70, True)
    assert b"has a defect: ZeroDivisionError" in watch.seen["stderr ('accounts',)"]
    assert watch.holding(secrets_of(emulator)) == []


BREAKS_THE_WIRE = """
import httpx
def broken(self, request, **more):
    assert "Bearer act." in request.headers["authorization"]
    return 1 / 0
httpx.Client.send = broken
"""


def test_a_request_and_its_errors_show_no_token(emulator: Emulator) -> None:
    import httpx

    token = emulator.accounts["acme"].access_token
    request = httpx.Request("POST", emulator.url, headers={"Authorization": f"Bearer {token}"})
    shown = f"{request!r} {request.headers!r} {httpx.ReadError('cut', request=request)!r} {json.dumps(str(request))}"
    assert token not in shown
