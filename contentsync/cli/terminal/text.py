"""How does a message reach the terminal? Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TextIO

import click

from contentsync.amounts import many, size
from contentsync.cli.terminal import log
from contentsync.errors import ContentsyncError, Level, Problem, by_place
from contentsync.visible import as_json, visible

__all__ = ["many", "size"]

_COLOURS: Final = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}


def colour() -> bool | None:
    """False where NO_COLOR asks for none; else click decides: colour on a terminal only."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def say(line: str = "") -> None:
    """A line of data, folded on a terminal. A tab marks where the line goes on, and becomes a blank."""
    _write(line, sys.stdout)


def tell(line: str = "", event: str = "message", **more: object) -> None:
    """The same for a line that is not data. event, more: what a log in JSON adds to the line."""
    if log.is_json():
        _log(line, log.INFO, event, **more)
    else:
        _write(line, sys.stderr)


def _log(line: str, level: str, event: str, **more: object) -> None:
    """An entry of the log in JSON; none for an empty line."""
    message = " ".join(click.unstyle(line).split("\t")).strip()
    if message:
        click.echo(hidden(as_json(log.entry(message, level, event, **more))), err=True)


def put(line: str) -> None:
    """Data that a program or a person copies: not folded, tabs and all."""
    click.echo(hidden(line), color=colour())


def tell_whole(line: str) -> None:
    """A line that a person copies and that is not data, such as an address: not folded."""
    if log.is_json():
        _log(line, log.INFO, "message")
        return
    click.echo(safe(hidden(line)), err=True, color=colour())


def _write(line: str, stream: TextIO) -> None:
    parts = [_folded(part, stream) for part in hidden(line).split("\n")]
    click.echo("\n".join(parts), err=stream is sys.stderr, color=colour())


def _folded(part: str, stream: TextIO) -> str:
    """One line as it is shown, folded on a terminal."""
    before, tab, after = part.partition("\t")
    whole = safe(f"{before} {after}".rstrip(" ") if tab and before else part.lstrip("\t"))
    if not stream.isatty():
        return whole
    from contentsync.cli.terminal.fold import fold
    from contentsync.cli.terminal.table import width_of

    bare = click.unstyle(before)
    hang = width_of(bare) + bool(bare) if tab else len(bare) - len(bare.lstrip(" ")) + 4
    return "\n".join(fold(whole, width(), hang))


def show_json(document: Mapping[str, object]) -> None:
    """One JSON document, as data."""
    click.echo(hidden(as_json(document, indent=2)))


def say_json(value: Mapping[str, object]) -> None:
    """One line of JSON, as data."""
    click.echo(hidden(as_json(value)))


def safe(line: str) -> str:
    """The line with every unseen character as an escape, save our own colours.

    Foreign text is escaped where it is put in; this catches what was forgotten there.
    """
    if "\x1b" not in line:
        return visible(line)
    from contentsync.cli.terminal.fold import STYLE

    styles = [*STYLE.findall(line), ""]
    return "".join(visible(part) + code for part, code in zip(STYLE.split(line), styles, strict=True))


_read: dict[str, str] = {}
_zone: list[str] = []


def use_zone(name: str) -> None:
    """From now on show times in this zone, unless another one is named."""
    _zone[:] = [name]


def shown_zone() -> str:
    """The zone in which times are shown: an IANA name."""
    return next(iter(_zone), "UTC")


def when(moment: datetime, zone: str = "", *, seconds: bool = False) -> str:
    """A time as people read it. zone: an IANA name, as of an account; the project's unless given."""
    from contentsync.times import in_words

    return in_words(moment, zone or shown_zone(), seconds=seconds)


def hide_values(read: Mapping[str, str]) -> None:
    """From now on show the name instead of what ${NAME} gave. read: values by name."""
    _read.clear()
    _read.update(read)


def hidden(line: str) -> str:
    """The line as it may be shown."""
    if not _read:
        return line
    from contentsync.trust import hide

    return hide(line, _read)


def style(line: str, **how: object) -> str:
    return click.style(line, **{name: value for name, value in how.items() if value})  # type: ignore[arg-type]


def show_usage(err: click.ClickException) -> None:
    """A command line that makes no sense, as click words it."""
    with io.StringIO() as told:
        err.show(told)
        _tell_error(told.getvalue().rstrip("\n"), "usage")


