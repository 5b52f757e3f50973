"""Where may a secret be sent? To TikTok, to this machine, or where its user says.

Pure. Secrets are tokens, client secrets and sign-in codes. An address must have the plainest spelling. If two
programs could read it in two ways (a name before the host, a final dot, an escape, letters beyond ASCII in the host),
it is refused, never repaired.
"""

from __future__ import annotations

import re
from typing import Final

_TIKTOK: Final = re.compile(r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+tiktokapis\.com(?::443)?/?", re.I | re.A)
_BYTE: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_NEAR: Final = re.compile(
    rf"https?://(?P<host>localhost|127(?:\.{_BYTE}){{3}}|\[::1\])(?::[0-9]{{1,5}})?(?:[/?#][!-~]*)?", re.I | re.A
)
_HTTPS: Final = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:/[!-~]*)?", re.I | re.A)
_NO_PATH: Final = re.compile(r"[?#\\@]")


def is_tiktoks(base_url: str) -> bool:
    """Whether an API address is one of TikTok's own: https on a host below tiktokapis.com, and no path."""
    return _TIKTOK.fullmatch(base_url) is not None


def is_on_this_machine(url: str) -> bool:
    """Whether an address leads to this machine, whatever stands behind its host. The one test of loopback."""
    return _NEAR.fullmatch(url) is not None


def host_on_this_machine(url: str) -> str:
    """The host of an API address on this machine, in lower case; empty for another address, or one with a query."""
    found = _NEAR.fullmatch(url)
    return "" if found is None or _NO_PATH.search(url) else found["host"].lower()


def may_be_chosen(base_url: str) -> bool:
    """Whether the user may have the API at this address: https on any named host, or this machine."""
    if host_on_this_machine(base_url):
        return True
    return _HTTPS.fullmatch(base_url) is not None and not _NO_PATH.search(base_url)


def may_get_secrets(base_url: str) -> bool:
    """Whether secrets may go to an API address that only the project file names."""
    return is_tiktoks(base_url) or bool(host_on_this_machine(base_url))
