"""The bench of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attempt.bench import Bench
from tests.builders import ManualClock


@pytest.fixture
def bench(tmp_path: Path, clock: ManualClock) -> Bench:
    return Bench(tmp_path, clock)
