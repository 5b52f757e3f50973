"""`contentsync calendar`: what went out and what goes out, on the terminal, as a page, or for calendar programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.output_file import write_named
from contentsync.cli.terminal import text
from contentsync.cli.terminal.table import one_line
from contentsync.operations import calendar as operation
from contentsync.operations.calendar import AHEAD, BACK, Calendar, Entry, FreeSlot
from contentsync.project import Project
from contentsync.times import in_words, zone_of
from contentsync.views import calendar as view
from contentsync.views.stands import stands, why_not
from contentsync.visible import visible

_COLOURS = {"published": "green", "delivered": "green", "unknown": "magenta", "blocked": "red"}
#: Free slots of these next days are shown on a terminal; the page and the JSON have all.
FREE_SHOWN = timedelta(days=14)
#: Bytes of a calendar file that is read before it is replaced.
MOST = 50_000_000
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page: week, months, list, figures.")
@click.option("--ics", type=_FILE, metavar="FILE", help="Write a file for calendar programs.")
@click.option(
    "--days",
    type=click.IntRange(0, 3660),
    metavar="N",
    help=f"Days ahead. Default: {AHEAD}; for --ics, as long as a post is planned.",
)
@click.option("--back", type=click.IntRange(0, 3660), default=BACK, show_default=True, metavar="N", help="Days back.")
@as_json
@click.pass_obj
def calendar(context: Context, html: Path | None, ics: Path | None, days: int | None, back: int, json_: bool) -> int:
    """Show what went out, with links and figures, and what goes out when, with free slots.

    From the manifests and the state alone, without TikTok. What is ahead is a forecast by the same rules as the plan.

    \b
    Examples:
      contentsync calendar
      contentsync calendar --html calendar.html
      contentsync calendar --ics posts.ics --days 90
    """
    project = context.project()
    if ics:
        project.catch_up()  # what other machines wrote into their files
    found = operation.calendar(project, back, AHEAD if days is None else days)
    text.show_problems(found.made.notes)
    if html:
        from contentsync.views.calendar_page import page

        write_named(html, text.hidden_page(page(found)).encode(), project.root)
        text.tell(f"Wrote {visible(str(html))}.")
    if ics:
        whole = found if days is not None else operation.calendar(project, back, None, found.made)
        _write_ics(project, whole, ics)
        text.tell(f"Wrote {visible(str(ics))}.")
    if json_:
        text.show_json(view.document(found))
    elif not (html or ics):
        _show(found)
    return exits.FAILED if found.made.faults else exits.DONE


def _write_ics(project: Project, found: Calendar, path: Path) -> None:
    from contentsync.views.ics import earlier, events, file_of, to_remember

    made = events(found)
    said = operation.remember(project, to_remember(made), earlier(_old(path)))
    write_named(path, file_of(made, said), project.root)


def _old(path: Path) -> bytes:
    """The file that is about to be replaced; empty where there is none that is a calendar."""
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= MOST else b""
    except OSError:
        return b""


def _show(found: Calendar) -> None:
    zone = zone_of(found.timezone)
    days: dict[date, list[Entry | FreeSlot]] = {}
    near = (slot for slot in found.free if slot.at < found.now + FREE_SHOWN)
    shown: list[Entry | FreeSlot] = [*(entry for entry in found.entries if entry.at), *near]
    for one in shown:
        assert one.at is not None
        days.setdefault(one.at.astimezone(zone).date(), []).append(one)
    for day in sorted(days):
        text.say(text.style(f"{day:%a} {day.day} {day:%b %Y}", bold=True))
        for line in _day(sorted(days[day], key=lambda one: (one.at or found.now, one.account)), found):
            text.say(f"  {line}")
    undated = [entry for entry in found.entries if entry.at is None]
    if undated:
        text.say(text.style("No time yet", bold=True))
    for entry in undated:
        text.say(f"  {line_of(entry, found)}")
    if not (days or undated):
        text.say("Nothing went out or goes out in these days.")
    if found.later:
        text.say(f"{text.many(found.later, 'post')} later; --days shows more.")


def _day(entries: list[Entry | FreeSlot], found: Calendar) -> Iterator[str]:
    for one in entries:
        if isinstance(one, FreeSlot):
            when = in_words(one.at, one.timezone, found.now)
            yield text.style(f"{when}  {visible(one.account)}: free slot", dim=True)
        else:
            yield line_of(one, found)


def line_of(one: Entry, found: Calendar) -> str:
    """One post, as the terminal shows it."""
    when = f"{in_words(one.at, one.timezone, found.now)}  " if one.at else ""
    told = [stands(one)]
    if one.approval:
        told.append("approved")
    elif found.has_approvals and one.not_approved and not one.is_past:
        told.append("not approved")
    if one.figures and one.figures[-1].views is not None:
        told.append(text.many(one.figures[-1].views, "view"))
    colour = "red" if not one.goes_out and one.stands == "blocked" else _COLOURS.get(one.stands, "blue")
    line = f"{when}{one.post}  {text.style(', '.join(told), fg=colour)}"
    if reason := why_not(one):
        return f"{line}: {one_line(reason, 200)}"
    caption = one_line(one.caption, 40)
    return f"{line}  {text.style(caption, dim=True)}" if caption else line
