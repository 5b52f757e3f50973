"""The command group, the options before the command, and the only place where errors become exit codes.

Commands are imported when they run: `--help` and `--version` load none of them.
"""

from __future__ import annotations

import errno
import functools
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from contentsync import __version__
from contentsync.cli import exits
from contentsync.suggestions import near

if TYPE_CHECKING:
    from contentsync.cli.terminal.summary import Summary
    from contentsync.errors import Problem
    from contentsync.project import Project

# What `--help` shows, without importing the command that it is about.
COMMANDS: Final = {
    "init": "Start a project: one example draft, with comments that teach",
    "new": "Make one manifest for a clip or photos, by asking",
    "validate": "Check every manifest and its media, offline",
    "fmt": "Lay out manifests: one order of keys, every comment kept",
    "probe": "Show what is in a media file, and whether TikTok takes it",
    "plan": "Show what apply would do",
    "show": "Show a saved plan, and whether it still holds",
    "apply": "Carry out a plan",
    "watch": "Publish each post when it is due, until you stop it",
    "status": "Show the state of each post at TikTok",
    "approve": "Approve posts, which `watch` and `apply --approved` then send",
    "agenda": "Show what goes out when, and what blocks it",
    "calendar": "Show what went out and what goes out, as text, as a page, or for calendar programs",
    "pause": "Begin nothing more for an account, or for all, until it is resumed",
    "resume": "End a pause",
    "handover": "Show what the creator pastes and chooses to finish a draft",
    "refresh": "Read TikTok into the state",
    "cancel": "Stop TikTok from fetching a post",
    "resolve": "Settle an unknown outcome",
    "ack": "Accept an edit made after publication",
    "import": "Take note of videos that are already published, or bind them",
    "import-csv": "Make manifests of a spreadsheet, or of another tool's export",
    "state": "Look into the state, or change it by hand",
    "hosting": "List the photos that are hosted on the web, and delete those that no post needs",
    "explain": "Show the evidence about one post, and the decision",
    "login": "Sign an account in at TikTok, in the browser",
    "logout": "Revoke an account's access, and forget its tokens",
    "accounts": "Show who is connected, and what each account can do",
    "trust": "Grant the programs, variables and folders that the project names",
    "token": "Export an account's tokens, for example to a CI",
    "notify": "Test the recipients of notices",
    "webhooks": "Receive TikTok's webhooks, so that outcomes are known sooner",
    "videos": "Show the public videos of an account with their figures",
    "stats": "Show the views, likes, comments and shares of each post over time",
    "comments": "Show the comments on a public video (approved researchers only)",
    "schema": "Write or check the JSON Schemas for editors",
    "emulator": "Serve a stand-in for TikTok's API on this machine, for tests",
    "demo": "Run validate, plan and apply on an example project, offline",
    "completion": "Print the completion script for your shell",
}


class Context:
    """What the command line asks for. Not a dataclass, because importing dataclasses would slow `--help` down."""

    #: Whether each request is shown.
    verbose: bool = False
    #: Whether data are asked for as JSON.
    json: bool = False
    #: What a stream of JSON lines must end with.
    summary: Summary | None = None
    _opened: tuple[Project, ...] = ()

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment."""
        return os.environ

    def project(self) -> Project:
        """The project around the current folder."""
        from contentsync.cli.terminal import text
        from contentsync.cli.terminal.counting import Counting
        from contentsync.cli.terminal.requests import show_request
        from contentsync.project import Project

        told = show_request if self.verbose else None
        project = Project.open(Path(), self.environ, told, lambda note: text.show_problems([note]))
        project.on_progress = Counting()
        text.hide_values(project.settings.hidden)
        text.use_zone(project.settings.timezone)
        self._opened = (*self._opened, project)
        return project

    def close(self) -> None:
        """Close the projects that the command opened."""
        for project in self._opened:
            project.close()
            project.close_state()


class Lazy(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = {"import": "import_videos"}.get(cmd_name, cmd_name.replace("-", "_"))
        command = getattr(importlib.import_module(f"contentsync.cli.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            found = near(args[0], COMMANDS, most=2)
            meant = f" Did you mean {' or '.join(found)}?" if found else ""
            ctx.fail(f'There is no command "{args[0]}".{meant}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


EPILOG: Final = """\
Each command has its own --help; `contentsync schema` writes what manifests, project and plan may hold.

