"""`contentsync resolve`: a person settles what became of an unknown attempt."""

from __future__ import annotations

import click

from contentsync.cli import exits, text
from contentsync.cli.main import Context
from contentsync.cli.options import because, locking
from contentsync.settle import by_hand


@click.command()
@click.argument("post")
@click.option("--published", "verdict", flag_value=by_hand.Verdict.PUBLISHED.value, help="It is at TikTok.")
@click.option("--not-published", "verdict", flag_value=by_hand.Verdict.NOT_PUBLISHED.value, help="It is not: post.")
@click.option("--keep", "verdict", flag_value=by_hand.Verdict.KEEP.value, help="Leave it for good; never post it.")
@click.option("--post-id", default="", metavar="ID", help="With --published: which video it is.")
@because
@locking
@click.pass_obj
def resolve(context: Context, post: str, verdict: str | None, post_id: str, why: str, lock_timeout: float) -> int:
    """Settle POST, whose outcome is unknown: look into TikTok's app first, then say what is there.

    --not-published allows a new attempt: if the video is there after all, it will be there twice.
    """
    if verdict is None:
        raise click.UsageError("say what became of it: --published, --not-published or --keep")
    if post_id and verdict != by_hand.Verdict.PUBLISHED:
        raise click.UsageError("--post-id goes with --published")
    project = context.project()
    try:
        with project.lock(f"contentsync resolve {post}", lock_timeout):
            row = by_hand.resolve(project, post, by_hand.Verdict(verdict), post_id, why)
    finally:
        project.close()
    assert row.last is not None
    text.say(f"{row.key}: {row.last.phase}{f' as {row.post_id}' if row.post_id else ''}")
    return exits.DONE
