"""Renewals that are killed at each line: `python -m tests.tiktok.killing BASE_URL FOLDER STORE STEP`.

For each line of ours that a renewal runs, or each STEPth, one process dies there by SIGKILL; another looks at what it
left and renews again. Prints a JSON array: [where it died, refresh token found, the new token or what was told].
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from contentsync.clock import SystemClock
from contentsync.errors import ContentsyncError
from contentsync.settings import Account, App
from contentsync.tiktok import auth, exchange, os_keyring, tokens
from contentsync.tiktok.auth import Credentials
from contentsync.tiktok.tokens import Choice, TokenStore

ACTING = {"_renewed", "save", "_into_keyring", "_write", "put"}  # between the lines of the others nothing changes
OURS = {module.__file__ for module in (auth, os_keyring, tokens)}


class Killer:
    """Ends the process at the n-th line of OURS from now on; says where before."""

    def __init__(self, line: int, report: int) -> None:
        self.left, self.report = line, report

    def start(self) -> None:
        sys.settrace(self.trace)

    def trace(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if frame.f_code.co_filename not in OURS or frame.f_code.co_name not in ACTING:
            return None
        if event == "line":
            self.left -= 1
            if not self.left:
                os.write(self.report, f"{frame.f_code.co_name}:{frame.f_lineno}".encode())
                os.kill(os.getpid(), signal.SIGKILL)
        return self.trace


def credentials(base_url: str, folder: Path, choice: Choice, chain: int) -> Credentials:
    seed = {"CONTENTSYNC_TOKEN_ACME": f"act.{chain}.0", "CONTENTSYNC_REFRESH_TOKEN_ACME": f"rft.{chain}.0"}
    store = TokenStore(folder / str(chain), choice)
    return Credentials(Account("acme"), App("key", "secret"), base_url, store, SystemClock(), seed)


def in_a_fork(work: Any) -> tuple[int, str]:
    """How a process ended that runs `work(report)`, and what it reported."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        work(writer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        text = said.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


def main(base_url: str, folder: str, store: str, step: str) -> None:
    found: list[tuple[str, str, str]] = []
    exchange._tls()  # imported and read once, for all that are forked
    if Choice(store) is Choice.KEYRING:
        os_keyring.OsKeyring().is_recommended()
    for chain in range(1, 10_000, int(step)):

        def die(report: int, chain: int = chain) -> None:
            mine = credentials(base_url, Path(folder), Choice(store), chain)
            Killer(chain, report).start()
            mine.refresh(f"act.{chain}.0")

        def look(report: int, chain: int = chain) -> None:
            mine = credentials(base_url, Path(folder), Choice(store), chain)
            pair = mine.pair()
            try:
                told = mine.refresh(pair.access_token)
            except ContentsyncError as err:
                told = str(err)
            os.write(report, json.dumps([pair.refresh_token, told]).encode())

        code, where = in_a_fork(die)
        if code == 0:
            break
        ended, said = in_a_fork(look)
        assert ended == 0, where
        found.append((where, *json.loads(said)))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
