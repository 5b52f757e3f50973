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

# No deadline: how long an example takes says how busy the machine is.
settings.register_profile("ours", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)

TESTS = Path(__file__).parent
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


# What takes processes, servers, a browser, a keyring, many lives, or about a tenth of a second a test, as measured:
# the inner loop leaves it out.
SLOW_ROOMS = {"browser", "ci", "crash", "foreign", "machine", "simulation", "soak", "store/git"}
SLOW_FILES = {
    "board/test_board.py",
    "cli/test_agenda.py",
    "cli/test_apply.py",
    "cli/test_approve.py",
    "cli/test_approve_by_branch.py",
    "cli/test_calendar.py",
    "cli/test_ci_recipe.py",
    "cli/test_disk.py",
    "cli/test_each_refusal.py",
    "cli/test_earlier_videos.py",
    "cli/test_evidence.py",
    "cli/test_git_config.py",
    "cli/test_git_state.py",
    "cli/test_handover.py",
    "cli/test_hostile_repository.py",
    "cli/test_identity.py",
    "cli/test_live_status.py",
    "cli/test_locks.py",
    "cli/test_log_format.py",
    "cli/test_login.py",
    "cli/test_migrate.py",
    "cli/test_notify.py",
    "cli/test_once.py",
    "cli/test_overtaken.py",
    "cli/test_pause.py",
    "cli/test_pause_under_way.py",
    "cli/test_policy.py",
    "cli/test_secrecy.py",
    "cli/test_settling.py",
    "cli/test_shared_notices.py",
    "cli/test_signals.py",
    "cli/test_summary.py",
    "cli/test_trust.py",
    "cli/test_twelve_clips.py",
    "emulator/test_cli.py",
    "emulator/test_odd_answers.py",
    "emulator/test_webhooks.py",
    "hosting/test_carousel.py",
    "manifest/test_adversarial.py",
    "manifest/test_remembered.py",
    "operations/test_last_look.py",
    "operations/test_library.py",
    "operations/test_nothing_changed.py",
    "operations/test_plan_scales.py",
    "operations/test_quick_apply.py",
    "operations/test_settling.py",
    "plan/test_forecast.py",
    "plan/test_schedules.py",
    "signin/test_flow.py",
    "signin/test_listener.py",
    "signin/test_pin.py",
    "test_apply.py",
    "test_every_reading.py",
    "test_shared_tokens.py",
    "tiktok/test_deadline.py",
    "tiktok/test_killed_renewals.py",
    "tiktok/test_renewal_across_processes.py",
    "tiktok/test_secret_service.py",
    "watch/test_calendar_holds.py",
    "watch/test_watch.py",
    "watch/test_watch_policy.py",
    "watch/test_watch_process.py",
    "webhooks/test_receiver.py",
    "webhooks/test_work.py",
}


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples in the inner loop."""
    settings.load_profile("quick" if config.option.markexpr == "not slow" else "ours")


def is_slow(path: Path) -> bool:
    """Whether the inner loop leaves out a whole file or folder."""
    inside = path.relative_to(TESTS).as_posix() if path.is_relative_to(TESTS) else ""
    return inside in SLOW_FILES or any(f"{inside}/".startswith(f"{room}/") for room in SLOW_ROOMS)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Don't even import what the inner loop leaves out. `--last-failed` must see the file of each failed test."""
    left_out = config.option.markexpr == "not slow" and not config.option.lf and is_slow(collection_path)
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the inner loop leaves out."""
    for item in items:
        if is_slow(item.path):
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
