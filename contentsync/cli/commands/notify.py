"""`contentsync notify test`: does a notice reach its recipients?"""

from __future__ import annotations

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.operations.notify import try_out
from contentsync.views import notify as view


@click.group()
def notify() -> None:
    """Test the recipients that `notify` in contentsync.yaml names."""


@notify.command()
@as_json
@click.pass_obj
def test(context: Context, json_: bool) -> int:
    """Send a test message to every recipient, and say what became of it.

    Exits 1 where one was not reached.
    """
    project = context.project()
    tested = try_out(project)
    if json_:
        text.show_json(view.document(tested))
    else:
        for one in tested:
            mark, said = ("✗", f"not sent: {one.why}") if one.why else ("✓", "sent")
            text.say(f"{text.style(mark, fg='red' if one.why else 'green')} {one.recipient.name}: {said}")
            if one.recipient.refused:
                text.say(f"    hint:\t{one.recipient.refused.hint}")
        if not tested:
            text.say("No notices are sent: contentsync.yaml has no notify. See docs/notify.md.")
    return exits.FAILED if any(one.why for one in tested) else exits.DONE
