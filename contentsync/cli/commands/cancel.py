"""`contentsync cancel`: stop TikTok from fetching a post."""

from __future__ import annotations

import sys

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import locking, waiting
from contentsync.cli.terminal import text
from contentsync.cli.terminal.asking import says_yes
from contentsync.cli.terminal.interrupt import stoppable
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.operations import cancel as operation
from contentsync.operations.cancel import Cancelled

STOPPING = "stopping; what TikTok answered so far is on record. Press again to leave now\n"


@click.command()
@click.argument("post", shell_complete=complete.posts)
@click.option("--auto-approve", "--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@waiting(60.0, "Look once.")
@locking
@click.pass_obj
def cancel(context: Context, post: str, auto_approve: bool, wait: float, lock_timeout: float) -> int:
    """Stop TikTok's download of POST: of photos, or of a video by its URL.

    TikTok cancels no upload from here, and nothing that is processed or published already; then this says so. A
    cancelled post stays blocked until: contentsync apply --retry POST.

    \b
    Examples:
      contentsync cancel acme/album
    """
    project = context.project()
    try:
        row = operation.find(project, post)
        if not auto_approve:
            _confirm(row.key)
        with project.lock(f"contentsync cancel {row.key}", lock_timeout), stoppable(said=STOPPING) as stop:
            done = operation.cancel(project, row, wait, stop)
    finally:
        project.close()
    _show(done)
    return exits.INTERRUPTED if stop.is_set() and not done.is_cancelled else _code(done)


def _confirm(key: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: give --auto-approve")
    if not says_yes(f"cancel {key} at TikTok"):
        raise click.Abort


def _show(done: Cancelled) -> None:
    attempt = done.attempt
    if done.is_cancelled:
        text.say(f"{done.row.key}: cancelled; nothing of it is published")
        text.tell(f"It is not sent again until you run: contentsync apply --retry {done.row.key}")
        return
    post_id = f" as {done.row.post_id}" if done.row.post_id else ""
    text.say(f"{done.row.key}: not cancelled; it is {attempt.phase}{post_id}")
    if done.problem is not None:
        for line in text.problem_lines(done.problem):
            text.tell(line)
    if attempt.phase is Phase.PROCESSING:
        text.tell(f"It is not final; to follow it: contentsync status {done.row.key} --wait 10m")
    if attempt.phase in SUCCESS:
        text.tell("A published post can be deleted in TikTok's app only.")


def _code(done: Cancelled) -> int:
    if done.is_cancelled:
        return exits.DONE
    if done.sign_in:
        return exits.SIGN_IN
    if done.attempt.phase is Phase.UNKNOWN:
        return exits.UNKNOWN
    waits = done.asked and done.problem is None and done.attempt.phase is Phase.PROCESSING
    return exits.NOT_FINAL if waits else exits.FAILED
