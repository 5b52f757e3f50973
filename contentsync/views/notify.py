"""`notify test --json`: what became of the test messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from contentsync.operations.recipients import Tried

FORMAT: Final = "contentsync.notify/1"


def document(tested: Iterable[Tried]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "recipients": [
            {
                "recipient": one.recipient.name,
                "sent": not one.why,
                "why": one.why or None,
                "events": sorted(one.recipient.events),
                "accounts": sorted(one.recipient.accounts) or None,
            }
            for one in tested
        ],
    }
