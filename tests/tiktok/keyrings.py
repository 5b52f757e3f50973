"""Keyrings for tests: one in memory, which can be locked; backends for the library, by import path."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked

from contentsync.errors import Problem, TokensUnusable

IN_A_FILE = {"PYTHON_KEYRING_BACKEND": f"{__name__}.InAFile"}


class MemoryKeyring:
    """Entries in a dict. recommended: as AUTO asks. locked: refuses all."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self.recommended = True
        self.locked = False
        self.calls = 0

    def is_recommended(self) -> bool:
        return self.recommended

    def get(self, entry: str) -> str | None:
        self._use()
        return self.entries.get(entry)

    def put(self, entry: str, text: str) -> None:
        self._use()
        self.entries[entry] = text

    def drop(self, entry: str) -> None:
        self._use()
        self.entries.pop(entry, None)

    def _use(self) -> None:
        self.calls += 1
        if self.locked:
            raise TokensUnusable(Problem("keyring-unusable", "the OS keyring can't be read (KeyringLocked)"))


class InAFile(KeyringBackend):
    """Entries in the file TEST_KEYRING, replaced whole: what processes share. A file that is missing is locked."""

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805
        return _where_asked_for(9)

    @property
    def _file(self) -> Path:
        return Path(os.environ["TEST_KEYRING"])

    def get_password(self, service: str, username: str) -> str | None:
        if not self._file.exists():
            raise KeyringLocked("act.ShownByTheBackend")
        found: str | None = json.loads(self._file.read_text()).get(f"{service} {username}")
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)
        entries = json.loads(self._file.read_text()) | {f"{service} {username}": password}
        temp = self._file.with_suffix(".tmp")
        temp.write_text(json.dumps(entries))
        temp.replace(self._file)

    def delete_password(self, service: str, username: str) -> None:
        entries = json.loads(self._file.read_text())
        del entries[f"{service} {username}"]
        self._file.write_text(json.dumps(entries))


class Plain(InAFile):
    """One that its library does not recommend."""

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805
        return _where_asked_for(0.5)


def _where_asked_for(priority: float) -> float:
    """The library tries each backend that some test has imported, save those that refuse to tell their priority."""
    if "TEST_KEYRING" not in os.environ:
        raise RuntimeError("this test asks for no keyring in a file")
    return priority
