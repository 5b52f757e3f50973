"""`contentsync stats`: views, likes, comments and shares of each post over time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.output_file import write_named
from contentsync.cli.terminal import text
from contentsync.cli.terminal.table import Column, aligned, figure
from contentsync.operations import stats as operation
from contentsync.operations.stats import PostFigures, Stats
from contentsync.views import stats as view

_COLUMNS: Final = (
    Column("views", right=True),
    Column("in 7 days", right=True),
    Column("likes", right=True),
    Column("comments", right=True),
    Column("shares", right=True),
    Column("as of"),
    Column("post"),
)


@click.command()
@click.argument("posts", nargs=-1, metavar="[POST]...", shell_complete=complete.posts)
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Also write every figure to this file.")
@as_json
@click.pass_obj
def stats(context: Context, posts: tuple[str, ...], csv: Path | None, json_: bool) -> int:
    """Show how often each post was seen, liked, commented on and shared.

    No network: `refresh` and `plan` note the figures of the public videos that they list, on this machine. For
    videos that are further down the list, run `refresh --full-list`.

    \b
    Examples:
      contentsync refresh --full-list && contentsync stats
      contentsync stats acme/launch --json
      contentsync stats --csv figures.csv
    """
    project = context.project()
    found = operation.stats(project, posts)
    if csv:
        write_named(csv, view.table(found).encode(), project.root)
        text.tell(f"Wrote {text.many(sum(len(one.series) for one in found.posts), 'line')} to {csv}.")
    if json_:
        text.show_json(view.document(found))
    else:
        _show(found)
    return exits.DONE


def _show(found: Stats) -> None:
    if not found.posts:
        text.say("No post has a public video that contentsync knows of.")
        return
    head, *lines = aligned(_COLUMNS, [_row(one) for one in found.posts])
    text.say(text.style(head, bold=True))
    for line in lines:
        text.say(line)
    if not all(one.series for one in found.posts):
        text.tell("A post without figures: contentsync refresh --full-list reads those of all public videos.")


def _row(one: PostFigures) -> tuple[str, ...]:
    last = one.last
    if last is None:
        return ("-", "-", "-", "-", "-", "-", one.post)
    week = "-" if one.week is None else f"{one.week:+,}"
    counts = map(figure, (last.likes, last.comments, last.shares))
    return (figure(last.views), week, *counts, text.when(last.at), one.post)
