"""What does the body of a webhook say? Accepts every documented form, and odd ones too. Pure.

Source: Webhook Events; Webhooks overview, "Webhook body".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from contentsync.frozen import frozen

_LONGEST: Final = 200  # of what is kept in a column; the body is kept whole beside it
_LATEST: Final = 32_503_680_000  # the year 3000: a time beyond is none


@frozen
class Event:
    """One event. Texts are empty and numbers None where the body does not tell them.

    name: empty for a body that can't be read. happened_at: whole seconds. publish_id: for the Share Kit its share_id.
    post_id: digits. reason: of a removal; fail_reason: of a failure.
    """

    name: str = ""
    client_key: str = ""
    open_id: str = ""
    publish_id: str = ""
    post_id: str = ""
    happened_at: datetime | None = None
    reason: int | None = None
    fail_reason: str = ""


def parse(body: bytes) -> Event:
    """The event of a body; an empty one for what is no JSON object."""
    told = _object(body)
    content = told.get("content")
    inner = _object(content) if isinstance(content, str) else content if isinstance(content, Mapping) else {}
    reason = inner.get("reason")
    post_id = _text(inner.get("post_id"))
    return Event(
        name=_text(told.get("event")),
        client_key=_text(told.get("client_key")),
        open_id=_text(told.get("user_openid")),
        publish_id=_text(inner.get("publish_id")) or _text(inner.get("share_id")),
        post_id=post_id if re.fullmatch(r"[0-9]{1,30}", post_id) else "",
        happened_at=_time(told.get("create_time")),
        reason=_number(reason),
        fail_reason="" if _number(reason) is not None else _text(reason),
    )


def _object(text: bytes | str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """A text or a whole number as text. Not a fraction: an id written as one has lost its last digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    plain = str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return plain.strip()[:_LONGEST]


def _number(value: object) -> int | None:
    text = _text(value)
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _time(value: object) -> datetime | None:
    seconds = _number(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < _LATEST else None
