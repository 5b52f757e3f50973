"""`contentsync trust`: grant what the project asks for beyond itself."""

from __future__ import annotations

import shlex
import sys

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.asking import says_yes
from contentsync.errors import Problem, UsageError
from contentsync.operations.trust import grant
from contentsync.settings import Settings
from contentsync.trust import Wanted
from contentsync.views import trust as view
from contentsync.visible import visible


@click.command()
@click.option("--show", is_flag=True, help="Only show what would be granted, and its DIGEST for a CI.")
@as_json
@click.pass_obj
def trust(context: Context, show: bool, json_: bool) -> int:
    """Grant the programs, variables and outside folders that this project's file names.

    A repository may come from a stranger, and a pull request may change it. So contentsync runs no program and reads
    no variable of other programs for it before you have said yes here, on a terminal. Any change asks again. In a
    CI, set CONTENTSYNC_TRUST to the DIGEST that --show prints.
    """
    project = context.project()
    wanted = project.settings.wanted
    if json_:
        text.show_json(view.document(project.settings))
    else:
        _show(project.settings)
    if show or json_ or wanted.is_empty or project.settings.granted:
        return exits.DONE
    if not sys.stdin.isatty():
        what = "there is no terminal to ask at, so nothing was granted"
        raise UsageError(Problem("trust-needs-a-person", what, f"in a CI set CONTENTSYNC_TRUST={wanted.digest}"))
    if not says_yes(f"grant this to {project.root}"):
        text.tell("Nothing was granted.")
        return exits.INTERRUPTED
    grant(project)
    text.say("Granted. Any change to what is listed above asks again; so does another folder.")
    return exits.DONE


def _show(settings: Settings) -> None:
    wanted = settings.wanted
    if wanted.is_empty:
        text.say("This project runs no program, reads only CONTENTSYNC_ variables, and stays in its folder.")
        return
    text.say("The project file asks for:")
    for line in _lines(wanted):
        text.say(f"  {visible(line)}")
    text.say(f"DIGEST {wanted.digest}")
    text.say("granted" if settings.granted else "not granted")


def _lines(wanted: Wanted) -> list[str]:
    return [
        *(f"run    {shlex.join(command)}   ({key})" for key, command in wanted.commands),
        *(f"       {path} is a file of the project: sha256 {sha256}" for path, sha256 in wanted.scripts),
        *(f"tell   {what}   ({key})" for key, what in wanted.notices),
        *(f"read   the variable {name}   ({key})" for key, name in wanted.variables),
        *(f"write  {place}   ({key})" for key, place in wanted.folders),
    ]
