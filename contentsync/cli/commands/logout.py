"""`contentsync logout`: revoke an account's access at TikTok, and forget its tokens."""

from __future__ import annotations

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.signin.sign_out import Left, sign_out


@click.command()
@click.argument("account", shell_complete=complete.accounts)
@click.pass_obj
def logout(context: Context, account: str) -> int:
    """Revoke ACCOUNT's access at TikTok, and forget its tokens here.

    They are forgotten also where TikTok can't be reached; it says so then, and exits 1. The open_id stays pinned in
    contentsync.yaml, and what was posted stays known.
    """
    project = context.project()
    try:
        left = sign_out(project, project.account(account))
    finally:
        project.close()
    text.say(_told(account, left))
    text.show_problems([*left.failures, *left.remains])
    return exits.FAILED if left.failures or left.remains else exits.DONE


def _told(account: str, left: Left) -> str:
    said = []
    if left.revoked:
        said.append("access is revoked at TikTok")
    if left.forgotten:
        said.append("its tokens are forgotten here")
    if not said:
        said.append("no tokens are kept here" if not left.failures else "nothing was kept here")
    return f"{text.style(account, bold=True)}: {'; '.join(said)}"
