"""How do people write a date and a time in a spreadsheet? Reads their forms; refuses the ambiguous ones. Pure.

`3/4/2026` is two different days to two people. So it is refused, unless the caller says which one comes first.
`3.4.2026` is one day: whoever writes dots writes the day first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Final

from contentsync.manifest.scalars import NEXT_SLOT, ScalarError, moment


class Order(StrEnum):
    """What comes first in a date of three numbers."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


_ISO: Final = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})")
_NUMBERS: Final = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})")
_DAY_NAME: Final = re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?\.?[ -](?P<n>[A-Za-z]{3,9})\.?,?[ -](?P<y>\d{4})")
_NAME_DAY: Final = re.compile(r"(?P<n>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})")
_TIME: Final = re.compile(
    r"[Tt, ]*(?:at )?(?P<h>\d{1,2})(?:[:.](?P<min>\d{2}))?(?::(?P<s>\d{2}))?(?:\.\d{1,6})?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>[Zz]|UTC|[+-]\d{2}:?\d{2})?"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY: Final = re.compile(rf"(?i)({'|'.join(_WEEKDAYS)})[a-z]*\.?,? +")


def publish_time(text: str, order: Order | None) -> str:
    """A date with a time as a manifest writes it: `2026-12-01T09:00:00`, with an offset where one was given.

    order: of dates such as 3/4/2026; None refuses those that can be read in two ways. Raises ScalarError.
    """
    told = " ".join(text.split())
    if told.lower().replace(" ", "-").replace("_", "-") == NEXT_SLOT:
        return NEXT_SLOT
    weekday = _WEEKDAY.match(told)
    told = told[weekday.end() :] if weekday else told
    for pattern, read in _FORMS:
        if found := pattern.match(told):
            day = read(found, order)
            time = _checked(f"{day}T{_time(told[found.end() :])}")
            _check_weekday(weekday[1] if weekday else "", day)
            return time
    raise ScalarError("date-unknown", "is not a date with a time: {shown}", "write it like 2026-12-01 09:00")


def _iso(found: re.Match[str], _order: Order | None) -> str:
    return _day(found["y"], found["m"], found["d"])


def _of_numbers(found: re.Match[str], order: Order | None) -> str:
    first, second = int(found["a"]), int(found["b"])
    if order is None:
        order = _only_reading(first, second) or (Order.DAY_FIRST if found[0].count(".") == 2 else None)
    if order is None:
        what = "can be read in two ways: {shown}"
        hint = "say which comes first, with --dates day-first or --dates month-first"
        raise ScalarError("date-ambiguous", what, hint)
    day, month = (first, second) if order is Order.DAY_FIRST else (second, first)
    return _day(found["y"], month, day)


def _only_reading(first: int, second: int) -> Order | None:
    """The order in which both numbers make sense; None where both do."""
    if first == second or (first > 12) == (second > 12):
        return Order.DAY_FIRST if first == second else None
    return Order.DAY_FIRST if first > 12 else Order.MONTH_FIRST


def _named(found: re.Match[str], _order: Order | None) -> str:
    name = found["n"].lower()
    month = next((number for number, short in enumerate(_MONTHS, 1) if name.startswith(short)), 0)
    if not month:
        raise ScalarError("date-unknown", "names no month in English: {shown}", "write it like 2026-12-01 09:00")
    return _day(found["y"], month, found["d"])


def _day(year: str, month: str | int, day: str | int) -> str:
    return f"{year}-{int(month):02}-{int(day):02}"


def _time(text: str) -> str:
    """`09:00:00` with its offset. Raises ScalarError where there is no time: midnight is never assumed."""
    if not text.strip():
        hint = "add a time: 2026-12-01 09:00"
        raise ScalarError("date-without-time", "has a date and no time: {shown}", hint)
    found = _TIME.fullmatch(text)
    if not found or not (found["min"] or found["half"]):
        raise ScalarError("date-unknown", "has a time that can't be read: {shown}", "write it like 09:00 or 9:00 PM")
    hour = _hour(int(found["h"]), (found["half"] or "").lower()[:1])
    return f"{hour:02}:{found['min'] or '00'}:{found['s'] or '00'}{_zone(found['zone'] or '')}"


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ScalarError("date-unknown", "has an hour that AM and PM do not have: {shown}", "write it like 9:00 PM")
    return hour % 12 + (12 if half == "p" else 0)


def _zone(zone: str) -> str:
    if zone.upper() in ("Z", "UTC"):
        return "+00:00"
    return zone if ":" in zone or not zone else f"{zone[:3]}:{zone[3:]}"


def _checked(text: str) -> str:
    """`text`, if there is such a day and time. Raises ScalarError."""
    moment(text)
    return text


def _check_weekday(name: str, day: str) -> None:
    """Raise ScalarError where the day of this date is not the one that is named: one of both is a mistake."""
    right = _WEEKDAYS[date.fromisoformat(day).weekday()]
    if name and name.lower() != right:
        what = f"names a weekday that is not the one of that date ({right.capitalize()}): {{shown}}"
        raise ScalarError("date-unknown", what, "correct the weekday or the date")


_Form = tuple[re.Pattern[str], Callable[[re.Match[str], Order | None], str]]
_FORMS: Final[tuple[_Form, ...]] = (
    (_ISO, _iso),
    (_NUMBERS, _of_numbers),
    (_DAY_NAME, _named),
    (_NAME_DAY, _named),
)
