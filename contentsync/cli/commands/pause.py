"""`contentsync pause`: the switch that stops an account, or all of them."""

from __future__ import annotations

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.operations import pause as operation
from contentsync.visible import visible


@click.command()
@click.argument("account", required=False, shell_complete=complete.accounts)
@click.option("--reason", "why", default="", metavar="TEXT", help="Why; status and plan show it.")
@click.pass_obj
def pause(context: Context, account: str | None, why: str) -> int:
    """Begin nothing more for ACCOUNT, or for all accounts, until `contentsync resume`.

    A running apply sees it within seconds: it ends what TikTok has whole, leaves an upload where it is, and begins
    nothing else.

    \b
    Examples:
      contentsync pause acme --reason 'wrong song'
      contentsync pause
    """
    held = operation.pause(context.project(), account, why)
    name = f"{held.account}: " if held.account else ""
    text.say(f"{name}{visible(held.said(text.shown_zone()))}")
    text.say(f"Nothing more is started. To end the pause: {held.ends_by}")
    return exits.DONE
