"""`contentsync approve`: a person's yes, which `watch` and `apply --approved` need to send a post."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from contentsync.cli import complete, exits
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.left import has_state_trouble
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.asking import says_yes
from contentsync.cli.terminal.plan_text import show_plan
from contentsync.operations import approvals as operation
from contentsync.operations.approvals import Question
from contentsync.operations.selection import Wish
from contentsync.plan.declaration import declarations
from contentsync.project import Project
from contentsync.views import approvals as view
from contentsync.visible import visible

_NEXT = "`contentsync watch` and `contentsync apply --approved` send each when it is due."


@click.command()
@click.argument("posts", nargs=-1, metavar="[POST]...", shell_complete=complete.posts)
@click.option("--all", "all_", is_flag=True, help="All posts that are to be sent, now or later.")
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--revoke", is_flag=True, help="Take the approval of these posts back.")
@click.option("--list", "list_", is_flag=True, help="Only show what is approved, by whom, and what still holds.")
@as_json
@click.pass_obj
def approve(
    context: Context,
    posts: tuple[str, ...],
    all_: bool,
    auto_approve: bool,
    revoke: bool,
    list_: bool,
    json_: bool,
) -> int:
    """Show POSTs as the plan does, ask for yes, and record exactly what was approved.

    `watch` and `apply --approved` send these posts when they are due. An approval lapses when the account, a
    setting, the caption, a byte of the media or a time changes, when it is revoked, and once it was used. A POST is
    ACCOUNT/NAME, a name, or a glob of either.

    \b
    Examples:
      contentsync approve acme/launch
      contentsync approve --all
      contentsync approve --list
    """
    _check(posts, all_, auto_approve, revoke, list_, json_)
    project = context.project()
    try:
        if list_:
            return _list(project, json_)
        if revoke:
            return _revoke(project, ("*",) if all_ else posts)
        return _approve(project, posts, auto_approve)
    finally:
        project.close()


def _check(posts: tuple[str, ...], all_: bool, auto_approve: bool, revoke: bool, list_: bool, json_: bool) -> None:
    """Raise UsageError for options that make no sense together."""
    if json_ and not list_:
        raise click.UsageError("--json goes with --list")
    if list_:
        if posts or all_ or auto_approve or revoke:
            raise click.UsageError("--list shows every approval; nothing but --json goes with it")
        return
    if bool(posts) is all_:
        raise click.UsageError("name the posts, or give --all")
    if revoke and auto_approve:
        raise click.UsageError("--revoke does not ask: leave --auto-approve away")
    if not (revoke or auto_approve or sys.stdin.isatty()):
        raise click.UsageError("there is no terminal to ask at: give --auto-approve")


def _approve(project: Project, posts: tuple[str, ...], auto_approve: bool) -> int:
    asked = operation.question(project, Wish(only=posts))
    text.show_problems(asked.made.notes)
    show_failures(asked.made.failures)
    codes = [exits.of_error(err) or exits.FAILED for err in asked.made.failures.values()]
    if asked.made.faults or any(map(has_state_trouble, asked.blocked)):
        codes.append(exits.FAILED)
    if asked.blocked:
        codes.append(exits.HELD)
    for action in asked.blocked:
        text.tell(f"{action.post} can't be sent as it is: {visible(action.reason)}")
    if asked.approved:
        text.say(f"Approved already: {', '.join(asked.approved)}.")
    if not asked.actions:
        text.say("There is nothing to approve.")
        return exits.worst(codes)
    _show(asked)
    if not (auto_approve or says_yes(f"approve {text.many(len(asked.actions), 'post')} exactly as shown")):
        text.tell("Nothing was approved: the answer was not `yes`.")
        return exits.INTERRUPTED
    given = operation.record(project, asked.made, asked.actions, "auto-approve" if auto_approve else "terminal")
    text.say(f"Approved: {text.many(len(given), 'post')}. {_NEXT}")
    return exits.worst(codes)


def _show(asked: Question) -> None:
    made = asked.made
    show_plan(replace(made.plan, actions=asked.actions), made.posts, made.zones, full=True, failed=made.is_partial)
    for sentence in declarations(asked.actions):
        text.tell(sentence)


def _revoke(project: Project, globs: tuple[str, ...]) -> int:
    revoked = operation.revoke(project, globs)
    for one in revoked:
        text.say(f"{one.key}: its approval is revoked")
    if not revoked:
        text.say("No approval fits.")
    return exits.DONE


def _list(project: Project, json_: bool) -> int:
    found = operation.listed(project)
    if json_:
        text.show_json(view.document(found))
        return exits.DONE
    for one, problem in found:
        generation = f" (generation {one.generation})" if one.generation > 1 else ""
        stands = text.style(visible(problem.what), fg="yellow") if problem else text.style("valid", fg="green")
        text.say(f"{one.key}{generation}  {stands}; by {visible(one.who)}, {one.how}, {text.when(one.at)}")
    if not found:
        text.say("Nothing was approved.")
    return exits.DONE
