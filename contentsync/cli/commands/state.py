"""`contentsync state`: look into the state, and the few ways to change it by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from contentsync.cli import complete, exits
from contentsync.cli.commands.plan import show_failures
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, because, locking
from contentsync.cli.terminal import text
from contentsync.operations import migrate as moving
from contentsync.operations import rebuild as rebuilding
from contentsync.operations.backup import back_up
from contentsync.operations.edit_state import remove_row, rename_row, unpin_row
from contentsync.operations.rebuild import Rebuilt
from contentsync.operations.state_rows import row_of, shared_rows
from contentsync.times import in_words
from contentsync.views import rows, state_row
from contentsync.views.status import phase_of


@click.group()
def state() -> None:
    """Look into the state, and settle by hand what needs it."""


@state.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> int:
    """One line a post: key, phase, attempts, TikTok's id."""
    found = sorted(shared_rows(context.project()), key=lambda row: row.key)
    if json_:
        text.show_json(rows.document(found))
    for row in found if not json_ else ():
        removed = "  removed" if row.removed_at else ""
        attempts = text.many(len(row.attempts), "attempt")
        text.say(f"{row.key}  {phase_of(row)}  {attempts}  {row.post_id}{removed}".rstrip())
    return exits.DONE


@state.command()
@click.argument("post", shell_complete=complete.posts)
@as_json
@click.pass_obj
def show(context: Context, post: str, json_: bool) -> int:  # noqa: ARG001  (it shows nothing but JSON)
    """The row of POST with its attempts, as JSON. Upload URLs are left out: they hold a token."""
    text.show_json(state_row.document(row_of(context.project(), post)))
    return exits.DONE


@state.command()
@click.argument("post", shell_complete=complete.posts)
@click.argument("new")
@because
@locking
@click.pass_obj
def mv(context: Context, post: str, new: str, why: str, lock_timeout: float) -> int:
    """Give the row of POST the name NEW, where its manifest was renamed and the plan can't tell."""
    project = context.project()
    with project.lock(f"contentsync state mv {post}", lock_timeout):
        row = rename_row(project, post, new, why)
    text.say(f"{row.key}: moved")
    return exits.DONE


@state.command()
@click.argument("post", shell_complete=complete.posts)
@because
@locking
@click.pass_obj
def rm(context: Context, post: str, why: str, lock_timeout: float) -> int:
    """Forget POST. The video stays at TikTok; a tombstone keeps a returning manifest from posting it again."""
    project = context.project()
    with project.lock(f"contentsync state rm {post}", lock_timeout):
        row = remove_row(project, post, why)
    text.say(f"{row.key}: removed; a manifest of this name is blocked until its generation is {row.generation + 1}")
    return exits.DONE


@state.command()
@click.argument("post", shell_complete=complete.posts)
@locking
@click.pass_obj
def unpin(context: Context, post: str, lock_timeout: float) -> int:
    """Take the slot of POST back; the next apply gives it the next free slot."""
    project = context.project()
    with project.lock(f"contentsync state unpin {post}", lock_timeout):
        row = unpin_row(project, post)
    assert row.slot_at is not None  # else it would have been refused
    account = project.settings.accounts.get(row.account)
    slot = in_words(row.slot_at, account.timezone if account else "UTC", project.clock.now())
    text.say(f"{row.key}: gave up its slot, {slot}")
    return exits.DONE


@state.command()
@click.argument("post", required=False, shell_complete=complete.posts)
@as_json
@click.pass_obj
def history(context: Context, post: str | None, json_: bool) -> int:
    """Every transition, oldest first: when, who, what, with TikTok's log_id. Of POST, or of all."""
    project = context.project()
    uid = row_of(project, post).uid if post else None
    changes = project.reading_store.history(uid)
    if json_:
        text.show_json(state_row.history(changes))
        return exits.DONE
    zones = {name: account.timezone for name, account in project.settings.accounts.items()}
    for line in changes:
        text.say(_history_line(line, zones.get(line["post"].partition("/")[0], "")))
    return exits.DONE


def _history_line(line: dict[str, Any], zone: str) -> str:
    """One change. zone: the account's; empty for the project's."""
    before, after = line["phase_before"], line["phase_after"]
    change = f" {before or '·'} → {after}" if after and before != after else ""
    why = f"  “{line['detail']['why']}”" if line["detail"].get("why") else ""
    log = f"  log_id {line['log_id']}" if line["log_id"] else ""
    when = text.when(line["at"], zone, seconds=True)
    return f"{when}  {line['who']}  {line['post']}  {line['what']}{change}{why}{log}"


@state.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(context: Context, file: Path) -> int:
    """Copy the state to FILE, also while an apply runs, and prove that the copy is whole. Overwrites nothing."""
    counts = back_up(context.project(), file)
    told = ", ".join(f"{count} {table}" for table, count in counts.items())
    text.say(f"{file} written: {told}")
    return exits.DONE


@state.command()
@locking
@click.pass_obj
def rebuild(context: Context, lock_timeout: float) -> int:
    """Take in what the receipts and this machine's journal say, and ask TikTok what became of it."""
    project = context.project()
    try:
        with project.lock("contentsync state rebuild", lock_timeout):
            made, failures = rebuilding.rebuild(project)
    finally:
        project.close()
    for account in made:
        _show_rebuilt(account)
    show_failures(failures)
    if not made and not failures:
        text.say("Nothing to rebuild from: no receipt and no entry in this machine's journal names a post.")
    return exits.worst(exits.of_error(err) or exits.FAILED for err in failures.values())


def _show_rebuilt(account: Rebuilt) -> None:
    text.say(f"{account.account}: {text.many(len(account.rows), 'row')} made from receipts and the journal")
    for row in account.rows:
        text.say(f"  {row.key}  {phase_of(row)}  {row.post_id}".rstrip())
    for key in account.unused:
        text.say(f"  {key}: its evidence contradicts what is known, and was left out; the post stays blocked")
        text.say(f"    settle it: contentsync resolve {key} --published, --not-published or --keep")
    for key in account.without:
        text.say(f"  {key} has no receipt: it counts as new; if it was posted: contentsync resolve {key} --published")
    if account.unbound:
        count = text.many(len(account.unbound), "public video")
        text.say(f"  {count} belong to no post: contentsync import {account.account} lists them")


@state.command()
@click.argument("to")
@click.pass_obj
def migrate(context: Context, to: str) -> int:
    """Move the state to TO, written as in `state:`: git, git:REMOTE#BRANCH, or a file in the project.

    Every row is compared after the copy; then the old state is closed. Run it again after a crash.
    """
    done = moving.migrate(context.project(), to)
    if done.was_done:
        text.say(f"The state was moved to {done.place} before.")
    else:
        text.say(f"{text.many(done.posts, 'post')} moved to {done.place}, and verified; the old state is closed.")
    text.say(f"Next: write `state: {to}` in contentsync.yaml, and commit it.")
    return exits.DONE


@state.command()
@click.pass_obj
def unlock(context: Context) -> int:
    """Say who holds the apply lock; clear what a dead process left. The lock of a living one can't be broken."""
    with context.project().bare_lock("contentsync state unlock"):
        text.say("Nobody holds the lock.")
    return exits.DONE
