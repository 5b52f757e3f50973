"""What a renewal leaves that is killed at each of its lines: the old pair, the new one, or a plain word of loss."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tiktok.keyrings import IN_A_FILE
from tests.tiktok.secret_service import secret_service
from tests.tiktok.sign_in import Chains, serving

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked on this machine"),
]


class Death(NamedTuple):
    """Where a process died, the refresh token that the next one found, and what its renewal came to."""

    where: str
    found: str
    told: str

    @property
    def what(self) -> str:
        """Whether the old pair was left alive, was left dead, or the new one was there."""
        if self.found.endswith(".0"):
            return "old" if self.told.startswith("act.") else "lost"
        return "new" if self.told.startswith("act.") else "dead"


def deaths(folder: Path, store: str, environ: Mapping[str, str], step: int = 1) -> list[Death]:
    with serving(Chains()) as sign_in:
        command = [sys.executable, "-m", "tests.tiktok.killing", sign_in.url, str(folder), store, str(step)]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, timeout=200, check=False
        )
    assert done.returncode == 0, done.stderr
    return [Death(*found) for found in json.loads(done.stdout)]


def hold(found: list[Death]) -> None:
    """First the old pair, then a loss that is told, then the new pair; never anything else, nor back again."""
    order = [death.what for death in found]
    assert len(order) > 20, "the lines of a renewal were not seen"
    assert order == sorted(order, key=["old", "lost", "new"].index)
    assert {"old", "new"} <= set(order)
    lost = [death for death in found if death.what == "lost"]
    assert [death for death in lost if "was interrupted before its answer was saved" not in death.told] == []


def test_in_the_file(tmp_path: Path) -> None:
    found = deaths(tmp_path, "file", {})
    hold(found)
    written = next(death.where for death in found if death.what == "new")
    assert written.startswith(("_write:", "save:"))  # the first line of this module after the file was replaced


def test_in_a_keyring(tmp_path: Path) -> None:
    (tmp_path / "keyring.json").write_text("{}")
    found = deaths(tmp_path, "keyring", IN_A_FILE | {"TEST_KEYRING": str(tmp_path / "keyring.json")})
    hold(found)
    written = next(death.where for death in found if death.what == "new")
    assert written.startswith("put:")  # the entry counts, before the file has heard of it


def test_in_a_real_secret_service(tmp_path: Path) -> None:
    with secret_service(tmp_path / "service") as environ:
        found = deaths(tmp_path, "keyring", environ, step=2)
    hold(found)
