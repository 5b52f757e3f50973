"""`contentsync handover`: what the creator pastes and chooses in TikTok's app to finish a draft."""

from __future__ import annotations

from pathlib import Path

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, as_page
from contentsync.cli.terminal import text
from contentsync.operations.handover import Waiting
from contentsync.operations.handover import handovers as operation
from contentsync.visible import visible, visible_lines


@click.command()
@click.argument("posts", nargs=-1, metavar="[POST]...", shell_complete=complete.posts)
@as_json
@as_page
@click.option("--qr", is_flag=True, help="Draw each caption as a QR code; with --html on the page only.")
@click.pass_obj
def handover(context: Context, posts: tuple[str, ...], json_: bool, html: Path | None, qr: bool) -> int:
    """Show what the creator pastes and chooses in TikTok's app to finish a draft.

    Without POST: the drafts that are in an inbox and that TikTok does not report as posted. Reads manifests and
    state, and asks TikTok nothing: `contentsync status` does. A POST is ACCOUNT/NAME, a name, or a glob of either.

    \b
    Examples:
      contentsync handover
      contentsync handover acme/launch --qr
      contentsync handover --html drafts.html
    """
    project = context.project()
    found = operation(project, posts)
    if html:
        from contentsync.cli.terminal.pages import write
        from contentsync.views.handover_page import page

        write(project.root, page(found, project.clock.now(), with_codes=qr), html)
    if json_:
        from contentsync.views.handover import document

        text.show_json(document(found))
        return exits.DONE
    for number, one in enumerate(found):
        if number:
            text.say()
        _show(one, qr and not html)
    if not found:
        text.say("No draft waits in an inbox, as far as is known. To ask TikTok: contentsync status")
    return exits.DONE


def _show(one: Waiting, qr: bool) -> None:
    text.say(f"{text.style(visible(one.post), bold=True)}\t{_stands(one)}")
    if one.is_changed:
        text.say("  The media in the manifest have changed since this draft was sent: the draft has the old ones.")
    told = one.handover
    if told is None:
        text.say("  Its manifest is gone or has errors, so there is nothing to paste.")
        return
    for name, value in (("title", told.title), ("caption", told.caption)):
        if value:
            text.say(f"  {'TikTok has this' if told.has_texts else 'Paste this'} {name}:")
            text.say()
            text.put(visible_lines(value))
            text.say()
    if qr and told.caption:
        _show_code(told.caption)
    text.say("  Choose:")
    for choice in told.choices:
        text.say(f"    [ ] {choice.label}:\t{choice.value}")


def _stands(one: Waiting) -> str:
    if one.delivered_at is None:
        return "not in an inbox yet"
    whose = f" of {visible(one.creator)}" if one.creator else ""
    return f"in the inbox{whose} since {text.when(one.delivered_at, one.timezone)}"


def _show_code(caption: str) -> None:
    from contentsync.views import qr

    code = qr.modules(caption)
    if code is None:
        text.say(f"  The caption is longer than a QR code can be ({qr.MOST:,} bytes): use --html.")
    elif len(code) > text.width():
        text.say(f"  The QR code needs {len(code)} columns, and the terminal has {text.width()}: use --html.")
    else:
        for line in qr.lines(code):
            text.put(text.style(line, fg="white", bg="black"))
        text.say()
