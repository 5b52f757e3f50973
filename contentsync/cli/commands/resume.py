"""`contentsync resume`: end a pause."""

from __future__ import annotations

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.operations import pause as operation
from contentsync.project import Project
from contentsync.visible import visible


@click.command()
@click.argument("account", required=False, shell_complete=complete.accounts)
@click.pass_obj
def resume(context: Context, account: str | None) -> int:
    """End the pause of ACCOUNT; without ACCOUNT, every pause. Sends nothing by itself: run apply.

    Exits 5 where ACCOUNT is still paused, as by a pause of all accounts or by `paused: true` in contentsync.yaml.
    """
    project = context.project()
    ended, left = operation.resume(project, account)
    for one in ended:
        name = f"{one.account}: " if one.account else ""
        text.say(f"{name}resumed; it was {visible(one.said(text.shown_zone()))}")
    if not ended:
        text.say(f"{account or 'No account'} was {'not ' if account else ''}paused.")
    by_file = _paused_by_file(project, account)
    if left:
        text.tell(f"{account} is still held: {visible(left.said(text.shown_zone()))}. To end it: {left.ends_by}")
    for name in by_file:
        text.tell(f"{name} is still held: contentsync.yaml says `paused: true`. To end it, remove that line.")
    return exits.HELD if left or by_file else exits.DONE


def _paused_by_file(project: Project, account: str | None) -> list[str]:
    """The accounts in question that the project file pauses."""
    return [name for name, one in project.settings.accounts.items() if one.paused and account in {None, name}]
