"""`contentsync resolve`: a person says what became of a post."""

from __future__ import annotations

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import because, locking
from contentsync.cli.terminal import text
from contentsync.operations import resolve as operation
from contentsync.operations.resolve import Verdict


@click.command()
@click.argument("post", shell_complete=complete.posts)
@click.option("--published", is_flag=True, help="It is at TikTok.")
@click.option("--not-published", is_flag=True, help="It is not at TikTok: post it anew.")
@click.option("--keep", is_flag=True, help="Leave it for good; never post it.")
@click.option("--post-id", default="", metavar="ID", help="With --published: which video it is.")
@because
@locking
@click.pass_obj
def resolve(
    context: Context,
    post: str,
    published: bool,
    not_published: bool,
    keep: bool,
    post_id: str,
    why: str,
    lock_timeout: float,
) -> int:
    """Settle POST by your own word: check TikTok's app first, then say what is there.

    This settles an unknown outcome, and what a receipt or this machine's journal tells of a post that the state does
    not know. --published and --keep also settle a post of which nothing is known. --not-published allows a new
    attempt: if the video is there after all, it will be there twice.

    \b
    Examples:
      contentsync resolve acme/launch --published --post-id 7400000000000000001
      contentsync resolve acme/launch --not-published --because 'not in the app'
    """
    said = [verdict for verdict, is_said in zip(Verdict, (published, not_published, keep), strict=True) if is_said]
    if len(said) != 1:
        raise click.UsageError("say one thing of it: --published, --not-published or --keep")
    if post_id and not published:
        raise click.UsageError("--post-id goes with --published")
    project = context.project()
    try:
        with project.lock(f"contentsync resolve {post}", lock_timeout):
            row = operation.resolve(project, post, said[0], post_id, why)
    finally:
        project.close()
    stands = row.last.phase if row.last else "bound"
    text.say(f"{row.key}: {stands}{f' as {row.post_id}' if row.post_id else ''}")
    if keep:
        text.tell("It is never sent. To post it after all, raise its `generation`.")
    if not_published:
        text.tell("The next apply sends it again; if it is at TikTok after all, it will be there twice.")
    return exits.DONE
