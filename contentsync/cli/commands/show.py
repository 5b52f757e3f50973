"""`contentsync show PLANFILE`: a saved plan as a person reads it, and whether it still holds."""

from __future__ import annotations

from pathlib import Path

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, as_markdown, as_page
from contentsync.cli.terminal import text
from contentsync.cli.terminal.pages import show_comment, write_page
from contentsync.cli.terminal.plan_text import show_plan
from contentsync.clock import SystemClock
from contentsync.errors import ManifestError
from contentsync.operations.show_plan import Shown, with_pictures
from contentsync.operations.show_plan import show as operation
from contentsync.plan.declaration import declarations
from contentsync.project import Project
from contentsync.visible import visible


@click.command()
@click.argument("planfile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@as_markdown
@as_page
@click.pass_obj
def show(context: Context, planfile: Path, json_: bool, markdown: bool, html: Path | None) -> int:
    """Show what is in PLANFILE, a plan saved by `plan --out`, and whether apply would still take it.

    Sends nothing and asks TikTok nothing. Within its project it also says whether the plan was used, or is of another
    state; elsewhere, whether it was altered or has expired. Exits 7 where it does not hold.

    \b
    Examples:
      contentsync show plan.json
      contentsync show plan.json --html plan.html
    """
    if json_ and markdown:
        raise click.UsageError("--json and --markdown both go to stdout: choose one")
    project = _project(context)
    shown = operation(planfile, project, project.clock.now() if project else SystemClock().now())
    text.show_problems(shown.preview.problems)
    if html:
        write_page(project.root if project else Path.cwd(), with_pictures(shown, project), html)
    if json_:
        from contentsync.views.shown_plan import document

        text.show_json(document(shown))
    elif markdown:
        show_comment(shown.preview)
    else:
        _show(shown, planfile)
    return exits.DONE if shown.holds else exits.STALE


def _project(context: Context) -> Project | None:
    """The project around the current folder; None if there is none."""
    try:
        return context.project()
    except ManifestError as err:
        if any(problem.code == "project-missing" for problem in err.problems):
            return None
        raise


def _show(shown: Shown, planfile: Path) -> None:
    plan = shown.preview.plan
    text.say(f"{visible(str(planfile))}: made {text.when(plan.created_at)}, good until {text.when(plan.expires_at)}")
    text.say(f"digest {shown.preview.digest}")
    text.say()
    text.show_problems(plan.notes)
    show_plan(plan, {}, shown.preview.zones, full=True)
    for sentence in declarations(plan.actions):
        text.say(f"\t{visible(sentence)}")
