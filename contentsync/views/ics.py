"""`calendar --ics`: the calendar as a file that calendar programs subscribe to. Pure.

An event's UID is the account's open_id with the post's name, so it stays when the file is written again, and its
SEQUENCE rises when the event moves. Two renders of the same calendar are equal byte for byte: nothing in the file
depends on when it is written. So a post that is due now, or whose time follows from caps, is an event of a whole day.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from contentsync.calendar_entry import MOST, Shown
from contentsync.errors import Problem, UsageError
from contentsync.frozen import frozen
from contentsync.operations.calendar import Calendar, Entry
from contentsync.post import Mode
from contentsync.times import rfc3339, zone_of
from contentsync.views.stands import stands, why_not
from contentsync.visible import visible_lines

#: How long an event of a fixed time lasts in the calendar.
LENGTH: Final = timedelta(minutes=15)
_URL: Final = re.compile(r"https://[!-~]+")
_CUT: Final = 80  # characters of a caption in a title


@frozen
class Event:
    """One post as the file shows it, without what is remembered of it."""

    #: Who it is remembered for: an open_id, or the account's name while that is unknown.
    owner: str
    #: Within the owner: the post's name; with its generation from the second on.
    name: str
    starts_at: date | datetime
    title: str
    text: str
    url: str
    is_certain: bool

    @property
    def uid(self) -> str:
        return f"{self.owner}/{self.name}@contentsync"

    @property
    def start(self) -> str:
        """The start as it is remembered."""
        return rfc3339(self.starts_at) if isinstance(self.starts_at, datetime) else self.starts_at.isoformat()

    @property
    def digest(self) -> str:
        """A digest of what the file says besides the start."""
        told = [self.title, self.text, self.url, self.is_certain]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def events(found: Calendar) -> list[Event]:
    """The events of a calendar, each UID once, in the order of UIDs."""
    made = {one.uid: one for one in _events(found)}
    return [made[uid] for uid in sorted(made)]


def _events(found: Calendar) -> Iterator[Event]:
    for one in sorted(found.entries, key=lambda one: not one.is_past):  # what is still to be sent wins
        if one.at is not None:
            yield _event(one, one.at)


def _event(one: Entry, at: datetime) -> Event:
    generation = f"#{one.generation}" if one.generation > 1 else ""
    local = at.astimezone(zone_of(one.timezone))
    first = " ".join(visible_lines(one.caption).split())
    short = first if len(first) <= _CUT else f"{first[:_CUT].rstrip()}…"
    return Event(
        owner=one.open_id or f"account:{one.account}",
        name=f"{one.name}{generation}",
        starts_at=at.replace(microsecond=0) if one.is_fixed else local.date(),
        title=f"{one.post}: {short}" if short else one.post,
        text="\n".join(_text(one)),
        url=one.url if one.url and _URL.fullmatch(one.url) else "",
        is_certain=one.is_past or (one.goes_out and one.approval is not None),
    )


def _text(one: Entry) -> Iterator[str]:
    yield f"{one.post}, {one.mode}" + (f", for {one.privacy}" if one.privacy and one.mode is Mode.DIRECT else "")
    yield visible_lines(f"{stands(one)}: {reason}" if (reason := why_not(one)) else stands(one))
    if not one.is_past:
        if one.approval:
            yield visible_lines(f"approved by {one.approval.who}")
        elif one.not_approved:
            yield visible_lines(one.not_approved.what)
        yield from (visible_lines(f"in the way: {problem.what} [{problem.code}]") for problem in one.in_the_way)
    if one.caption:
        yield ""
        yield visible_lines(one.caption)


def to_remember(made: list[Event]) -> dict[str, dict[str, Shown]]:
    """What the state remembers of these events, by owner and name."""
    told: dict[str, dict[str, Shown]] = {}
    for one in made:
        told.setdefault(one.owner, {})[one.name] = Shown(one.start, one.digest)
    return told


def earlier(data: bytes) -> dict[str, dict[str, Shown]]:
    """What an earlier file says of posts, by owner and name; nothing where the data are no file of ours."""
    found: dict[str, dict[str, Shown]] = {}
    for event in _components(data):
        try:
            owner, name, shown = _read(event)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            continue  # an entry that another program made, or changed
        found.setdefault(owner, {})[name] = shown
    return found


def _components(data: bytes) -> list[Any]:
    try:
        import icalendar

        return list(icalendar.Calendar.from_ical(data).walk("VEVENT")) if data else []
    except (ImportError, ValueError, IndexError, KeyError):
        return []


def _read(event: Any) -> tuple[str, str, Shown]:
    """The owner, the name and what is said of an event. Raises ValueError and others for one that is not ours."""
    owner, _, name = str(event["uid"]).removesuffix("@contentsync").rpartition("/")
    sequence, changed = int(event["sequence"]), event["last-modified"].dt
    if not (owner and name and str(event["uid"]).endswith("@contentsync")) or not 0 <= sequence < MOST:
        raise ValueError("not of contentsync")
    certain = str(event["status"]) == "CONFIRMED"
    url = str(event.get("url", ""))
    told = Event(owner, name, event["dtstart"].dt, str(event["summary"]), str(event["description"]), url, certain)
    return owner, name, Shown(told.start, told.digest, sequence, changed.astimezone(UTC))


def file_of(made: list[Event], remembered: Mapping[str, Mapping[str, Shown]]) -> bytes:
    """The file. remembered: as the state has it by now. Raises UsageError where the package icalendar is missing."""
    try:
        import icalendar
    except ImportError as err:
        what = "an .ics file needs the package icalendar, which is not installed"
        raise UsageError(Problem("calendar-extra-missing", what, "pip install 'contentsync[calendar]'")) from err
    top = icalendar.Calendar()
    top.add("prodid", "-//contentsync//calendar//EN")
    top.add("version", "2.0")
    top.add("x-wr-calname", "contentsync")
    for one in made:
        event = icalendar.Event()
        for name, value in _properties(one, remembered[one.owner][one.name]):
            event.add(name, value)
        top.add_component(event)
    data: bytes = top.to_ical()
    return data


def _properties(one: Event, kept: Shown) -> Iterator[tuple[str, object]]:
    yield "uid", one.uid
    yield "dtstamp", kept.changed_at
    yield "last-modified", kept.changed_at
    yield "sequence", kept.sequence
    yield "dtstart", one.starts_at
    yield "duration", LENGTH if isinstance(one.starts_at, datetime) else timedelta(days=1)
    yield "summary", one.title
    yield "description", one.text
    yield "status", "CONFIRMED" if one.is_certain else "TENTATIVE"
    yield "transp", "TRANSPARENT"
    if one.url:
        yield "url", one.url
