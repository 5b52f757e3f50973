"""`contentsync plan`: what apply would do. Calls read endpoints only."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contentsync.cli import exits
from contentsync.cli.collector import resting_collector
from contentsync.cli.main import Context
from contentsync.cli.options import allowing, as_json, as_markdown, as_page, selecting, strict
from contentsync.cli.terminal import pages, text
from contentsync.clock import SystemClock
from contentsync.errors import ContentsyncError
from contentsync.operations.nothing_to_do import Answer, NothingToDo
from contentsync.visible import visible

# A plan that finds nothing new imports neither the planner nor what it is shown with.
if TYPE_CHECKING:
    from contentsync.operations.plan import Made
    from contentsync.operations.preview import Preview
    from contentsync.operations.selection import Wish
    from contentsync.plan.action import Plan
    from contentsync.project import Project


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan for `apply FILE`.")
@as_json
@as_markdown
@as_page
@click.option("--full", is_flag=True, help="List every action, where more than twenty would fold into one line.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit 2 where apply would do something; 4, 1 or 5 for what it would leave.",
)
@click.option("--no-refresh", is_flag=True, help="No network and no token: from manifests and state alone.")
@click.option("--full-list", is_flag=True, help="Read TikTok's whole public list, not only what is new in it.")
@allowing
@selecting
@strict
@click.pass_obj
@resting_collector()
def plan(
    context: Context,
    out: Path | None,
    json_: bool,
    markdown: bool,
    html: Path | None,
    full: bool,
    detailed_exitcode: bool,
    no_refresh: bool,
    full_list: bool,
    allow: tuple[str, ...],
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    accounts: tuple[str, ...],
    strict: bool,
) -> int:
    """Show what apply would do, with a reason for each line.

    TikTok is asked who each account is, what it may post, which public videos it has, and what became of open
    attempts; nothing is sent. Exits 0 whatever the plan shows, save 1 for invalid input and 8 for a sign-in problem.

    \b
    Examples:
      contentsync plan
      contentsync plan --out plan.json
      contentsync plan --no-refresh --only 'acme/*'
      contentsync plan --json --detailed-exitcode
    """
    if json_ and markdown:
        raise click.UsageError("--json and --markdown both go to stdout: choose one")
    still = NothingToDo.around(Path(), context.environ, SystemClock(), only_reads=no_refresh)
    is_bare = no_refresh and not (only or exclude or accounts or json_ or markdown or html or out or allow)
    if still and is_bare and (answer := still.answer()):
        return _show_answer(answer)
    from contentsync.operations.selection import Wish

    project = context.project()
    wish = Wish(only, exclude, accounts, allow, refresh=not no_refresh, full_list=full_list, strict=strict)
    made = _made(project, wish, still)
    text.show_problems(made.notes)
    show_failures(made.failures)
    if json_:
        _show_json(made.plan)
    elif markdown:
        pages.show_comment(_preview(project, made))
    else:
        _show(made, full)
    if html:
        pages.write_page(project.root, _preview(project, made, with_pictures=True), html)
    if out:
        _save(project, made.plan, out)
    codes = [exits.of_error(err) or exits.FAILED for err in made.failures.values()]
    if made.faults:
        codes.append(exits.FAILED)
    if detailed_exitcode:
        from contentsync.cli import left

        codes += left.undone(made.plan.actions)
        codes += [exits.CHANGES] if made.plan.does_something else []
    return exits.worst(codes)


def _made(project: Project, wish: Wish, still: NothingToDo | None) -> Made:
    from contentsync.operations.plan import make_plan

    try:
        return make_plan(project, wish, still)
    finally:
        project.close()


def _show_answer(answer: Answer) -> int:
    text.show_problems(answer.notes)
    text.nothing_to_do(answer.unchanged)
    return exits.DONE


def _show(made: Made, full: bool) -> None:
    from contentsync.cli.terminal.plan_text import show_plan
    from contentsync.plan.declaration import declarations

    show_plan(made.plan, made.posts, made.zones, full=full, failed=made.is_partial)
    for sentence in declarations(made.plan.actions):
        text.say(f"\t{sentence}")


def _show_json(made: Plan) -> None:
    from contentsync import __version__
    from contentsync.plan import planfile

    text.show_json(planfile.as_json(made, __version__))


def _preview(project: Project, made: Made, *, with_pictures: bool = False) -> Preview:
    from contentsync.operations.preview import preview

    return preview(project, made, with_pictures=with_pictures)


def _save(project: Project, made: Plan, out: Path) -> None:
    """Write the plan to its file; say where it is, and what may be done with it."""
    from contentsync.operations.saved_plan import save_plan

    save_plan(project, made, out)
    text.tell(f"Saved to {visible(str(out))}, good until {text.when(made.expires_at)}.")
    if made.does_something:
        text.tell(f"To carry out exactly this plan: contentsync apply {visible(shlex.quote(str(out)))}")


def show_failures(failures: dict[str, ContentsyncError]) -> None:
    """The accounts that could not be asked: their posts are not in the plan."""
    for name, err in failures.items():
        text.tell(f"account {name} is left out:")
        text.show_problems([problem.addressed(name) for problem in err.problems])
