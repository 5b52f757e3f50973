"""The options that several commands share, and the selection that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from contentsync.cli import complete
from contentsync.cli.duration import DURATION
from contentsync.cli.main import Context
from contentsync.plan.guard_names import GUARDS

F = TypeVar("F", bound=Callable[..., Any])


def _stacked(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def selecting(command: F) -> F:
    """--only, --exclude, --account."""
    return _stacked(
        click.option(
            "--only",
            multiple=True,
            metavar="GLOB",
            shell_complete=complete.posts,
            help="Only posts whose key or name fits. Repeatable.",
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            shell_complete=complete.posts,
            help="Leave out posts that fit. Repeatable.",
        ),
        click.option(
            "--account",
            "accounts",
            multiple=True,
            metavar="NAME",
            shell_complete=complete.accounts,
            help="Only this account. Repeatable.",
        ),
    )(command)


def allowing(command: F) -> F:
    """--allow."""
    return click.option(
        "--allow",
        multiple=True,
        metavar="GUARD",
        shell_complete=complete.guards,
        help=f"Lift a guard: {', '.join(GUARDS)}. Repeatable.",
    )(command)


def strict(command: F) -> F:
    """--strict."""
    return click.option(
        "--strict", is_flag=True, help="Refuse the whole project where any post or file of it has errors."
    )(command)


def waiting(default: float, no_wait: str) -> Callable[[F], F]:
    """--wait and --no-wait, as seconds under the name `wait`. no_wait: what the latter does."""
    return _stacked(
        click.option(
            "--wait",
            type=DURATION,
            default=default,
            metavar="TIME",
            help="Wait this long for final states: 30s, 10m.",
        ),
        click.option("--no-wait", "wait", flag_value=0.0, type=DURATION, help=no_wait),
    )


def because(command: F) -> F:
    """--because, as `why`."""
    return click.option("--because", "why", default="", metavar="TEXT", help="Why; kept in the history.")(command)


def locking(command: F) -> F:
    """--lock-timeout."""
    return click.option(
        "--lock-timeout",
        type=DURATION,
        default=0.0,
        metavar="TIME",
        help="Wait this long for another command that holds the lock: 30, 30s, 2m.",
    )(command)


def as_json(command: F) -> F:
    """--json."""
    option = click.option(
        "--json", "json_", is_flag=True, callback=_remember_json, help="Data on stdout as JSON; all else on stderr."
    )
    return option(command)


def as_page(command: F) -> F:
    """--html, as `html`."""
    file = click.Path(dir_okay=False, path_type=Path)
    return click.option("--html", type=file, metavar="FILE", help="Also write it to FILE as a page for the browser.")(
        command
    )


def as_markdown(command: F) -> F:
    """--markdown."""
    return click.option("--markdown", is_flag=True, help="Print it as Markdown, for a comment on a pull request.")(
        command
    )


def _remember_json(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    """Problems that end the command are then printed as JSON as well."""
    if value and (context := ctx.find_object(Context)):
        context.json = True
    return value
