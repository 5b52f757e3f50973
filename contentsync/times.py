"""How is a time written? RFC 3339 in UTC for programs; with weekday and zone for people. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal, overload
from zoneinfo import ZoneInfo

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


def in_words(moment: datetime, zone: str = "UTC", now: datetime | None = None, *, seconds: bool = False) -> str:
    """A time as people read it: `Thu 26 Nov 18:00 CET`, with the year where it is not that of `now`.

    zone: an IANA name, as of the account that the time is about. seconds: name them too.
    """
    there = zone_of(zone)
    local = moment.astimezone(there)
    year = "" if now is not None and now.astimezone(there).year == local.year else f" {local.year}"
    name = local.tzname() or zone
    name = f"UTC{name}" if name[:1] in "+-" else name
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year} {clock} {name}"


def day_in_words(day: date, now: datetime) -> str:
    """A day as people read it: `Thu 26 Nov`, with the year where it is not that of `now`."""
    year = "" if day.year == now.year else f" {day.year}"
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}{year}"


def from_now(moment: datetime, zone: str, now: datetime) -> str:
    """The same with how far ahead it is: `Thu 26 Nov 18:00 CET, in 2 h 3 min`."""
    ahead = f", in {span(moment - now)}" if moment > now else ""
    return in_words(moment, zone, now) + ahead


def span(delta: timedelta) -> str:
    """About how long, in the two largest units."""
    seconds = max(0, round(delta.total_seconds()))
    parts = [
        (seconds // 86400, "d"),
        (seconds % 86400 // 3600, "h"),
        (seconds % 3600 // 60, "min"),
        (seconds % 60, "s"),
    ]
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2]) or "0 s"


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name; UTC needs no database."""
    return UTC if name == "UTC" else ZoneInfo(name)


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
