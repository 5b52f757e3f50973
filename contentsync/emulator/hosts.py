"""Is a request meant for the emulator? Only if its `Host` is this machine, or a name from the configuration.

A browser lets a page of evil.example speak to the address of evil.example. If that address is 127.0.0.1, only the
`Host` header distinguishes such a page from a client that should use the emulator.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from contentsync.emulator.config import Config
from contentsync.emulator.exchange import Call, LogLine
from contentsync.emulator.message import Request, plain
from contentsync.emulator.world import World


def is_ours(host: str, config: Config) -> bool:
    """Whether a `Host` header names this machine or a configured name; without one there is nothing to refuse."""
    if not host:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        known = {"localhost", *config.hosts, urlsplit(config.upload_base).hostname}
        return name in known or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refused(world: World, head: Request) -> Call:
    """The answer to a request that was meant for somebody else; nothing is logged or counted."""
    text = "the emulator answers to 127.0.0.1 and localhost only; --known-as NAME lets it answer to another name\n"
    answer = plain(421, text)
    call = Call(world, LogLine(head.method, head.path, "", ""), (), head, lambda _world, _request: answer)
    call.early = answer
    return call
