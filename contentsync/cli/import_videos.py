"""`contentsync import`: manifests and state for videos that are already there."""

from __future__ import annotations

from pathlib import Path

import click

from contentsync import settle
from contentsync.cli import exits, text
from contentsync.cli.main import Context


@click.command(name="import")
@click.argument("account")
@click.option(
    "--write", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write manifests here."
)
@click.pass_obj
def import_videos(context: Context, account: str, folder: Path | None) -> int:
    """Bind the public videos of ACCOUNT that belong to no post. Without --write they are only listed.

    Each gets a manifest with its post_id, which is never posted, and a row in the state.
    """
    project = context.project()
    try:
        known = project.account(account)
        if folder is None:
            done = settle.import_videos(project, known, None)
        else:
            with project.lock(f"contentsync import {account}"):
                done = settle.import_videos(project, known, folder)
    finally:
        project.close()
    for item in done:
        where = str(item.path) if item.path else "not written"
        caption = text.printable(item.video.caption).replace("\n", " ")[:50]
        text.say(f"{item.video.post_id}  {text.when(item.video.created_at)}  {caption}  {where}")
    verb = "bound" if folder else "could be bound: --write DIR"
    text.say(f"{text.many(len(done), 'video')} of {account} {verb}")
    return exits.DONE
