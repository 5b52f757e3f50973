"""`contentsync agenda`: what goes out when, and what stands in its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.once import Once, account_wide
from contentsync.cli.terminal.plan_text import FOLD
from contentsync.operations import agenda as operation
from contentsync.operations.agenda import Agenda, Entry
from contentsync.times import day_in_words, from_now, in_words
from contentsync.views import agenda as view
from contentsync.views.card import SYMBOLS
from contentsync.visible import visible

_SHOWN: Final = 7  # slots or ranges of days that a line names


@click.command()
@click.option("--days", type=click.IntRange(1, 3660), default=14, metavar="N", help="How many days ahead; 14.")
@as_json
@click.pass_obj
def agenda(context: Context, days: int, json_: bool) -> int:
    """Show what goes out when, from which manifest, approved by whom, what blocks it, and the gaps.

    No network: from the manifests and the state alone.
    """
    found = operation.agenda(context.project(), days)
    text.show_problems(found.made.notes)
    if json_:
        text.show_json(view.document(found))
        return exits.FAILED if found.made.faults else exits.DONE
    once = Once()
    alike = Counter(map(_untimed, found.entries))
    folded: set[tuple[str, str]] = set()
    for entry in found.entries:
        mark = _untimed(entry)
        if mark and alike[mark] > FOLD:
            if mark not in folded:
                text.say(_folded(entry, alike[mark]))
            folded.add(mark)
            continue
        for line in _lines(entry, found.made.plan.created_at, once, approvals=found.has_approvals):
            text.say(line)
    if not found.entries:
        text.say(f"Nothing goes out in the next {text.many(days, 'day')}.")
    if found.later:
        text.say(f"{text.many(found.later, 'post')} later; --days shows more.")
    for line in _gaps(found, days):
        text.say(line)
    return exits.FAILED if found.made.faults else exits.DONE


def _untimed(entry: Entry) -> tuple[str, str] | None:
    """What entries without a time have in common, so that they share one line; None for an entry with a time."""
    return None if entry.at else (str(entry.action.then or entry.action.kind), entry.action.reason)


def _folded(entry: Entry, count: int) -> str:
    action = entry.action
    symbol = SYMBOLS[action.then or action.kind]
    said = f"{text.many(count, 'post')}: {visible(action.reason)}"
    return f"{symbol} {text.style('no time yet', bold=True)}\t{said}  (contentsync plan --full lists them)"


def _gaps(found: Agenda, days: int) -> Iterator[str]:
    """The empty slots and days, a few lines for each account."""
    now, width = found.made.plan.created_at, max((len(gap.account) for gap in found.gaps), default=0)
    if found.gaps:
        yield ""
        yield f"Gaps in the next {text.many(days, 'day')}:"
    for gap in found.gaps:
        slots = [in_words(slot, gap.timezone, now) for slot in gap.free_slots]
        told = [f"free slots: {_some(slots)}"] if slots else []
        told += [f"no post on: {_some(list(_ranges(gap.days, now)))}"] if gap.days else []
        for number, line in enumerate(told):
            yield f"  {gap.account if number == 0 else '':<{width}}  {line}"


def _some(words: list[str]) -> str:
    more = f", and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _ranges(days: tuple[date, ...], now: datetime) -> Iterator[str]:
    """Days as people read them; those that follow each other as a range."""
    first = last = None
    for day in (*days, None):
        if last is not None and day == last + timedelta(days=1):
            last = day
            continue
        if first is not None and last is not None:
            yield day_in_words(first, now) + (f" to {day_in_words(last, now)}" if last > first else "")
        first = last = day


def _lines(entry: Entry, now: datetime, once: Once, *, approvals: bool) -> Iterator[str]:
    action = entry.action
    symbol = SYMBOLS[action.then or action.kind]
    at = _at(entry, now)
    yield f"{symbol} {text.style(at, bold=True)}  {action.post}  {text.style(visible(action.where), dim=True)}"
    wide = account_wide(action)
    if wide is None or once.is_new(action.account, wide):
        yield f"    {visible(action.reason)}"
        if wide:
            yield f"    hint: {visible(wide.hint)}"
    else:
        before = action.reason.removesuffix(wide.what)
        yield f"    {visible(before)}as {action.account}'s first post above [{wide.code}]"
    if entry.approval:
        yield f"    approved by {visible(entry.approval.who)} ({entry.approval.how})"
    elif approvals and entry.not_approved:
        yield f"    {visible(entry.not_approved.what)}"
    for problem in entry.in_the_way:
        if problem.what != action.reason and problem != wide:
            yield f"    blocked by: {visible(problem.what)} [{problem.code}]"


def _at(entry: Entry, now: datetime) -> str:
    if entry.at is None:
        return "no time yet"
    is_due = abs(entry.at - now) < timedelta(seconds=1)
    return "now" if is_due else from_now(entry.at, entry.timezone, now)
