"""Which zone does an IANA name mean on this machine?"""

from __future__ import annotations

import functools
import os
import re
import zoneinfo
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_OF_THE_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory"})


@functools.cache
def has_database() -> bool:
    """Whether any zone can be looked up: slim containers have no database, and tzdata may be missing."""
    return bool(available_timezones() - {"UTC"})


@functools.cache
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of that name; None where there is none, or it means another one on each machine."""
    if not _NAME.fullmatch(name) or name in _OF_THE_MACHINE:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@functools.cache
def state_of(name: str) -> str:
    """What tells the rules of a zone from those before an update of the database; empty for UTC."""
    if name == "UTC" or zone_of(name) is None:
        return ""
    for folder in zoneinfo.TZPATH:
        try:
            found = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a name of a zone, not a path of ours
        except OSError:
            continue
        return f"{folder} {found.st_size} {found.st_mtime_ns}"
    import tzdata

    return f"tzdata {tzdata.IANA_VERSION}"
