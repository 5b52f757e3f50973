"""How is it said on a terminal? The wording of problems and figures; data goes to stdout, the rest to stderr."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from contentsync.errors import ContentsyncError, Level, Problem, by_place
from contentsync.trust import hide
from contentsync.visible import as_json, visible, visible_lines

_STYLE: Final = re.compile(r"\x1b\[(?:0|1|2|3[0-7]|9[0-7])m")  # what click.style makes: bold, dim, colours, the end
_COLOURS: Final = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}


def colour() -> bool | None:
    """False where NO_COLOR asks for none; else click decides: colour on a terminal only."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def say(line: str = "") -> None:
    """A line of data."""
    click.echo(safe(hidden(line)), color=colour())


def show_json(document: Mapping[str, object]) -> None:
    """One JSON document, as data."""
    click.echo(hidden(as_json(document, indent=2)))


def say_json(value: Mapping[str, object]) -> None:
    """One line of JSON, as data."""
    click.echo(hidden(as_json(value)))


def tell(line: str = "") -> None:
    """A line that is no data."""
    click.echo(safe(hidden(line)), err=True, color=colour())


def safe(line: str) -> str:
    """The line with every unseen character as an escape, save our own colours and line breaks.

    What is foreign was escaped where it was put in; this catches what was forgotten there.
    """
    parts = _STYLE.split(line)
    styles = [*_STYLE.findall(line), ""]
    return "".join(visible_lines(part) + code for part, code in zip(parts, styles, strict=True))


_read: dict[str, str] = {}


def hide_values(read: Mapping[str, str]) -> None:
    """From now on show the name instead of what ${NAME} gave. read: values by name."""
    _read.clear()
    _read.update(read)


def hidden(line: str) -> str:
    """The line as it may be shown."""
    return hide(line, _read)


def style(line: str, **how: object) -> str:
    return click.style(line, **{name: value for name, value in how.items() if value})  # type: ignore[arg-type]


def show_usage(err: click.ClickException) -> None:
    """A command line that makes no sense, as click words it."""
    with io.StringIO() as told:
        err.show(told)
        tell(told.getvalue().rstrip("\n"))


def show_error(err: BaseException) -> None:
    """An error that ends the command, as its problems."""
    if isinstance(err, ContentsyncError) and err.problems:
        show_problems(err.problems)
    else:
        tell(str(err))


def show_problems(problems: Sequence[Problem], *, out: bool = False) -> None:
    """Every problem by its place: the fact, the line of the file, what mends it."""
    for problem in by_place(problems):
        for line in problem_lines(problem):
            (say if out else tell)(line)


def problem_lines(problem: Problem) -> Iterable[str]:
    place = f"{problem.where}: " if problem.where else ""
    weight = "" if problem.level is Level.ERROR else f"{problem.level}: "
    what = style(visible(problem.what), fg=_COLOURS[problem.level], bold=problem.level is Level.ERROR)
    yield from folded(f"{place}{weight}{what} [{problem.code}]", 4)
    if problem.level is Level.NOTE:
        return  # worth a line, not more
    if problem.source and problem.where:
        gutter = f"{problem.where.line:>5} | "
        source, before = _cut(problem)
        yield style(gutter, dim=True) + source
        yield " " * (len(gutter) + before) + style("^" * max(1, min(problem.width, len(source) - before)), fg="red")
    if problem.hint:
        yield from folded(f"  hint: {visible(problem.hint)}", 8)


def _cut(problem: Problem) -> tuple[str, int]:
    """The source line as wide as a terminal can show, and the column where the underline begins."""
    assert problem.where is not None
    line = visible(problem.source.rstrip("\n").replace("\t", " "))
    start = problem.where.column - 1
    if start > 90:
        cut = start - 40
        return "…" + line[cut : cut + 100], start - cut + 1
    return line[:110] + ("…" if len(line) > 110 else ""), start


def show_defect(err: BaseException) -> int:
    """What nobody foresaw: a defect of ours, told as such. The traceback only on request: it may show captions."""
    from contentsync.cli import exits

    tell(f"contentsync has a defect here: {type(err).__name__}: {visible(str(err))}")
    if os.environ.get("CONTENTSYNC_DEBUG"):
        import traceback

        tell("".join(traceback.format_exception(err)).rstrip())
    else:
        tell("  hint: run it again with CONTENTSYNC_DEBUG=1 for the traceback, and report it; the state is safe")
    return exits.DEFECT


def when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


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


def size(count: int) -> str:
    """Bytes as people read them, in powers of ten."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.2f} GB"


def folded(line: str, indent: int) -> list[str]:
    """A line broken between words at the terminal's width, what follows indented; whole where there is no terminal.

    line: may be styled in its first words.
    """
    import textwrap

    bare = click.unstyle(line)
    if not (sys.stdout.isatty() and sys.stderr.isatty()) or len(bare) <= width():
        return [line]
    first, *more = textwrap.wrap(
        bare, width(), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    styled = line[: max((found.end() for found in _STYLE.finditer(line)), default=0)]
    return [styled + first[len(click.unstyle(styled)) :], *more]


def width() -> int:
    """The columns of the terminal; 80 where there is none."""
    import shutil

    return max(20, shutil.get_terminal_size((80, 24)).columns)


def many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
