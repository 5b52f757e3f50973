"""A board on a real port, over a project that is pointed at an emulator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.board.visitor import Opened, a_board
from tests.cli.support import Studio, an_emulator

OpenBoard = Callable[..., Opened]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with an_emulator() as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Studio:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return Studio(tmp_path / "studio", dict(os.environ))


@pytest.fixture
def open_board(studio: Studio) -> Iterator[OpenBoard]:
    """Starts a board of the studio; `allow_actions=True` for one that acts."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(a_board(studio, **how))
