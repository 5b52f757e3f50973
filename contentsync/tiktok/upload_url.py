"""May the bytes of a post be sent to this address? It comes from an answer, so it is checked strictly."""

from __future__ import annotations

import re
from typing import Final

from contentsync.destinations import host_on_this_machine

_TIKTOK: Final = re.compile(
    r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+tiktokapis\.com(?::443)?[/?][!-~]*", re.I | re.A
)


def is_trusted(url: str, base_url: str) -> bool:
    """Whether `url` is https on a host below tiktokapis.com, or on the very host of a loopback `base_url`.

    The whole address must have the expected shape: no user part, other port, escaped, foreign or trailing
    characters in the host, so that no two readers of addresses can disagree about where it leads.
    """
    if _TIKTOK.fullmatch(url):
        return True
    host = host_on_this_machine(base_url)
    return bool(host and re.fullmatch(rf"https?://{re.escape(host)}(?::[0-9]{{1,5}})?[/?][!-~]*", url, re.A))
