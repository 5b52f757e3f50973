"""A board on a real port, over a project that is pointed at an emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.board.visitor import Opened, a_board, studio
from tests.cli.support import Studio

__all__ = ["studio"]
OpenBoard = Callable[..., Opened]


@pytest.fixture
def open_board(studio: Studio) -> Iterator[OpenBoard]:
    """Starts a board of the studio; `allow_actions=True` for one that acts."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(a_board(studio, **how))
