"""`contentsync new`: a manifest from a clip or photos, by questions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import questions, text
from contentsync.cli.terminal.asking import says_yes
from contentsync.errors import Problem, UsageError
from contentsync.importers.dates import publish_time
from contentsync.manifest.scalars import ScalarError
from contentsync.manifest.wording import listed, shown
from contentsync.manifest.writer import Value
from contentsync.operations import import_posts, new_post
from contentsync.operations.drafting import Entry
from contentsync.operations.new_post import Asked
from contentsync.project import Project
from contentsync.views import imported as view
from contentsync.visible import visible, visible_lines

_NAMED: Final = 7  # manifests that the last lines name


def _words(key: str) -> click.Choice[str]:
    return click.Choice(questions.WORDS[key])


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path))
@click.option("--account", metavar="NAME", shell_complete=complete.accounts, help="Which account posts it.")
@click.option("--name", metavar="NAME", help="The post's name; from the file's own name unless given.")
@click.option("--caption", metavar="TEXT", help="The caption.")
@click.option("--title", metavar="TEXT", help="The title of photos.")
@click.option("--mode", type=_words("mode"), help="What it does, where it is not what the account does.")
@click.option("--privacy", type=_words("privacy"), help="Who may see it. There is no default.")
@click.option("--allow", multiple=True, type=_words("allow"), help="What viewers may do. Repeatable.")
@click.option("--disclosure", multiple=True, type=_words("disclosure"), help="What it advertises. Repeatable.")
@click.option("--ai-generated", is_flag=True, help="TikTok shows its AI-generated label.")
@click.option("--publish-at", metavar="TIME", help="2026-12-01 09:00, or next-slot.")
@click.option("--hold", is_flag=True, help="The post waits until you remove this from its manifest.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write it here.")
@click.option("--markdown", is_flag=True, help="Write Markdown, with the caption as its text.")
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@as_json
@click.pass_obj
def new(
    context: Context,
    /,
    files: tuple[Path, ...],
    into: Path | None,
    markdown: bool,
    auto_approve: bool,
    json_: bool,
    **given: Any,
) -> int:
    """Make a manifest for FILE: a video, photos, or a folder of photos. Several videos get a manifest each.

    On a terminal it asks for what is not given, shows the manifest, and writes it after your yes. Elsewhere every
    value that is needed must be given. The manifest lies beside FILE. No file is overwritten, and nothing is sent.

    \b
    Examples:
      contentsync new posts/clip.mp4
      contentsync new posts/trip
      contentsync new posts/june/*.mp4 --publish-at next-slot --privacy everyone --auto-approve
      contentsync new posts/clip.mp4 --account acme --privacy only_me --publish-at next-slot --auto-approve
    """
    asks = sys.stdin.isatty() and not (auto_approve or json_)
    if not (asks or auto_approve or json_):
        raise click.UsageError("there is no terminal to ask at: give --auto-approve")
    posts = new_post.posts_of(files)
    if len(posts) > 1 and given["name"]:
        raise click.UsageError(f"--name is for one post, and each of these {len(posts)} videos becomes one")
    project = context.project()
    asked = [new_post.with_sure_answers(project, Asked(mine, _values(given), into, markdown)) for mine in posts]
    if asks:
        return _ask_all(project, asked, {key for key, value in given.items() if value})
    for one in asked:
        _refuse_lacking(project, one)
    entries = new_post.drafts(project, asked)
    if json_:
        return _as_json(project, entries, auto_approve)
    written = _Written(project, len(entries), auto_approve=True)
    codes = [written.finish(entry) for entry in entries]
    written.sum_up()
    return exits.worst(codes)


def _ask_all(project: Project, asked: list[Asked], known: set[str]) -> int:
    """Ask about one post after the other. known: the keys that were given."""
    written = _Written(project, len(asked), auto_approve=False)
    codes = [_ask(project, one, known, written) for one in asked]
    written.sum_up()
    return exits.worst(codes)


def _ask(project: Project, asked: Asked, known: set[str], written: _Written) -> int:
    """Ask for what is not given, and write the manifest."""
    if problems := new_post.media_refused(project, asked.files):
        written.refuse(str(asked.files[0]), problems)
        text.tell("Nothing was asked or written: TikTok would not take this file.")
        return exits.FAILED
    asked = questions.answered(project, asked, known)
    _refuse_lacking(project, asked)
    return written.finish(new_post.drafts(project, [asked])[0])


def _values(given: dict[str, Any]) -> dict[str, Value]:
    """The options as keys of a manifest."""
    values: dict[str, Value] = {}
    for key, value in given.items():
        if not value:
            continue
        if key == "publish_at":
            values[key] = _moment(value)
        else:
            values[key] = list(value) if isinstance(value, tuple) else value
    return values


def _moment(told: str) -> str:
    try:
        return publish_time(told, None)
    except ScalarError as err:
        phrase = err.phrase.replace("{shown}", shown(told))
        raise click.UsageError(f"--publish-at {phrase}; write it like 2026-12-01 09:00, or next-slot") from err


def _refuse_lacking(project: Project, asked: Asked) -> None:
    """Raise UsageError that names each answer that is needed."""
    lacking = new_post.lacking(project, asked)
    if lacking:
        what = f"this post needs {' and '.join(lacking)}"
        choices = questions.WORDS.get(lacking[0], list(project.settings.accounts))
        raise UsageError(Problem("answer-missing", what, f"give --{lacking[0]}: {listed(choices)}"))


def _as_json(project: Project, entries: list[Entry], auto_approve: bool) -> int:
    proposal = import_posts.Proposal(tuple(entries))
    written = [one.file for one in import_posts.carry_out(project, proposal)] if auto_approve else []
    text.show_json(view.document(proposal, written))
    return exits.FAILED if proposal.has_errors else exits.DONE


class _Written:
    """The manifests of one call: shown, asked about, written, and summed up. The same problem is shown once."""

    def __init__(self, project: Project, posts: int, *, auto_approve: bool) -> None:
        self._project, self._several, self._auto_approve = project, posts > 1, auto_approve
        self._shown: list[Problem] = []
        self._written: list[Entry] = []
        self._there = 0
        #: What has no manifest because of a problem.
        self._bad: list[str] = []

    def refuse(self, name: str, problems: Sequence[Problem]) -> None:
        """Show the problems of what gets no manifest."""
        self._bad.append(name)
        self._show(problems)

    def _show(self, problems: Sequence[Problem]) -> None:
        new_ones = [problem for problem in problems if problem not in self._shown]
        self._shown += new_ones
        text.show_problems(new_ones)

    def finish(self, entry: Entry) -> int:
        """Show the manifest, ask, and write it."""
        if entry.is_there and self._several:
            self._there += 1
            return exits.DONE
        if entry.file:
            text.say(f"{entry.file}:")
            for line in visible_lines(entry.text).rstrip("\n").split("\n"):
                text.say(f"  {line}")
        if not entry.is_sound:
            self.refuse(entry.file or entry.draft.media[0], entry.problems)
            return exits.FAILED
        self._show(entry.problems)
        if not (self._auto_approve or says_yes("write this manifest")):
            text.tell("Nothing was written: the answer was not `yes`.")
            return exits.INTERRUPTED
        new_post.carry_out(self._project, entry)
        self._written.append(entry)
        text.say(f"Written: {entry.file}." + ("" if self._several else " Next: contentsync plan"))
        return exits.DONE

    def sum_up(self) -> None:
        """Say at the end what became of several posts; of one, everything is said already."""
        if not self._several:
            return
        if self._bad:
            more = len(self._bad) - _NAMED
            names = ", ".join(map(visible, self._bad[:_NAMED])) + (f", and {more} more" if more > 0 else "")
            text.tell(f"{text.many(len(self._bad), 'manifest')} not written, because of the problems above: {names}")
        if self._there:
            text.say(f"Written already, and the same: {text.many(self._there, 'manifest')}.")
        bare = sum(not entry.values.get("caption") for entry in self._written)
        if bare and self._auto_approve:
            verb = "has" if bare == 1 else "have"
            where = "its manifest" if bare == 1 else "their manifests"
            text.tell(f"{text.many(bare, 'post')} {verb} no caption. To give one, add `caption:` to {where}.")
        if self._written:
            text.say(f"Written: {text.many(len(self._written), 'manifest')}. Next: contentsync plan")
