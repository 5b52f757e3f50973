"""What every test has: a home of its own, and an environment without our variables. What many tests ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.builders import ManualClock

if TYPE_CHECKING:
    from contentsync.emulator.server import Emulator
    from tests.cli.support import Studio

settings.register_profile("ours", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("ours")

HOMES = (
    "HOME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
)
CHANGES_OUTPUT = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS")


# What takes processes, servers, a browser, a keyring, or many lives; the inner loop leaves it out.
SLOW_ROOMS = {"simulation", "crash", "machine", "browser", "foreign", "git", "soak"}
SLOW_FILES = {
    "test_adversarial.py",
    "test_apply.py",
    "test_carousel.py",
    "test_ci_recipe.py",
    "test_cli.py",
    "test_deadline.py",
    "test_disk.py",
    "test_each_refusal.py",
    "test_every_reading.py",
    "test_evidence.py",
    "test_flow.py",
    "test_git_state.py",
    "test_hostile_repository.py",
    "test_killed_renewals.py",
    "test_library.py",
    "test_listener.py",
    "test_locks.py",
    "test_login.py",
    "test_migrate.py",
    "test_odd_answers.py",
    "test_once.py",
    "test_pin.py",
    "test_plan_scales.py",
    "test_receiver.py",
    "test_remembered.py",
    "test_renewal_across_processes.py",
    "test_secrecy.py",
    "test_secret_service.py",
    "test_settling.py",
    "test_shared_tokens.py",
    "test_signals.py",
    "test_summary.py",
    "test_trust.py",
    "test_watch.py",
    "test_watch_process.py",
    "test_webhooks.py",
    "test_work.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the inner loop leaves out."""
    for item in items:
        if SLOW_ROOMS & set(item.path.parts) or item.path.name in SLOW_FILES:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that stands for the user's home, so that no test reads or writes the real one."""
    folder = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("CONTENTSYNC_") or name in CHANGES_OUTPUT]:
        monkeypatch.delenv(name)
    for name in HOMES:
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("CONTENTSYNC_DATA_DIR", str(folder / "contentsync"))
    monkeypatch.setenv("CONTENTSYNC_TOKEN_STORE", "file")  # never into the keyring of whoever runs the tests
    monkeypatch.setenv("NO_PROXY", "*")  # what listens on loopback is spoken to directly
    return folder


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A stand-in for TikTok; see `an_emulator` for its accounts."""
    from tests.cli.support import an_emulator

    with an_emulator() as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator) -> Studio:
    """An empty project with the tokens of the emulator's accounts in its environment."""
    from tests.cli.support import Studio

    return Studio(tmp_path / "studio", emulator.environment)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at builders.NOW until it is moved."""
    return ManualClock()
