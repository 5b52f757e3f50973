"""How is a value of unknown type read? Reading never fails: a value that can't be understood counts as absent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9])(act|rft|clt)\.[^\s\"']+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_PAYLOAD: Final = frozenset({"data", "access_token", "refresh_token"})  # what was asked for, and may hold a secret
_SHORTEST: Final = 6  # shorter ones guard nothing, and their letters stand in any word


def decode(body: bytes) -> object:
    """The JSON in `body`; None for whatever can't be read as JSON. Whole numbers stay exact."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def word(value: object) -> str:
    """A code or id as it is, where it has the characters that TikTok's codes have, and is no token; else empty."""
    found = value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.~…-]{1,128}", value) else ""
    return _TOKEN.sub(r"\1.…", found)


def told(value: object) -> str:
    """A sentence or name that is safe to print in one line: no control characters, no token, not endless."""
    return _TOKEN.sub(r"\1.…", _CONTROL.sub(" ", text(value)).strip())[:200]


def without_secrets(body: object, secrets: Iterable[str]) -> object:
    """A decoded answer of which all but what was asked for holds none of the secrets that were sent: each is …"""
    hidden = {secret for secret in secrets if len(secret) >= _SHORTEST}
    if not hidden or not isinstance(body, dict):
        return body
    found = re.compile("|".join(map(re.escape, sorted(hidden, key=len, reverse=True))))
    return {key: value if key in _PAYLOAD else _hiding(value, found) for key, value in body.items()}


def _hiding(value: object, secrets: re.Pattern[str]) -> object:
    """Text, or an object with texts: nothing that lies deeper is ever told."""
    if isinstance(value, dict):
        return {key: secrets.sub("…", item) if isinstance(item, str) else item for key, item in value.items()}
    return secrets.sub("…", value) if isinstance(value, str) else value


def text(value: object) -> str:
    """Text as it is, or a whole number as text; else empty."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # a lone surrogate would break whoever stores it
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def whole(value: object) -> int | None:
    """A count: not negative, not a bool; text of digits and a float without fraction are understood."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"[0-9]{1,19}", value) else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value < 2**63 else None


def flag(value: object) -> bool:
    return value is True or value == 1 or value == "true"


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def ids(values: Iterable[object]) -> tuple[str, ...]:
    """Post ids as text, each once, in their order: from lists or single ones, whole numbers or digits."""
    flat = (item for value in values for item in (value if isinstance(value, list) else [value]))
    texts = (text(item).strip() for item in flat)
    return tuple(dict.fromkeys(found for found in texts if re.fullmatch(r"[1-9][0-9]{0,31}", found)))


def http_date(value: object) -> datetime | None:
    """The time in a `Date` header; None where it can't be read, or no clock shows it. Source: RFC 9110, 5.6.7."""
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if found is None or not 2000 <= found.year < 9000:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def moment(value: object) -> datetime:
    """A time from Unix seconds, or from milliseconds where seconds would lie beyond the year 5000."""
    seconds = whole(value) or 0
    if seconds > 100_000_000_000:
        seconds //= 1000
    return datetime.fromtimestamp(min(seconds, 100_000_000_000), UTC)
