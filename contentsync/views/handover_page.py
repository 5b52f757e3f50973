"""What does a creator get on the phone? A page with texts to copy, choices to make, and a check list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from contentsync.frozen import frozen
from contentsync.operations.handover import Waiting
from contentsync.times import in_words
from contentsync.views import qr
from contentsync.views.html.page import render
from contentsync.visible import unseen


@frozen
class Sheet:
    """One draft on the page."""

    number: int
    waiting: Waiting
    #: When it came into the inbox, in words; empty while it is not there.
    delivered: str
    #: The caption's QR code as the path of an SVG of that many units; empty for none.
    code: str = ""
    side: int = 0

    @property
    def has_unseen(self) -> bool:
        """Whether a text that is copied holds characters that can't be seen."""
        told = self.waiting.handover
        return told is not None and bool(unseen(told.title) or unseen(told.caption))


def page(found: Iterable[Waiting], now: datetime, *, with_codes: bool = False) -> str:
    """The page for these drafts. with_codes: draw each caption as a QR code, for a phone that scans this page."""
    return render("handover.html", scripts=("copy.js",), **values(found, now, with_codes=with_codes))


def values(found: Iterable[Waiting], now: datetime, *, with_codes: bool = False) -> dict[str, Any]:
    """What the template shows."""
    sheets = [_sheet(number, one, now, with_codes) for number, one in enumerate(found, 1)]
    return {"sheets": sheets, "made": in_words(now)}


def _sheet(number: int, one: Waiting, now: datetime, with_codes: bool) -> Sheet:
    delivered = in_words(one.delivered_at, one.timezone, now) if one.delivered_at else ""
    caption = one.handover.caption if one.handover else ""
    code = qr.modules(caption) if with_codes and caption else None
    return Sheet(number, one, delivered, qr.path(code) if code else "", len(code) if code else 0)
