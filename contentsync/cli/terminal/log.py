"""In which form does stderr report events: lines for people, or JSON lines for programs?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from contentsync.times import rfc3339

INFO: Final = "info"
WARNING: Final = "warning"
ERROR: Final = "error"

_is_json: list[bool] = []


def use_json(yes: bool) -> None:
    """From now on write JSON, or lines."""
    _is_json[:] = [True] if yes else []


def is_json() -> bool:
    return bool(_is_json)


def entry(message: str, level: str = INFO, event: str = "message", **more: Any) -> dict[str, Any]:
    """One entry of the log. more: further fields of the event; those that are None or empty are left out."""
    ts = rfc3339(datetime.now(UTC), "milliseconds")
    told = {name: value for name, value in more.items() if value not in (None, "")}
    return {"ts": ts, "level": level, "event": event, "message": message} | told
