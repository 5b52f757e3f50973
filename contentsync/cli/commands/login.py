"""`contentsync login`: sign an account in at TikTok, in the browser."""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import click

from contentsync.cli import complete, exits
from contentsync.cli.duration import DURATION
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.cli.terminal.consent import ask_about_videos
from contentsync.errors import ContentsyncError, Level, Problem, UsageError
from contentsync.operations.earlier_videos import earlier_videos
from contentsync.operations.import_videos import import_videos
from contentsync.project import Project
from contentsync.signin import flow
from contentsync.signin.redirect import split_scopes
from contentsync.signin.scopes import WANTED, app_lacks_scope
from contentsync.times import span
from contentsync.visible import visible


@click.command()
@click.argument("account", shell_complete=complete.accounts)
@click.option("--no-browser", is_flag=True, help="Print the address, and take what the browser comes back with.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="Ask for these alone; repeatable, or with commas. posting names those that posting needs, all every one.",
)
@click.option("--sandbox", is_flag=True, help="Sign in with the keys of app.sandbox.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), metavar="N", help="Web app: where its https tunnel leads to here."
)
@click.option("--timeout", type=DURATION, default="5m", show_default=True, help="How long to wait for the browser.")
@click.pass_obj
def login(
    context: Context,
    account: str,
    no_browser: bool,
    scopes: tuple[str, ...],
    sandbox: bool,
    port: int | None,
    timeout: float,
) -> int:
    """Sign ACCOUNT in at TikTok, and pin its identity in contentsync.yaml.

    Your browser opens TikTok's page; what is granted there comes back to a port of this machine. The tokens are kept
    in your data folder, never in the project. On a remote shell use --no-browser: it prints the address, and takes
    the address that your browser ends at.

    It needs an app of yours, from https://developers.tiktok.com/: with Login Kit, for Desktop with the redirect URI
    http://127.0.0.1:*/callback/, and the Content Posting API with Direct Post. The app's client key and secret go
    into the variables that contentsync.yaml names under app. Before TikTok has reviewed the app, make a sandbox of it
    in the portal, write its keys under app.sandbox, and sign in with --sandbox.

    The sign-in asks for the scopes that posting needs, and for those that the account granted the last time. With
    --scope all it also asks for those of the Display API, if your app has it: contentsync then sees which videos of
    the account are public. On a terminal it asks once whether videos that the account already has are from before
    this project; answer yes, and they do not hold new posts back.

    \b
    Examples:
      contentsync login acme
      contentsync login acme --no-browser
      contentsync login acme --scope all
    """
    project = context.project()
    wish = flow.Wish(account, _asked(scopes), sandbox, not no_browser, port, timeout)
    try:
        done = flow.sign_in(project, wish, Terminal())
        _show(done)
        if sys.stdin.isatty() and done.override is None and "video.list" in (done.scopes or ()):
            _ask_about_videos(project, account)
    finally:
        project.close()
    return exits.DONE


def _ask_about_videos(project: Project, account: str) -> None:
    """Ask once about videos from before this project, which would hold the account's first posts back.

    The sign-in is complete in any case; problems are shown, and the first apply asks again.
    """
    try:
        count = earlier_videos(project, account)
        if count and ask_about_videos(account, count):
            done = import_videos(project, project.account(account), None)
            text.say(f"  noted   \t{text.many(sum(bool(one.name) for one in done), 'video')} of {account}")
    except ContentsyncError as err:
        text.show_problems([replace(problem, level=Level.WARNING) for problem in err.problems])


def _asked(scopes: tuple[str, ...]) -> tuple[str, ...]:
    asked = split_scopes(",".join(scopes))
    if scopes and not asked:
        raise UsageError(Problem("no-scope", "--scope names no scope", f"known: posting, all, {', '.join(WANTED)}"))
    return asked


def _show(done: flow.SignedIn) -> None:
    sandbox = " with the app's sandbox" if done.sandbox else ""
    text.say(f"{text.style(done.account, bold=True)} is signed in{sandbox}: {visible(done.who)}  {done.open_id}")
    if done.scopes is None:
        text.say(f"  granted \tnot known; asked for {', '.join(done.asked)}")
    else:
        text.say(f"  granted \t{', '.join(done.scopes) or 'nothing'}")
    for scope, why in done.missing.items():
        text.say(f"  {text.style('missing', fg='yellow')} \t{scope}: {why}")
    if done.missing:
        text.say(f"  To grant more, sign in again: contentsync login {done.account}")
    for scope, why in done.not_asked.items():
        text.say(f"  not asked \t{scope}: {why}")
    if done.not_asked:
        text.say(f"  If your app has these scopes, ask for them too: contentsync login {done.account} --scope all")
    if done.pair and done.pair.expires_at:
        renewed = "renewed by itself" if done.pair.refresh_token else "can't be renewed"
        text.say(f"  token   \tuntil {text.when(done.pair.expires_at)}, {renewed}")
    if done.pinned:
        text.say(f"  pinned  \topen_id in contentsync.yaml, under accounts: {done.account}")
    if other := done.override:
        text.say(f"  {text.style('not used', fg='yellow')} {other.names} {other.win} over this sign-in: {other.away}")


class Terminal:
    """The person at this terminal. What is said goes to stderr."""

    def warn(self, problem: Problem) -> None:
        text.show_problems([problem])

    def asked_for(self, account: str, scopes: Sequence[str]) -> None:
        _, hint = app_lacks_scope(account, scopes)
        text.tell(f"TikTok's page will ask for {', '.join(scopes)}.")
        text.tell(f"If the page says that something is wrong with `scope`, press Ctrl-C, then {hint}")

    def visit(self, address: str, seconds: float) -> None:
        text.tell("Your browser opens TikTok's page. If it does not, open this address on this machine:")
        text.tell_whole(f"  {address}")
        text.tell(f"Waiting up to {span(timedelta(seconds=max(1, seconds)))} for your answer there; Ctrl-C ends it.")
        _open(address)

    def paste(self, address: str, browser: bool) -> str:
        text.tell("Open this address in a browser, sign in as the account, and agree:")
        text.tell_whole(f"  {address}")
        text.tell("The browser then opens an address that begins with the redirect URI, and may not load.")
        if browser:
            _open(address)
        if sys.stdin.isatty():
            click.echo("Paste that whole address, or its code: ", nl=False, err=True)
        return sys.stdin.readline()


def _open(address: str) -> None:
    """Beside us, since some browsers run until they are closed. $BROWSER is respected."""
    threading.Thread(target=_visit, args=(address,), daemon=True, name="browser").start()


def _visit(address: str) -> None:
    try:
        opened = webbrowser.open(address)
    except (webbrowser.Error, OSError):
        opened = False
    if not opened:
        text.tell("No browser could be opened here. Open the address yourself; on a remote shell use --no-browser.")
