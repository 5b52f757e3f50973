"""Tokens in a real Secret Service, through real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support import Studio, an_emulator
from tests.tiktok.secret_service import secret_service

LOCK = "import secretstorage as s; s.get_default_collection(s.dbus_init()).lock()"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A project whose account was signed in, its access token expired, with a Secret Service for its tokens."""
    with secret_service(tmp_path / "service") as session, an_emulator() as emulator:
        made = Studio(tmp_path / "studio", dict(emulator.environment) | session | {"CONTENTSYNC_TOKEN_STORE": "auto"})
        emulator.expire_tokens("acme")
        emulator.expire_tokens("acme_de")
        yield made


def test_tokens_go_into_the_keyring_and_no_secret_into_the_file(studio: Studio) -> None:
    first, second = studio.process("accounts"), studio.process("accounts")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert second.out.count("in the OS keyring") == 2
    file = Path(os.environ["CONTENTSYNC_DATA_DIR"], "tokens.json").read_text()
    assert ("contentsync.tokens/2" in file, '"act.' in file, '"rft.' in file) == (True, False, False)


def test_a_locked_keyring_is_told_with_what_mends_it(studio: Studio) -> None:
    studio.process("accounts")
    subprocess.run([sys.executable, "-c", LOCK], env=os.environ | studio.environment, check=True)
    told = studio.process("accounts")
    assert told.code == 8
    assert "the OS keyring can't be read (KeyringLocked) [keyring-unusable]" in told.out
    assert ("hint: unlock it" in told.out, "Traceback" in told.out + told.err) == (True, False)


def test_a_keyring_that_is_gone_is_told(studio: Studio) -> None:
    studio.process("accounts")
    studio.environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
    told = studio.process("accounts")
    assert (told.code, "[keyring-unusable]" in told.out, "Traceback" in told.out + told.err) == (8, True, False)
