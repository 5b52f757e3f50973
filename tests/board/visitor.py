"""A board and somebody who visits it, with a browser's manners or without them."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contentsync.board.serve import Board
from contentsync.emulator.server import Emulator
from contentsync.project import Project
from tests.cli.support import Studio


@dataclass
class Opened:
    """A running board, and a client that is not signed in."""

    board: Board
    client: httpx.Client
    base: str = ""

    def sign_in(self) -> Opened:
        answer = self.client.get(self.board.link)
        assert answer.status_code == 200, answer.text
        self.base = re.search(r'href="(/[0-9a-f]+)/"', answer.text)[1]  # type: ignore[index]
        self.client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
        return self

    def get(self, path: str = "/", **headers: str) -> httpx.Response:
        return self.client.get(f"{self.board.url}{self.base}{path}", headers=headers)

    def page(self, path: str = "/") -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """As a form of the board's own page sends it; a header that is given as empty is left out."""
        sent = {"Origin": self.board.url, "Sec-Fetch-Site": "same-origin"} | headers
        sent = {name: value for name, value in sent.items() if value}
        return self.client.post(f"{self.board.url}{self.base}{path}", data=fields or {}, headers=sent)

    def form_of(self, path: str) -> dict[str, str]:
        """The hidden fields of the first form of a page."""
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page(path))
        return {name: html.unescape(value) for name, value in found}


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """An empty project, for boards that run in this process: what it needs is in this process's environment."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return Studio(tmp_path / "studio", dict(os.environ))


@contextmanager
def a_board(studio: Studio, **how: Any) -> Iterator[Opened]:
    board = Board(lambda: Project.open(studio.root, dict(os.environ)), "127.0.0.1:0", **how)
    board.start()
    try:
        with httpx.Client(trust_env=False, timeout=30) as client:
            yield Opened(board, client)
    finally:
        board.stop()