def show_error(err: BaseException) -> None:
    """An error that ends the command, as its problems."""
    if isinstance(err, ContentsyncError) and err.problems:
        show_problems(err.problems)
    else:
        tell(str(err))


def show_problems(problems: Sequence[Problem], *, out: bool = False) -> None:
    """Every problem by its place: the fact, the line of the file, what fixes it."""
    for problem in by_place(problems):
        if log.is_json() and not out:
            _log_problem(problem)
            continue
        for line in problem_lines(problem):
            (say if out else tell)(line)


def _tell_error(line: str, event: str) -> None:
    if log.is_json():
        _log(line, log.ERROR, event)
    else:
        tell(line)


def _log_problem(problem: Problem) -> None:
    level = {Level.ERROR: log.ERROR, Level.WARNING: log.WARNING, Level.NOTE: log.INFO}[problem.level]
    where = str(problem.where) if problem.where and problem.where.file else None
    _log(problem.what, level, "problem", code=problem.code, hint=problem.hint, where=where)


def problem_lines(problem: Problem, indent: int = 0) -> Iterator[str]:
    """One problem, each line indented by so many blanks."""
    begin = " " * indent
    place = f"{problem.where}: " if problem.where else ""
    weight = "" if problem.level is Level.ERROR else f"{problem.level}: "
    what = style(visible(problem.what), fg=_COLOURS[problem.level], bold=problem.level is Level.ERROR)
    yield f"{begin}{place}{weight}{what} [{problem.code}]"
    if problem.source and problem.where and problem.level is not Level.NOTE:
        gutter = f"{problem.where.line:>5} | "
        source, before = _cut(problem, width() - indent - len(gutter))
        yield begin + style(gutter, dim=True) + source
        underline = "^" * max(1, min(problem.width, len(source) - before))
        yield begin + " " * (len(gutter) + before) + style(underline, fg="red")
    if problem.hint:
        yield f"{begin}  hint:\t{visible(problem.hint)}"


def _cut(problem: Problem, room: int) -> tuple[str, int]:
    """The source line as far as it fits into `room` columns, and the column where the underline begins."""
    assert problem.where is not None
    line = problem.source.rstrip("\n").replace("\t", " ")
    start = problem.where.column - 1
    cut = max(0, start - room // 3) if start + problem.width > room - 2 else 0
    # Only what has room is made visible: a line may have a million characters, and a hundred problems.
    begin, rest = ("…" if cut else ""), visible(line[cut : cut + max(room, 0)])
    end = "…" if len(rest) > room - 2 else ""
    return begin + rest[: room - 2] + end, len(begin) + len(visible(line[cut:start]))


def show_defect(err: BaseException) -> int:
    """Report an unexpected error as a defect. The traceback is shown on request only: it may show captions."""
    from contentsync.cli import exits

    _tell_error(f"contentsync has a defect: {type(err).__name__}: {visible(str(err))}", "defect")
    _show_traceback(err)
    if not os.environ.get("CONTENTSYNC_DEBUG"):
        tell("  hint: run it again with CONTENTSYNC_DEBUG=1 to see the traceback, and report it; the state is safe")
    return exits.DEFECT


def show_dead_thread(name: str, err: BaseException) -> None:
    """Report a thread that died of an unexpected error; at once, since what it did is missing from now on."""
    _tell_error(f"a part of contentsync stopped ({name}): {type(err).__name__}: {visible(str(err))}", "thread-died")
    _show_traceback(err)


def _show_traceback(err: BaseException) -> None:
    if os.environ.get("CONTENTSYNC_DEBUG"):
        import traceback

        tell("".join(traceback.format_exception(err)).rstrip())


def width() -> int:
    """The columns of the terminal; 80 where there is none."""
    import shutil

    return max(20, shutil.get_terminal_size((80, 24)).columns)


def hidden_page(page: str) -> str:
    """A page as it may be shown: its text is escaped, and so are the values that it must not hold."""
    import html

    from contentsync.trust import hide

    return hide(hidden(page), {name: html.escape(value) for name, value in _read.items()})


def nothing_to_do(unchanged: int) -> None:
    """The one line of a plan without any action. unchanged: how many posts are as declared."""
    say(f"Nothing to do: {many(unchanged, 'post')} as declared.")
