"""A project that has no tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.support import Studio


@pytest.fixture
def offline(tmp_path: Path) -> Studio:
    """An empty project without any token."""
    return Studio(tmp_path / "studio")
