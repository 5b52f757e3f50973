"""How is a time written? RFC 3339 in UTC, everywhere that a program may read it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, overload

Unit = Literal["seconds", "milliseconds"]


@overload
def rfc3339(moment: datetime, unit: Unit | None = None) -> str: ...
@overload
def rfc3339(moment: None, unit: Unit | None = None) -> None: ...
@overload
def rfc3339(moment: datetime | None, unit: Unit | None = None) -> str | None: ...
def rfc3339(moment: datetime | None, unit: Unit | None = None) -> str | None:
    """A time as `2026-03-01T12:00:00Z`; None for None.

    unit: how exact it is; by default milliseconds where there are any, else seconds.
    """
    if moment is None:
        return None
    exact = unit or ("milliseconds" if moment.microsecond else "seconds")
    return moment.astimezone(UTC).isoformat(timespec=exact).replace("+00:00", "Z")
