"""`contentsync refresh`: read TikTok into the state."""

from __future__ import annotations

import click

from contentsync.cli import exits
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.notifying import Notifying
from contentsync.operations.refresh import refresh_all
from contentsync.views import refresh as view


@click.command()
@click.option("--full-list", is_flag=True, help="Read the whole public list, not only what is new in it.")
@click.option("--account", "accounts", multiple=True, metavar="NAME", help="Only this account. Repeatable.")
@as_json
@click.pass_obj
def refresh(context: Context, full_list: bool, accounts: tuple[str, ...], json_: bool) -> int:
    """Read TikTok into the state: who each account is, its public videos, open attempts, late post ids.

    Changes nothing at TikTok, and takes no lock.

    \b
    Examples:
      contentsync refresh
      contentsync refresh --account acme --full-list
    """
    project = context.project()
    notifying = Notifying(project)
    try:
        read, failures = refresh_all(project, accounts, full_list=full_list)
    finally:
        project.close()
    if json_:
        text.show_json(view.document(read, failures))
    for name, seen in read.items() if not json_ else ():
        text.say(f"{name}: {text.many(seen.videos, 'public video')}, {text.many(seen.open, 'open attempt')}")
        text.show_problems(seen.problems)
    show_failures(failures)
    notifying.tell()
    codes = [exits.of_error(err) or exits.FAILED for err in failures.values()]
    return exits.worst([*codes, *(exits.FAILED for seen in read.values() if not seen.is_whole)])
