"""`contentsync ack`: accept an edit made after publication."""

from __future__ import annotations

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import because, locking
from contentsync.cli.terminal import text
from contentsync.operations import ack as operation


@click.command()
@click.argument("post", shell_complete=complete.posts)
@because
@locking
@click.pass_obj
def ack(context: Context, post: str, why: str, lock_timeout: float) -> int:
    """Accept that POST's manifest differs from what was sent; the plan calls it unchanged from now on.

    What is at TikTok stays as it is. The next edit shows again.
    """
    project = context.project()
    try:
        with project.lock(f"contentsync ack {post}", lock_timeout):
            row = operation.ack(project, post, why)
    finally:
        project.close()
    text.say(f"{row.key}: its edit is accepted; the video at TikTok stays as it is")
    return exits.DONE
