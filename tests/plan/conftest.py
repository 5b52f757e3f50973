"""What the planner's tests take from the command line."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="Write the plans that tests/plan/cases expect anew.")
