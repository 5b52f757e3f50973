"""`contentsync videos`: what TikTok shows of an account, with its figures."""

from __future__ import annotations

from typing import Final

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.table import Column, aligned, figure, one_line
from contentsync.operations.browse import Listed, public_videos
from contentsync.tiktok.wire import Video
from contentsync.views import videos as view
from contentsync.visible import visible

_COLUMNS: Final = (
    Column("views", right=True),
    Column("likes", right=True),
    Column("comments", right=True),
    Column("shares", right=True),
    Column("date"),
    Column("post"),
)


@click.command()
@click.argument("account", shell_complete=complete.accounts)
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, metavar="N", help="At most N videos.")
@click.option(
    "--id", "ids", multiple=True, metavar="ID", help="Only this video; repeatable. Names those that are not public."
)
@as_json
@click.pass_obj
def videos(context: Context, account: str, limit: int, ids: tuple[str, ...], json_: bool) -> int:
    """Show the public videos of ACCOUNT, newest first, with views, likes, comments and shares.

    TikTok lists public posts only, and cuts their captions at 150 units. Each video tells which post of this project
    it is bound to. Changes nothing, here or there.

    \b
    Examples:
      contentsync videos acme
      contentsync videos acme --limit 100 --json
    """
    for post_id in ids:
        if not post_id.isascii() or not post_id.isdecimal():
            raise click.BadParameter(f'"{visible(post_id)}" is no number', param_hint="--id")
    project = context.project()
    try:
        found = public_videos(project, project.account(account), limit, ids)
    finally:
        project.close()
    if json_:
        text.show_json(view.document(account, found))
    else:
        _show(found, account)
    for post_id in found.missing:
        text.tell(f"{post_id}: not a public video of {account}")
    return exits.FAILED if found.missing else exits.DONE


def _show(found: Listed, account: str) -> None:
    if not found.videos:
        text.say(f"{account} has no public videos." if not found.missing else "None of them.")
        return
    rows = [_row(video, found.posts.get(video.post.post_id, "")) for video in found.videos]
    head, *lines = aligned(_COLUMNS, rows)
    text.say(text.style(head, bold=True))
    for video, line in zip(found.videos, lines, strict=True):
        text.say(line)
        text.say("  " + one_line(video.post.caption or video.post.title or "(no caption)", text.width() - 2))
        text.say(text.style(f"  {_link(video)}", dim=True))
    if found.more:
        text.tell(f"There are more than {text.many(len(found.videos), 'video')}: a higher --limit shows them.")


def _row(video: Video, post: str) -> tuple[str, ...]:
    dated = video.post.created_at.timestamp() > 0
    counts = (video.views, video.likes, video.comments, video.shares)
    date = text.when(video.post.created_at) if dated else "unknown"
    return (*map(figure, counts), date, visible(post) or "-")


def _link(video: Video) -> str:
    """The video's address without what is added to tell who asked, or its id where there is none; whole, to copy."""
    return visible(video.post.url).partition("?")[0] if video.post.url else video.post.post_id
