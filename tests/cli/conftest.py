"""An emulator and a project that is pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio, an_emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with an_emulator() as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator) -> Studio:
    """An empty project with the tokens of the emulator's accounts in its environment."""
    return Studio(tmp_path / "studio", emulator.environment)


@pytest.fixture
def offline(tmp_path: Path) -> Studio:
    """An empty project without any token."""
    return Studio(tmp_path / "studio")
