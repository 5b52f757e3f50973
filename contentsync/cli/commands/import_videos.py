"""`contentsync import`: manifests and state for videos that are already there."""

from __future__ import annotations

from pathlib import Path

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import locking
from contentsync.cli.terminal import text
from contentsync.operations import import_videos as operation
from contentsync.visible import visible


@click.command(name="import")
@click.argument("account", shell_complete=complete.accounts)
@click.option(
    "--write", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write manifests here."
)
@locking
@click.pass_obj
def import_videos(context: Context, account: str, folder: Path | None, lock_timeout: float) -> int:
    """Take note of the public videos of ACCOUNT that belong to no post; with --write, also as manifests.

    Once they are noted, they do not block new posts any more (guard existing-posts). With --write each gets a
    manifest with its post_id, which is never posted, and a row in the state. What may be a declared post's own is
    left alone and named, and that post stays blocked. Nothing is overwritten; stopped half-way, run it again.

    \b
    Examples:
      contentsync import acme
      contentsync import acme --write posts/imported
    """
    project = context.project()
    try:
        known = project.account(account)
        with project.lock(f"contentsync import {account}", lock_timeout):
            done = operation.import_videos(project, known, folder)
    finally:
        project.close()
    for item in done:
        where = item.belongs or (str(item.path) if item.path else "noted")
        caption = visible(" ".join(item.video.caption.split())[:50])
        text.say(f"{item.video.post_id}  {text.when(item.video.created_at)}  {caption}  {where}")
    free, left = sum(bool(item.name) for item in done), sum(bool(item.belongs) for item in done)
    verb = "bound" if folder else "noted; to give each a manifest too, add --write DIR"
    if done:
        text.say(f"{text.many(free, 'video')} of {account} {verb}")
    else:
        text.say(f"{account} has no public video that belongs to no post: there was nothing to note")
    if left:
        text.say(f"{text.many(left, 'video')} left alone: a post of this project may be what it shows")
    return exits.DONE