Exit codes: 0 done, 1 a failure or wrong input, 2 there is something to do (--detailed-exitcode), 3 TikTok is not done
yet, 4 an unknown outcome needs a person, 5 held back, 6 locked, 7 the saved plan does not hold, 8 sign in again, 64 a
wrong call, 70 a defect of contentsync, 130 interrupted."""


@click.command(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(__version__, message="contentsync %(version)s")
@click.option(
    "-C", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".", metavar="DIR",
    help="Run as if started in DIR.",
)  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show each request on stderr: method, path, status, log_id.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text",
    help="What stderr has: lines (text), or a JSON object a line (json).",
)  # fmt: skip
@click.pass_context
def group(ctx: click.Context, folder: Path, verbose: bool, log_format: str) -> None:
    """Declare TikTok posts in git, see the plan, publish each exactly once."""
    if folder != Path():
        with suppress(FileNotFoundError):  # the folder that it was started in is gone
            ctx.call_on_close(functools.partial(os.chdir, Path.cwd()))
        os.chdir(folder)
    from contentsync.cli.terminal import log

    log.use_json(log_format == "json")
    ctx.ensure_object(Context).verbose = verbose


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if args is None else args))


def run(args: list[str]) -> int:
    """Run the command line; returns the exit code of docs/commands.md."""
    from contentsync.cli.terminal.streams import open_what_is_closed, speak_utf8

    open_what_is_closed()
    speak_utf8()
    context = Context()
    code, problems = _ended(args, context)
    closing = _closed(context)
    code = exits.worst([code, closing[0]])
    if context.json and context.summary is None and problems:
        _show_as_json(problems)
    if context.summary is not None:
        from contentsync.cli.terminal.interrupt import outliving_output

        with outliving_output():
            context.summary.end(code, (*problems, *closing[1]))
    return code


def _closed(context: Context) -> tuple[int, Sequence[Problem]]:
    """Close what the command opened. A shared state is pushed by then, which may fail."""
    try:
        context.close()
    except KeyboardInterrupt:
        return _stopped("stopped; what was not shared yet is shared by the next command"), ()
    except Exception as err:
        return _failed(err)
    return exits.DONE, ()


def _show_as_json(problems: Sequence[Problem]) -> None:
    """What ended a command, as the data that was asked for; on one line, as some commands write a line an event."""
    from contentsync.cli.terminal import text
    from contentsync.cli.terminal.interrupt import outliving_output
    from contentsync.views.problems import document

    with outliving_output():
        text.say_json(document(problems))


def _ended(args: list[str], context: Context) -> tuple[int, Sequence[Problem]]:
    """The exit code, and what ended it before its end."""
    try:
        code = group.main(args, prog_name="contentsync", standalone_mode=False, obj=context)
    except click.exceptions.Exit as err:
        return err.exit_code, ()
    except click.Abort:
        return _stopped("stopped"), ()
    except KeyboardInterrupt:
        return _stopped("stopped; every post that TikTok accepted is on record"), ()
    except click.ClickException as err:
        context.json = context.json or "--json" in args  # it may not have been read yet
        return _misused(err)
    except SystemExit as err:
        return _exit_of(err), ()
    except Exception as err:  # the only place that catches an unexpected error: a defect
        return _failed(err)
    return (code if isinstance(code, int) else exits.DONE), ()


def _misused(err: click.ClickException) -> tuple[int, Sequence[Problem]]:
    """Say why the command line is wrong."""
    from contentsync.cli.terminal import text
    from contentsync.errors import Problem

    if isinstance(err, click.NoSuchOption) and any(err.option_name in option.opts for option in group.params):
        err = _of_the_group(err)
    text.show_usage(err)
    code = exits.USAGE if isinstance(err, click.UsageError) else exits.FAILED
    return code, [Problem("usage", err.format_message())]


def _of_the_group(err: click.NoSuchOption) -> click.UsageError:
    """The same about an option that stands behind the command and belongs before it."""
    command = err.ctx.info_name if err.ctx else ""
    where = f"contentsync {err.option_name} … {command}"
    return click.UsageError(f"{err.option_name} goes before the command: {where}", err.ctx)


def _failed(err: Exception) -> tuple[int, Sequence[Problem]]:
    """Show an error, or a defect of ours."""
    from contentsync.cli.terminal import text
    from contentsync.errors import Problem

    known = exits.of_error(err)
    if known is None:
        return text.show_defect(err), [Problem("defect", f"{type(err).__name__}: {err}")]
    text.show_error(err)
    return known, getattr(err, "problems", ())


def _stopped(words: str) -> int:
    """Say that the command was stopped; the terminal may be closed by then."""
    from contentsync.cli.terminal import text
    from contentsync.cli.terminal.interrupt import outliving_output

    with outliving_output():
        text.tell(words)
    return exits.INTERRUPTED


def _exit_of(err: SystemExit) -> int:
    """click leaves with 1 where the reader of a pipe went; that is the reader's wish, and no failure."""
    cause = err.__context__
    if isinstance(cause, OSError) and cause.errno == errno.EPIPE:
        return exits.DONE
    return err.code if isinstance(err.code, int) else exits.FAILED
