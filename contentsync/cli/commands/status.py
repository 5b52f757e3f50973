"""`contentsync status`: where each post stands, asked at TikTok where that may have changed."""

from __future__ import annotations

import click

from contentsync.cli import exits
from contentsync.cli.collector import resting_collector
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, selecting, waiting
from contentsync.cli.terminal import text
from contentsync.errors import ContentsyncError
from contentsync.lifecycle import Phase
from contentsync.operations.selection import Wish
from contentsync.operations.status import look, usernames
from contentsync.post import PostState
from contentsync.views import status as view
from contentsync.views.status import phase_of, url_of
from contentsync.visible import visible

_COLOURS = {Phase.PUBLISHED: "green", Phase.DELIVERED: "green", Phase.FAILED: "red", Phase.UNKNOWN: "magenta"}
_CODES = {
    Phase.FAILED: exits.FAILED,
    Phase.UNKNOWN: exits.UNKNOWN,
    Phase.PROCESSING: exits.NOT_FINAL,
    Phase.UPLOADING: exits.NOT_FINAL,
    Phase.INTENT: exits.NOT_FINAL,
}


@click.command()
@click.argument("posts", nargs=-1, metavar="[POST]...")
@as_json
@waiting(0.0)
@selecting
@click.pass_obj
@resting_collector()
def status(
    context: Context,
    posts: tuple[str, ...],
    json_: bool,
    wait: float,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    accounts: tuple[str, ...],
) -> int:
    """Show where each post stands; asks TikTok about what is open, and about post ids that came late.

    A POST is ACCOUNT/NAME, a name, or a glob of either. Exits 3 while TikTok is not done with one, 4 for an
    unknown one, 1 for a failed one.
    """
    project = context.project()
    try:
        found, failures = look(project, Wish((*only, *posts), exclude, accounts), wait)
    finally:
        project.close()
    show_failures(failures)
    handles, pauses = usernames(project), project.reading_store.pauses.all()
    if json_:
        text.show_json(view.document(found, handles, pauses))
    else:
        for pause in pauses:
            name = f"{pause.account}: " if pause.account else ""
            text.say(text.style(f"⏸ {name}{visible(pause.said)}; to end it: {pause.ends_by}", fg="yellow"))
        _show(found, handles)
    needed = {row.account for row in found.values() if row and row.last and row.last.phase in _CODES}
    needed |= {name for name, err in failures.items() if any(p.code == "access-removed" for p in err.problems)}
    return exits.worst([*_codes(found), *(_code(err) for name, err in failures.items() if name in needed)])


def _code(err: ContentsyncError) -> int:
    return exits.of_error(err) or exits.FAILED


def _codes(found: dict[str, PostState | None]) -> list[int]:
    phases = [row.last.phase for row in found.values() if row and row.last]
    return [_CODES.get(phase, exits.DONE) for phase in phases]


def _show(found: dict[str, PostState | None], usernames: dict[str, str]) -> None:
    if not found:
        text.say("No posts.")
        return
    width = min(44, max(map(len, found)))
    for key, row in found.items():
        last = row.last if row else None
        phase = phase_of(row)
        colour = _COLOURS.get(last.phase) if last else None
        facts = [text.when(last.updated_at)] if last else []
        facts += [url_of(row, usernames) or (row.post_id if row else "")]
        text.say(
            f"{key:<{width}}  {text.style(f'{phase:<10}', fg=colour)}  {'  '.join(filter(None, facts))}".rstrip()
        )
        if last and last.problem_what and phase not in {"published", "delivered"}:
            text.say(f"  {visible(last.problem_what)} [{last.problem_code}]")
