"""How does a message reach an address that apprise knows? The only module that knows apprise.

apprise is imported when something is sent. What it logs may hold the address, so its log goes nowhere.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apprise import Apprise

MISSING: Final = "the package apprise is not installed: pip install 'contentsync[notify]'"
NO_ADDRESS: Final = "the variable holds no address that apprise knows"
NOT_TAKEN: Final = "the message was not accepted, or the address can't be reached"
#: Sends messages, title and text. Returns why that failed; empty where it did not.
Speak = Callable[[Iterable[tuple[str, str]]], str]


def speaker(url: str) -> Speak:
    """What sends messages to the address. It stops at the first one that is not accepted.

    To be made outside of threads: apprise loads all its services here.
    """
    try:
        there = _there(url)
    except ImportError:
        return lambda _messages: MISSING
    if there is None:
        return lambda _messages: NO_ADDRESS
    return lambda messages: "" if all(_is_taken(there, title, text) for title, text in messages) else NOT_TAKEN


def _is_taken(there: Apprise, title: str, text: str) -> bool:
    return bool(there.notify(body=text, title=title, body_format="text"))


def _there(url: str) -> Apprise | None:
    """apprise's object for the address; None if apprise does not know such an address."""
    log = logging.getLogger("apprise")
    log.propagate = False
    log.disabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of services that are loaded and not used
        from apprise import Apprise, AppriseAsset

        asset = AppriseAsset(async_mode=False, app_id="contentsync", app_desc="contentsync", app_url="")
        server = Apprise.instantiate(url, asset=asset)
    if server is None:
        return None
    there = Apprise(asset=asset)
    there.add(server)
    return there
