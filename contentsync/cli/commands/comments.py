"""`contentsync comments`: what was written under a public video, for approved researchers."""

from __future__ import annotations

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.table import figure, wrapped
from contentsync.operations.browse import Thread, comments_on
from contentsync.views import comments as view
from contentsync.visible import visible


@click.command()
@click.argument("video_id")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, metavar="N", help="At most N.")
@click.option("--replies-of", default="", metavar="COMMENT_ID", help="The replies to this comment, instead.")
@as_json
@click.pass_obj
def comments(context: Context, video_id: str, limit: int, replies_of: str, json_: bool) -> int:
    """Show the comments on a public video, with their likes and replies.

    TikTok's Research API alone gives them, to an app that it has approved for research (the scope
    research.data.basic). There is no API to write, answer or hide a comment.
    """
    for name, value in (("VIDEO_ID", video_id), ("--replies-of", replies_of)):
        if value and not (value.isascii() and value.isdecimal() and len(value) <= 19):
            raise click.BadParameter(f'"{visible(value)}" is no id: digits only', param_hint=name)
    project = context.project()
    try:
        found = comments_on(project, video_id, limit, replies_of)
    finally:
        project.close()
    if json_:
        text.show_json(view.document(video_id, replies_of, found))
    else:
        _show(found)
    return exits.DONE


def _counted(count: int | None, one: str, several: str) -> str:
    return f"{figure(count)} {one if count == 1 else several}"


def _show(found: Thread) -> None:
    if not found.comments:
        text.say("No comments.")
        return
    for comment in found.comments:
        date = text.when(comment.created_at) if comment.created_at else "not dated"
        counts = f"{_counted(comment.likes, 'like', 'likes')}, {_counted(comment.replies, 'reply', 'replies')}"
        text.say(f"{text.style(date, bold=True)}  {counts}  {text.style(comment.comment_id, dim=True)}")
        for line in wrapped(comment.text or "(no text)", text.width() - 2):
            text.say(f"  {line}")
    if found.more:
        text.tell(f"There are more than {text.many(len(found.comments), 'comment')}: a higher --limit shows them.")
