"""Which secret does only this user on this machine know? A random value in the user's data folder.

It proves that a cache was written here, and did not come with a repository.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from contentsync.files import write_new

_NAME: Final = "cache-secret"
_BYTES: Final = 32


def machine_secret(folder: Path) -> bytes:
    """The secret, made where there is none. folder: the data folder; if it can't be used, the secret is for once."""
    path = folder / _NAME
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(path)
        found = path.read_bytes()
    except OSError:
        found = b""
    return found if len(found) == _BYTES else os.urandom(_BYTES)


def _make(path: Path) -> None:
    import secrets

    try:
        write_new(path, secrets.token_bytes(_BYTES))
    except FileExistsError:
        return  # another process was quicker
    path.chmod(0o600)
