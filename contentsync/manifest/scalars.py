"""How is a text in a manifest read as a switch, a number, a duration or a time?

Pure. YAML's own guesses are not used: each key says which type it takes, and the text is read as that type.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from contentsync.manifest.wording import did_you_mean, listed
from contentsync.policy_rule import Hours

Word = TypeVar("Word", bound=StrEnum)

_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_YAML_1_1_TRUE: Final = frozenset({"yes", "on", "y"})
_YAML_1_1_FALSE: Final = frozenset({"no", "off", "n"})
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_SPAN: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST_SPAN: Final = timedelta(days=3_650)
_MOMENT: Final = re.compile(
    r"(?:20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:[Zz]|[-+][0-9]{2}:[0-9]{2})?"
)
_SLOT: Final = re.compile(r"(mon|tue|wed|thu|fri|sat|sun|daily) ([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY: Final = "daily"
NEXT_SLOT: Final = "next-slot"
SPAN_PATTERN: Final = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$"
MOMENT_PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[-+][0-9]{2}:[0-9]{2})?$"
)
SLOT_PATTERN: Final = r"^(mon|tue|wed|thu|fri|sat|sun|daily) ([01][0-9]|2[0-3]):[0-5][0-9]$"

HOURS_PATTERN: Final = r"^((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])$"


class Plain(str):
    """A scalar written without quotes: only such a one can be a switch or a number."""

    __slots__ = ()


class ScalarError(ValueError):
    """A value that its key does not take.

    phrase: goes after the key's name; `{shown}` stands for the value as the author wrote it.
    """

    def __init__(self, code: str, phrase: str, hint: str = "") -> None:
        super().__init__(phrase)
        self.code = code
        self.phrase = phrase
        self.hint = hint


def flag(value: object) -> bool:
    """Whether `value`, a plain scalar, says true.

    Raises ScalarError for all but true and false, with their spellings in YAML 1.2.
    """
    if isinstance(value, Plain):
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    raise ScalarError("not-a-switch", "takes true or false, not {shown}", _flag_hint(value))


def _flag_hint(value: object) -> str:
    word = value.lower() if isinstance(value, str) else ""
    if word in _YAML_1_1_TRUE:
        return "write true"
    if word in _YAML_1_1_FALSE:
        return "write false"
    return f"write {word} without quotes" if word in ("true", "false") else "write true or false"


def _whole(value: object, least: int) -> int:
    if isinstance(value, Plain) and _NUMBER.fullmatch(value):
        number = int(value, 0) if value[:2] in ("0o", "0x") else int(value)
        if number >= least:
            return number
    raise ScalarError("not-a-number", f"takes a whole number from {least}, not {{shown}}", _number_hint(value))


def _number_hint(value: object) -> str:
    if isinstance(value, str) and not isinstance(value, Plain) and _NUMBER.fullmatch(value):
        return "remove the quotes"
    return "write digits only"


def count(value: object) -> int:
    """A whole number from 1. Raises ScalarError."""
    return _whole(value, 1)


def index(value: object) -> int:
    """A whole number from 0. Raises ScalarError."""
    return _whole(value, 0)


def span(value: object) -> timedelta:
    """A duration: a decimal and ms, s, m, h or d; ten years at most. Raises ScalarError."""
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScalarError("not-a-duration", "takes a duration, not {shown}", _span_hint(value))
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > LONGEST_SPAN.total_seconds():
        raise ScalarError("not-a-duration", "takes at most ten years, not {shown}", "write 3650d or less")
    return timedelta(seconds=seconds)


def _span_hint(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return f"add a unit: {value[:12]}s, {value[:12]}m or {value[:12]}h"
    return "write a decimal and ms, s, m, h or d: 1.5s, 90m"


def positive_span(value: object) -> timedelta:
    """A duration above zero. Raises ScalarError."""
    length = span(value)
    if not length:
        raise ScalarError("not-a-duration", "must be more than zero, not {shown}", "write 1m or more")
    return length


def moment(value: object) -> datetime:
    """A date with a time: aware where it was written with an offset, else naive. Raises ScalarError."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper().replace(" ", "T"))
        except ValueError as err:
            raise ScalarError(
                "not-a-time", "is not a date in the calendar: {shown}", "correct the day or the time"
            ) from err
    raise ScalarError("not-a-time", "takes a date and a time, not {shown}", "write it like 2026-12-01T09:00:00")


def moment_or_next_slot(value: object) -> datetime | None:
    """A date with a time, or None for `next-slot`. Raises ScalarError."""
    if value == NEXT_SLOT:
        return None
    try:
        return moment(value)
    except ScalarError as err:
        raise ScalarError(err.code, err.phrase, f"{err.hint}, or next-slot") from err


def slot(value: object) -> tuple[int | None, int, int]:
    """Weekday (0 is Monday), hour and minute of `mon 09:00`; no weekday for `daily 09:00`. Raises ScalarError."""
    match = _SLOT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScalarError(
            "not-a-slot", "takes a day and a time, not {shown}", "write it like mon 09:00 or daily 18:00"
        )
    weekday = None if match[1] == _DAILY else _WEEKDAYS.index(match[1])
    return weekday, int(match[2]), int(match[3])


def hours(value: object) -> Hours:
    """A part of each day: `08:00-22:00`; past midnight where it ends before it begins. Raises ScalarError."""
    match = re.fullmatch(HOURS_PATTERN, value) if isinstance(value, str) else None
    if match is None or match[1] == match[2]:
        raise ScalarError("not-hours", "takes hours of the day, not {shown}", "write them like 08:00-22:00")
    start, end = (int(told[:2]) * 60 + int(told[3:]) for told in (match[1], match[2]))
    return Hours(start, end)


def word(kind: type[Word], value: object, meant: dict[str, str] | None = None) -> Word:
    """The member of `kind` that `value` names. meant: what other words for one are likely to mean.

    Raises ScalarError.
    """
    text = value if isinstance(value, str) else ""
    try:
        return kind(text)
    except ValueError:
        names = [str(member) for member in kind]
        likely = (meant or {}).get(text.lower())
        hint = f"did you mean {likely}?" if likely else did_you_mean(text, names) or f"choose {listed(names)}"
        raise ScalarError("unknown-word", f"takes {listed(names)}, not {{shown}}", hint) from None
