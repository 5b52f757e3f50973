"""`contentsync status`: where each post stands, asked at TikTok where that may have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import click

from contentsync.cli import complete, exits, left
from contentsync.cli.collector import resting_collector
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, selecting, waiting
from contentsync.cli.terminal import text
from contentsync.cli.terminal.notifying import Notifying
from contentsync.cli.terminal.once import Once
from contentsync.errors import ContentsyncError
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.operations.selection import Wish
from contentsync.operations.status import decided_now, look, usernames
from contentsync.plan.action import Action, Kind
from contentsync.post import PostState
from contentsync.times import from_now, in_words
from contentsync.views import status as view
from contentsync.views.status import standing, url_of
from contentsync.visible import visible

MANY = 20  # posts from which on they are counted at the end, as nobody counts so many lines
_COLOURS = {
    "published": "green",
    "delivered": "green",
    "failed": "red",
    "blocked": "red",
    "missed": "red",
    "unknown": "magenta",
    "waiting": "blue",
}
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
@click.option("--exit-code", is_flag=True, help="Also exit 5 where a post is blocked or missed its window.")
@selecting
@click.pass_obj
@resting_collector()
def status(
    context: Context,
    posts: tuple[str, ...],
    json_: bool,
    wait: float,
    exit_code: bool,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    accounts: tuple[str, ...],
) -> int:
    """Show where each post stands: its phase, when it is due, what stands in its way.

    TikTok is asked about what is open, and about post ids that came late.

    A POST is ACCOUNT/NAME, a name, or a glob of either. Exits 3 while TikTok is not done with one, 4 for an
    unknown one, 1 for a failed one. With --exit-code, 5 where only a person can fix what stands in a post's way.

    \b
    Examples:
      contentsync status
      contentsync status acme/launch --wait 10m
      contentsync status --account acme --json
    """
    project = context.project()
    notifying = Notifying(project)
    try:
        wish = Wish((*only, *posts), exclude, accounts)
        found, failures = look(project, wish, wait)
        made = decided_now(project, wish)
        plans = {action.post: action for action in made.plan.actions}
    finally:
        project.close()
    show_failures(failures)
    handles, pauses = usernames(project), project.reading_store.pauses.all()
    zones = {name: account.timezone for name, account in project.settings.accounts.items()}
    if json_:
        text.show_json(view.document(found, handles, plans, pauses))
    else:
        for pause in pauses:
            name = f"{pause.account}: " if pause.account else ""
            said = visible(pause.said(zones.get(pause.account) or text.shown_zone()))
            text.say(text.style(f"⏸ {name}{said}; to end it: {pause.ends_by}", fg="yellow"))
        _Shown(zones, handles, project.clock.now()).show(found, plans)
    notifying.tell(made)
    needed = {row.account for row in found.values() if row and row.last and row.last.phase in _CODES}
    needed |= {name for name, err in failures.items() if any(p.code == "access-removed" for p in err.problems)}
    codes = [*_codes(found), *(_code(err) for name, err in failures.items() if name in needed)]
    return exits.worst([*codes, *(left.for_a_person(plans.values()) if exit_code else ())])


def _code(err: ContentsyncError) -> int:
    return exits.of_error(err) or exits.FAILED


def _codes(found: dict[str, PostState | None]) -> list[int]:
    phases = [row.last.phase for row in found.values() if row and row.last]
    return [_CODES.get(phase, exits.DONE) for phase in phases]


class _Shown:
    """The posts as lines. zones: the IANA name of each account's zone."""

    def __init__(self, zones: Mapping[str, str], usernames: dict[str, str], now: datetime) -> None:
        self._zones, self._usernames, self._now = zones, usernames, now

    def show(self, found: Mapping[str, PostState | None], plans: Mapping[str, Action]) -> None:
        if not found:
            text.say("No posts.")
            return
        width = min(44, max(map(len, found)))
        once, counted = Once(), Counter[str]()
        for key, row in found.items():
            action = plans.get(key)
            where = standing(row, action)
            counted[where] += 1
            word = text.style(where, fg=_COLOURS.get(where)) + " " * (10 - len(where))
            text.say(f"{key:<{width}}  {word}  {self._facts(key, row, action)}".rstrip())
            for line in _below(row, action, once):
                text.say(line)
        if len(found) > MANY:
            told = ", ".join(f"{count} {where}" for where, count in counted.most_common())
            text.say(f"{text.many(len(found), 'post')}: {told}.")

    def _facts(self, key: str, row: PostState | None, action: Action | None) -> str:
        """When it changed, or is due; and where it is to be seen."""
        zone = self._zones.get(key.partition("/")[0], "UTC")
        last = row.last if row else None
        facts = [in_words(last.updated_at, zone, self._now)] if last else []
        if action and action.kind is Kind.WAIT:
            due = from_now(action.due_at, zone, self._now) if action.due_at else ""
            facts.append(f"next try {due}" if due and action.left else due or visible(action.reason))
        elif action and action.kind is Kind.CREATE:
            facts.append("the next apply sends it")
        link = url_of(row, self._usernames) or (row.post_id if row else "")
        return "  ".join(filter(None, [*facts, visible(link)]))


def _below(row: PostState | None, action: Action | None, once: Once) -> Iterator[str]:
    """What stands in its way, with what fixes it; what concerns its whole account at the first post of it only."""
    blockers = action.blockers if action else ()
    for problem in blockers:
        if action and not once.is_new(action.account, problem):
            yield f"    as {action.account}'s first post above [{problem.code}]"
            continue
        yield f"    {visible(problem.what)} [{problem.code}]"
        if problem.hint:
            yield f"    hint:\t{visible(problem.hint)}"
    last = row.last if row else None
    if last and last.problem_what and last.phase not in SUCCESS and not blockers:
        yield f"    {visible(last.problem_what)} [{last.problem_code}]"
    if action and action.kind in {Kind.FROZEN, Kind.DRIFT}:
        yield f"    {visible(action.reason)}; see: contentsync plan"
