"""The calendar as a page: the next days, the months, a list, and a chart of the figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from contentsync.frozen import frozen
from contentsync.operations.calendar import Calendar, Entry, FreeSlot
from contentsync.post import Mode
from contentsync.times import in_words, rfc3339, zone_of
from contentsync.views.chart import HEIGHT, WIDTH, chart_of
from contentsync.views.html.page import ALONE, render
from contentsync.views.stands import stands

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_SHORT: Final = 60
_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class Day:
    """One day of the project's zone, with what is on it."""

    date: date
    is_today: bool = False
    #: Whether it is in the month under which it is shown.
    is_inside: bool = True
    items: list[Item] = field(default_factory=list)
    free: list[Slot] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"{WEEKDAYS[self.date.weekday()]} {self.date.day} {_MONTHS[self.date.month - 1]} {self.date.year}"

    @property
    def is_empty(self) -> bool:
        return not (self.items or self.free)


@frozen
class Item:
    """One post, as every part of the page shows it."""

    post: str
    anchor: str
    clock: str
    local: str
    utc: str
    stands: str
    mark: str
    reason: str
    short: str
    caption: str
    mode: str
    privacy: str
    approved: str
    not_approved: str
    problems: tuple[str, ...]
    url: str
    views: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    is_past: bool
    is_exact: bool


@frozen
class Slot:
    """A free slot."""

    account: str
    clock: str
    local: str
    utc: str


@frozen
class Month:
    """The weeks of a month, each of seven days."""

    name: str
    weeks: tuple[tuple[Day, ...], ...]


def page(found: Calendar, *, calls: str = ALONE, **more: Any) -> str:
    """The page. calls, more: as `render` takes them, where it is part of a served page."""
    return render("calendar.html", calls=calls, **values(found), **more)


def values(found: Calendar) -> dict[str, Any]:
    """What the template shows."""
    zone = zone_of(found.timezone)
    today = found.now.astimezone(zone).date()
    items = list(zip(found.entries, items_of(found), strict=True))
    days = _days(found, items, today)
    drawn = chart_of([(one.post, one.figures) for one in found.entries if one.figures])
    return {
        "now": in_words(found.now, found.timezone),
        "timezone": found.timezone,
        "week": [days.get(today + n * _DAY, Day(today + n * _DAY, is_today=not n)) for n in range(7)],
        "months": list(
            _months(days, found.since.astimezone(zone).date(), found.until.astimezone(zone).date(), today)
        ),
        "weekdays": WEEKDAYS,
        "past": [item for one, item in reversed(items) if one.is_past],
        "future": [item for one, item in items if not one.is_past and one.at is not None],
        "undated": [item for one, item in items if one.at is None],
        "attention": [item for _, item in items if item.mark in {"blocked", "unknown"}],
        "free": [_slot(one) for one in found.free],
        "chart": drawn,
        "chart_size": (WIDTH, HEIGHT),
        "chart_since": in_words(drawn.since, found.timezone) if drawn else "",
        "chart_until": in_words(drawn.until, found.timezone) if drawn else "",
    }


def items_of(found: Calendar) -> list[Item]:
    """Every post, in the order of the calendar."""
    return [_item(one, number, found) for number, one in enumerate(found.entries)]


def _days(found: Calendar, items: Sequence[tuple[Entry, Item]], today: date) -> dict[date, Day]:
    """The days that have anything on them, by their date in the project's zone."""
    zone, days = zone_of(found.timezone), {today: Day(today, is_today=True)}

    def day(at: datetime) -> Day:
        there = at.astimezone(zone).date()
        return days.setdefault(there, Day(there))

    for one, item in items:
        if one.at is not None:
            day(one.at).items.append(item)
    for slot in found.free:
        day(slot.at).free.append(_slot(slot))
    return days


def _months(days: Mapping[date, Day], since: date, until: date, today: date) -> Iterator[Month]:
    """The months from `since` to before `until` that have anything on them, and the present one."""
    first = since.replace(day=1)
    while first < until:
        after = (first + 32 * _DAY).replace(day=1)
        shown = [day for day in days.values() if first <= day.date < after]
        if any(not day.is_empty for day in shown) or first <= today < after:
            yield Month(f"{_MONTHS[first.month - 1]} {first.year}", tuple(_weeks(days, first, after)))
        first = after


def _weeks(days: Mapping[date, Day], first: date, after: date) -> Iterator[tuple[Day, ...]]:
    monday = first - first.weekday() * _DAY
    while monday < after:
        week = (monday + n * _DAY for n in range(7))
        yield tuple(days.get(one, Day(one)) if first <= one < after else Day(one, is_inside=False) for one in week)
        monday += 7 * _DAY


def _item(one: Entry, number: int, found: Calendar) -> Item:
    last, at = one.figures[-1] if one.figures else None, one.at
    first = " ".join(one.caption.split())
    return Item(
        post=one.post,
        anchor=f"post-{number}",
        clock=_clock(one, found),
        local=in_words(at, one.timezone, found.now) if at else "no time yet",
        utc=rfc3339(at, "seconds") if at else "",
        stands=stands(one),
        mark="blocked" if one.stands == "blocked" or not (one.goes_out or one.stands == "wait") else one.stands,
        reason=one.reason,
        short=first if len(first) <= _SHORT else f"{first[:_SHORT]}…",
        caption=one.caption,
        mode=str(one.mode),
        privacy=str(one.privacy or "") if one.mode is Mode.DIRECT else "",
        approved=f"{one.approval.who} ({one.approval.how})" if one.approval else "",
        not_approved=one.not_approved.what if one.not_approved and found.has_approvals and not one.is_past else "",
        problems=tuple(problem.what for problem in one.in_the_way if problem.what != one.reason),
        url=one.url if one.url and one.url.startswith("https://") else "",
        views=last.views if last else None,
        likes=last.likes if last else None,
        comments=last.comments if last else None,
        shares=last.shares if last else None,
        is_past=one.is_past,
        is_exact=one.is_fixed,
    )


def _clock(one: Entry, found: Calendar) -> str:
    """The time of day in the project's zone, as all of a calendar's days are."""
    if one.at is None:
        return ""
    if one.stands in {"create", "resume"}:
        return "now"
    return f"{one.at.astimezone(zone_of(found.timezone)):%H:%M}"


def _slot(one: FreeSlot) -> Slot:
    local = one.at.astimezone(zone_of(one.timezone))
    return Slot(one.account, f"{local:%H:%M}", in_words(one.at, one.timezone), rfc3339(one.at, "seconds"))
