"""How is a pair of tokens stored in the operating system? As one entry in the user's keyring.

The library `keyring` does this: Secret Service and KWallet on Linux, the keychain of macOS, Windows' credentials. The
library is an extra and slow to import, so it is imported at its first use, and only if a pair is or will be there.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Protocol

from contentsync.errors import Problem, TokensUnusable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "contentsync"

# What backends raise beside keyring's own errors, by module: looked up in what they have imported.
_OF_BACKENDS: Final = (
    ("secretstorage.exceptions", "SecretStorageException"),
    ("jeepney.wrappers", "DBusErrorResponse"),
    ("dbus", "DBusException"),
    ("pywintypes", "error"),
)


class Keyring(Protocol):
    """Entries by name. All raise TokensUnusable where the keyring is locked, gone, or says no."""

    def is_recommended(self) -> bool:
        """Whether there is a keyring that is safe to choose automatically."""
        ...

    def get(self, entry: str) -> str | None:
        """What the entry holds; None where there is none."""
        ...

    def put(self, entry: str, text: str) -> None:
        """Store `text` as the entry; it is stored when this returns."""
        ...

    def drop(self, entry: str) -> None:
        """Delete the entry, if it exists."""
        ...


class OsKeyring:
    """The keyring of the user who runs this."""

    def is_recommended(self) -> bool:
        """Not so for what keyring does not recommend itself: files in plain text, backends that keep nothing.

        Source: keyring, core.recommended: a priority of 1 and above.
        """
        try:
            return float(type(_backend("choose")).priority) >= 1
        except (TokensUnusable, RuntimeError):  # a backend may say so, when asked for its priority
            return False

    def get(self, entry: str) -> str | None:
        backend = _backend("read")
        try:
            return backend.get_password(SERVICE, entry)
        except _troubles() as err:
            raise _unusable("can't be read", err) from None  # what backends say may show what they were given

    def put(self, entry: str, text: str) -> None:
        backend = _backend("write")
        try:
            backend.set_password(SERVICE, entry, text)
            there = backend.get_password(SERVICE, entry)
        except _troubles() as err:
            raise _unusable("refuses the tokens", err) from None
        if there != text:  # as of a backend that keeps nothing
            raise _unusable("does not store the tokens")

    def drop(self, entry: str) -> None:
        backend = _backend("change")
        try:
            if backend.get_password(SERVICE, entry) is not None:
                backend.delete_password(SERVICE, entry)
        except _troubles() as err:
            raise _unusable("does not delete the tokens", err) from None


def _backend(verb: str) -> KeyringBackend:
    try:
        import keyring
    except ImportError:
        hint = "pip install 'contentsync[keyring]', or keep new tokens in a file: CONTENTSYNC_TOKEN_STORE=file"
        what = f"the library keyring, which is needed to {verb} the OS keyring, is not installed"
        raise TokensUnusable(Problem("keyring-missing", what, hint)) from None
    try:
        return keyring.get_keyring()
    except _troubles(ImportError, AttributeError, ValueError) as err:  # a PYTHON_KEYRING_BACKEND that is not there
        raise _unusable("can't be opened", err) from None


def _troubles(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """The errors of a backend: a closed list, so that a bug of ours is not taken for a locked keyring."""
    from keyring.errors import KeyringError

    found: list[type[Exception] | None] = [
        getattr(sys.modules.get(module), name, None) for module, name in _OF_BACKENDS
    ]
    return (KeyringError, OSError, EOFError, RuntimeError, *(kind for kind in found if kind is not None), *more)


def _unusable(why: str, err: Exception | None = None) -> TokensUnusable:
    name = f" ({type(err).__name__})" if err else ""
    hint = (
        "unlock it, or let contentsync use it, then run the same command again; to use a file instead, sign in again "
        "with CONTENTSYNC_TOKEN_STORE=file"
    )
    return TokensUnusable(Problem("keyring-unusable", f"the OS keyring {why}{name}", hint))
