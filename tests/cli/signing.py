"""`contentsync login` as a process that a test talks with, and the consent page visited without a browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from contentsync.emulator.server import Emulator
from tests.cli.support import Ran, Studio
from tests.processes import PATIENCE

ADDRESS = re.compile(r"^  (https?://\S+)", re.M)
PROJECT = """\
version: 1
app:
  client_key: ${CONTENTSYNC_CLIENT_KEY}
  client_secret: ${CONTENTSYNC_CLIENT_SECRET}
  sandbox: {client_key: sbawemulator00000, client_secret: "${CONTENTSYNC_SANDBOX_SECRET}"}
  audited: true
accounts:
  acme:        # the main one
    mode: direct
  acme_de:
    mode: draft
"""


def a_studio(root: Path, emulator: Emulator, **more: str) -> Studio:
    """A project that is pointed at the emulator, with the app's keys and without any token."""
    usual = {name: value for name, value in emulator.environment.items() if "_TOKEN_" not in name}
    own = {"CONTENTSYNC_DATA_DIR": str(root / "data"), "CONTENTSYNC_TOKEN_STORE": "file"}
    own["CONTENTSYNC_SANDBOX_SECRET"] = emulator.config.app.sandbox_secret
    studio = Studio(root / "studio", usual | own | {"BROWSER": "true"} | more)
    studio.write("contentsync.yaml", PROJECT)
    return studio


class Login:
    """A running `contentsync login`. out, err: what it has said so far."""

    def __init__(self, studio: Studio, *args: str, stdin: int | None = None, verb: str = "login") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "contentsync", verb, *args],
            cwd=studio.root,
            env=dict(os.environ) | {"PYTHONUTF8": "1"} | studio.environment,
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.err = ""
        self._told = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            with self._told:
                self.err += line
                self._told.notify_all()

    def address(self, seconds: float = 30.0) -> str:
        """The address of the consent page, once it is told, and the line after it."""
        with self._told:
            found = self._told.wait_for(lambda: re.search(ADDRESS.pattern + r"\n[^\n]+\n", self.err, re.M), seconds)
            assert found, self.err
        return str(found[1])

    def ends(self, stdin: str | None = None) -> Ran:
        """How it ended, once it has been given its last input."""
        assert self.process.stdout is not None
        if stdin is not None:
            assert self.process.stdin is not None
            self.process.stdin.write(stdin)
        if self.process.stdin is not None:
            self.process.stdin.close()
        out = self.process.stdout.read()
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return Ran(code, out, self.err)


def consented(address: str, **choice: str) -> str:
    """Where the browser is sent once the person has decided; nothing is visited there."""
    with httpx.Client(trust_env=False, verify=False, timeout=20) as http:
        chosen = {"account": "acme", "decision": "allow"} | choice
        answer = http.get(address, params={**httpx.URL(address).params, **chosen})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def visited(address: str) -> httpx.Response:
    """What the browser is shown at an address."""
    with httpx.Client(trust_env=False, verify=False, timeout=60) as http:
        return http.get(address)


def query_of(address: str) -> dict[str, Any]:
    return dict(httpx.URL(address).params)


def port_of(redirect_uri: str) -> int:
    return urlsplit(redirect_uri).port or 0
