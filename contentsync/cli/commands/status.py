"""`contentsync status`: where each post stands, asked at TikTok where that may have changed."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterable, Mapping

import click

from contentsync.cli import complete, exits, left
from contentsync.cli.collector import resting_collector
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.duration import DURATION
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, selecting, waiting
from contentsync.cli.terminal import text
from contentsync.cli.terminal.interrupt import outliving_output, stoppable
from contentsync.cli.terminal.notifying import Notifying
from contentsync.cli.terminal.status_lines import StatusLines
from contentsync.errors import ContentsyncError
from contentsync.lifecycle import Phase
from contentsync.operations.selection import Wish
from contentsync.operations.status import decided_now, differing, look, usernames
from contentsync.plan.action import Action
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.views import status as view
from contentsync.views.status import standing
from contentsync.visible import visible

MANY = 20  # posts from which on they are counted at the end, as nobody counts so many lines
SHORTEST = 0.2  # seconds between two looks, at least
_CODES = {
    Phase.FAILED: exits.FAILED,
    Phase.UNKNOWN: exits.UNKNOWN,
    Phase.PROCESSING: exits.NOT_FINAL,
    Phase.UPLOADING: exits.NOT_FINAL,
    Phase.INTENT: exits.NOT_FINAL,
}


@click.command()
@click.argument("posts", nargs=-1, metavar="[POST]...", shell_complete=complete.posts)
@as_json
@waiting(0.0, "Ask once, which is the default.")
@click.option(
    "--watch", is_flag=True, help="Keep showing the posts as state and manifests change; TikTok is not asked."
)
@click.option("--interval", type=DURATION, default=None, help="With --watch: the time between two looks; 2s.")
@click.option("--full", is_flag=True, help="List every post, where more than twenty alike would fold into one line.")
@click.option("--exit-code", is_flag=True, help="Also exit 5 where a post is blocked or missed its window.")
@selecting
@click.pass_obj
@resting_collector()
def status(
    context: Context,
    posts: tuple[str, ...],
    json_: bool,
    wait: float,
    watch: bool,
    interval: float | None,
    full: bool,
    exit_code: bool,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    accounts: tuple[str, ...],
) -> int:
    """Show the state of each post: its phase, when it is due, what blocks it.

    TikTok is asked about what is open, and about post ids that came late.

    A POST is ACCOUNT/NAME, a name, or a glob of either. Exits 3 while TikTok is not done with one, 4 for an
    unknown one, 1 for a failed one. With --exit-code, 5 where only a person can fix what stands in a post's way.

    \b
    Examples:
      contentsync status
      contentsync status acme/launch --wait 10m
      contentsync status --account acme --json
      contentsync status --watch
    """
    if watch:
        return _watch(context.project(), Wish((*only, *posts), exclude, accounts), interval or 2.0, json_)
    if interval is not None:
        raise click.UsageError("--interval goes with --watch")
    project = context.project()
    notifying = Notifying(project)
    try:
        wish = Wish((*only, *posts), exclude, accounts)
        looked = look(project, wish, wait)
        found, failures = looked.rows, looked.failures
        made = decided_now(project, wish)
        plans = {action.post: action for action in made.plan.actions}
    finally:
        project.close()
    show_failures(failures)
    handles, pauses = usernames(project), project.reading_store.pauses.all()
    differs = differing(project, found.values())
    zones = {name: account.timezone for name, account in project.settings.accounts.items()}
    if json_:
        text.show_json(view.document(found, handles, plans, pauses, differs, looked.notes))
    else:
        for pause in pauses:
            name = f"{pause.account}: " if pause.account else ""
            said = visible(pause.said(zones.get(pause.account) or text.shown_zone()))
            text.say(text.style(f"⏸ {name}{said}; to end it: {pause.ends_by}", fg="yellow"))
        lines = StatusLines(zones, handles, project.clock.now(), looked.notes)
        _show(lines.listing(found, plans, differs, full=full), found, plans)
    notifying.tell(made)
    needed = {row.account for row in found.values() if row and row.last and row.last.phase in _CODES}
    needed |= {name for name, err in failures.items() if any(p.code == "access-removed" for p in err.problems)}
    codes = [*_codes(found), *(_code(err) for name, err in failures.items() if name in needed)]
    return exits.worst([*codes, *(left.for_a_person(plans.values()) if exit_code else ())])


def _watch(project: Project, wish: Wish, interval: float, json_: bool) -> int:
    """Show the posts until Ctrl-C or SIGTERM."""
    from contentsync.cli.terminal.live_status import LiveStatus

    with outliving_output(), stoppable(said="") as stop:
        LiveStatus(project, wish, json_=json_).run(stop, max(interval, SHORTEST))
        return exits.DONE if stop.by == signal.SIGTERM else exits.INTERRUPTED


def _code(err: ContentsyncError) -> int:
    return exits.of_error(err) or exits.FAILED


def _codes(found: dict[str, PostState | None]) -> list[int]:
    phases = [row.last.phase for row in found.values() if row and row.last]
    return [_CODES.get(phase, exits.DONE) for phase in phases]


def _show(lines: Iterable[str], found: Mapping[str, PostState | None], plans: Mapping[str, Action]) -> None:
    if not found:
        text.say("No posts.")
        return
    for line in lines:
        text.say(line)
    if len(found) > MANY:
        counted = Counter(standing(row, plans.get(key)) for key, row in found.items())
        told = ", ".join(f"{count} {where}" for where, count in counted.most_common())
        text.say(f"{text.many(len(found), 'post')}: {told}.")
