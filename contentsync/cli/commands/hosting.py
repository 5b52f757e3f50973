"""`contentsync hosting`: which photos belong on the web, and which of the hosted ones may be deleted."""

from __future__ import annotations

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, locking
from contentsync.cli.terminal import text
from contentsync.operations import hosting as operation
from contentsync.store.port.values import HostedObject
from contentsync.views import hosted_photos
from contentsync.visible import visible


@click.group()
def hosting() -> None:
    """List the photos that TikTok fetches from the web, and delete those that no post needs."""


@hosting.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> int:
    """Each local photo of a declared post: path, sha256, and the address at which TikTok fetches it.

    Without `hosting.upload` the files are expected to lie there: this tells a person or a script where to put them.
    """
    found = operation.belonging(context.project())
    if json_:
        text.show_json(hosted_photos.document(found))
        return exits.DONE
    for item in found:
        text.put(f"{visible(item.media.path)}\t{item.media.sha256}\t{visible(item.url) or '(no hosting)'}")
    if not found:
        text.tell("No post has local photos.")
    return exits.DONE


@hosting.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@locking
@click.pass_obj
def prune(context: Context, dry_run: bool, lock_timeout: float) -> int:
    """Delete the photos that apply put on the web and that no post needs any more.

    Whatever is open, unknown, waiting, blocked or planned keeps its photos, and so does what others put there. It
    knows the posts of this project only: two projects must not share one hosting.upload path.
    """
    project = context.project()
    try:
        with project.lock("contentsync hosting prune", lock_timeout):
            done = operation.prune(project, dry_run=dry_run)
    finally:
        project.close()
    for found in done.gone:
        text.say(f"{'would go' if dry_run else 'gone'}  {_told(found)}")
    for found, err in done.failed:
        text.tell(f"stays  {_told(found)}")
        text.show_error(err)
    for found in done.foreign:
        text.tell(f"stays  {_told(found)}: not at the place that hosting.upload names now")
    text.tell(f"{text.many(len(done.gone), 'photo')} {'would go' if dry_run else 'gone'}, {len(done.kept)} kept.")
    return exits.FAILED if done.failed else exits.DONE


def _told(found: HostedObject) -> str:
    since = text.when(found.uploaded_at or found.begun_at)
    return f"{found.place.rstrip('/')}/{found.name}  put there {since} for {found.post}"
