"""`contentsync import-csv`: a spreadsheet to manifests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import proposal_table, text
from contentsync.cli.terminal.asking import says_yes
from contentsync.importers.dates import Order
from contentsync.operations import import_posts as operation
from contentsync.operations.draft_files import Choices
from contentsync.operations.drafting import Entry
from contentsync.operations.import_posts import FOREIGN, Proposal, Source
from contentsync.project import Project
from contentsync.views import imported as view

_FOLDER = click.Path(file_okay=False, exists=True, path_type=Path)


@click.command(name="import-csv")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from", "source", type=click.Choice([one.value for one in Source]), default="csv", help="What FILE comes from."
)
@click.option(
    "--account", default="", metavar="NAME", shell_complete=complete.accounts, help="Where FILE names none."
)
@click.option("--privacy", default="", metavar="WORD", help="For rows that do not say; there is no default.")
@click.option("--mode", default="", metavar="WORD", help="direct or draft, for rows that do not say.")
@click.option("--media", type=_FOLDER, metavar="DIR", help="Where the files are; else beside FILE, or in posts.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write here.")
@click.option(
    "--dates", type=click.Choice([one.value for one in Order]), help="How dates such as 3/4/2026 are meant."
)
@click.option("--markdown", is_flag=True, help="Write Markdown, with the caption as its text.")
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@as_json
@click.pass_obj
def import_csv(
    context: Context,
    file: Path,
    source: str,
    account: str,
    privacy: str,
    mode: str,
    media: Path | None,
    into: Path | None,
    dates: str | None,
    markdown: bool,
    auto_approve: bool,
    json_: bool,
) -> int:
    """Make a manifest of each row of a spreadsheet: show them all, ask for yes, and write them.

    FILE is a CSV file with a row of headings: name, account, file, caption, publish_at, privacy, allow, hashtags, …
    Every bad row is shown with its line, column and reason, and is left out. No file is overwritten; run it again
    after a correction, and it writes what is missing. Nothing is sent.

    \b
    Examples:
      contentsync import-csv december.csv
      contentsync import-csv december.csv --dates day-first --markdown
      contentsync import-csv posts.json --from postiz --account acme --media downloads
    """
    project = context.project()
    choices = Choices(account, privacy, mode, media, into, markdown, Source(source) in FOREIGN)
    proposal = operation.propose(project, file, Source(source), Order(dates) if dates else None, choices)
    if json_:
        written = [entry.file for entry in operation.carry_out(project, proposal)] if auto_approve else []
        text.show_json(view.document(proposal, written))
        return _code(proposal)
    _show(project, proposal)
    if not proposal.to_write:
        text.say("There is nothing to write.")
        return _code(proposal)
    what = text.many(len(proposal.to_write), "manifest")
    if not (auto_approve or sys.stdin.isatty()):
        raise click.UsageError(
            f"nothing was written, since there is no terminal to ask at: --auto-approve writes {what}"
        )
    if not (auto_approve or says_yes(f"write {what}")):
        text.tell("Nothing was written: the answer was not `yes`.")
        return exits.INTERRUPTED
    written = [entry.file for entry in operation.carry_out(project, proposal)]
    text.say(f"Written: {text.many(len(written), 'manifest')}. Next: contentsync plan")
    return _code(proposal)


def _code(proposal: Proposal) -> int:
    return exits.FAILED if proposal.has_errors else exits.DONE


def _show(project: Project, proposal: Proposal) -> None:
    if proposal.to_write:
        rows = [_row(project, entry) for entry in proposal.to_write]
        for line in proposal_table.lines(rows, text.width() if sys.stdout.isatty() else None):
            text.say(line)
    if proposal.there:
        text.say(f"Written already, and the same: {text.many(len(proposal.there), 'manifest')}.")
    text.show_problems([*proposal.problems, *(problem for entry in proposal.entries for problem in entry.problems)])
    if proposal.bad:
        they = "it is, and is" if len(proposal.bad) == 1 else "they are, and are"
        text.tell(f"{text.many(len(proposal.bad), 'row')} can't be used as {they} left out.")


def _row(project: Project, entry: Entry) -> list[str]:
    caption = str(entry.values.get("caption", ""))
    post = ", ".join(entry.keys)
    return [str(entry.draft.where.line), post, entry.file, _when(project, entry), ", ".join(_how(entry)), caption]


def _when(project: Project, entry: Entry) -> str:
    if not entry.posts:
        return ""
    post = entry.posts[0]
    if post.hold:
        return "held"
    if post.next_slot:
        return "next slot"
    zone = project.settings.accounts[post.account].timezone
    return text.when(post.publish_at, zone) if post.publish_at else "at the next apply"


def _how(entry: Entry) -> Iterator[str]:
    """What becomes of the post, in words."""
    for post in entry.posts[:1]:
        yield str(post.mode)
        if post.privacy:
            yield str(post.privacy)
