"""`contentsync ack`: accept an edit made after publication."""

from __future__ import annotations

import click

from contentsync import settle
from contentsync.cli import exits, text
from contentsync.cli.main import Context
from contentsync.cli.options import because


@click.command()
@click.argument("post")
@because
@click.pass_obj
def ack(context: Context, post: str, why: str) -> int:
    """Accept that POST's manifest differs from what was sent; the plan calls it unchanged from now on.

    What is at TikTok stays as it is. The next edit shows again.
    """
    project = context.project()
    try:
        with project.lock(f"contentsync ack {post}"):
            row = settle.ack(project, post, why)
    finally:
        project.close()
    text.say(f"{row.key}: its edit is accepted; the video at TikTok stays as it is")
    return exits.DONE
