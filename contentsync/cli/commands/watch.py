"""`contentsync watch`: publish what is due and approved, for as long as it runs."""

from __future__ import annotations

import contextlib
import functools
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from contentsync.attempt.told import Told
from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.interrupt import ended_at_once, outliving_output, stoppable
from contentsync.cli.terminal.progress import Lines
from contentsync.clock import SystemClock
from contentsync.errors import Problem
from contentsync.project import Project
from contentsync.settings import Approve, ApproveBy
from contentsync.views import health
from contentsync.views import watch_events as view
from contentsync.visible import visible

if TYPE_CHECKING:
    from contentsync.watch.endpoints import Endpoints
    from contentsync.watch.feed import Feed


@click.command()
@click.option(
    "--approve",
    type=click.Choice(["manual", "auto"]),
    help="Send what a person approved (manual), or every valid post (auto); else as in contentsync.yaml.",
)
@click.option(
    "--poll", is_flag=True, help="Look for changed files at intervals; watch does this by itself where it must."
)
@click.option("--board", metavar="127.0.0.1:PORT", help="Serve the live board there; port 0 picks a free one.")
@click.option("--allow-actions", is_flag=True, help="With --board: approve, pause, resume and resolve there too.")
@click.option(
    "--metrics", metavar="127.0.0.1:PORT", help="Serve /healthz and /metrics there; port 0 picks a free one."
)
@as_json
@click.pass_obj
def watch(
    context: Context,
    approve: str | None,
    poll: bool,
    board: str | None,
    allow_actions: bool,
    metrics: str | None,
    json_: bool,
) -> int:
    """Publish each post when it is due, until you stop it with Ctrl-C or SIGTERM.

    Looks again when a file changes, when a post is due, when another command changed the state, and once a minute.
    Sends only posts with a valid approval; with --approve auto every valid post, as it is on disk. Prints one
    line for each result and each problem. Stopped or killed at any moment, it posts nothing twice.

    \b
    Examples:
      contentsync watch
      contentsync watch --approve auto
      contentsync watch --board 127.0.0.1:8480 --allow-actions
      contentsync watch --metrics 127.0.0.1:9464 --json
    """
    if allow_actions and board is None:
        raise click.UsageError("--allow-actions goes with --board")
    from contentsync.watch.feed import Feed
    from contentsync.watch.run import run_watch
    from contentsync.watch.threads import ending_with_its_threads
    from contentsync.watch_event import Word

    project = context.project()
    teller, feed, clock = Teller(json_), Feed(), SystemClock()
    feed.listen(teller.hear)

    def stand_by(by: Problem) -> None:
        teller.line(Word.STANDING_BY, clock, f"standing by: {by.what}; this watch takes over when it ends")

    def opened() -> Project:
        return _opened(project, approve)

    with (
        outliving_output(),
        _serving(board, allow_actions, project, approve, feed),
        _seen_from_outside(metrics, feed, clock) as endpoints,
        stoppable(said="") as stop,
        ending_with_its_threads(stop, text.show_dead_thread),
    ):
        at_once = functools.partial(ended_at_once, stop)
        if not run_watch(
            project, opened, clock, feed, stop, stand_by, poll=poll, ended_at_once=at_once, endpoints=endpoints
        ):
            teller.line(Word.STOPPED, clock, "stopped; this watch stood by and sent nothing")
        return exits.DONE if stop.by == signal.SIGTERM else exits.INTERRUPTED


@contextlib.contextmanager
def _seen_from_outside(address: str | None, feed: Feed, clock: SystemClock) -> Iterator[Endpoints | None]:
    """Serve `/healthz` and `/metrics` while the block runs; address: None for no port."""
    if address is None:
        yield None
        return
    from contentsync.watch.endpoints import Endpoints

    with contextlib.closing(Endpoints(address, feed, clock, health.document)) as endpoints:
        text.tell(f"/healthz and /metrics are at {endpoints.url}")
        yield endpoints


@contextlib.contextmanager
def _serving(
    address: str | None, allow_actions: bool, project: Project, approve: str | None, feed: Feed
) -> Iterator[None]:
    """Serve the board while the block runs; address: None for no board."""
    if address is None:
        yield
        return
    from contentsync.board.serve import Board

    board = Board(lambda: _opened(project, approve), address, allow_actions=allow_actions)
    board.start()
    text.tell(f"Board: {board.link}  (the link signs one browser in)")
    end = feed.listen(lambda _live: board.wake())
    try:
        yield
    finally:
        end()
        board.stop()


def _opened(project: Project, approve: str | None) -> Project:
    """The same project as it is now. approve: overrides `watch.approve` of the project file; None keeps that."""
    opened = Project.open(project.root, project.environ, project.on_request)
    if approve:
        opened.settings = replace(opened.settings, approve_by=ApproveBy(Approve(approve)))
    return opened


#: Steps that a person must know, on stderr also with --json.
_NEWS = frozenset({"pinned", "receipt-not-written", "receipt-not-removed"})


class Teller:
    """Shows events, a line each: words, or JSON on stdout."""

    def __init__(self, json_: bool) -> None:
        self._json = json_
        self._uploads = Lines()

    def hear(self, live: object) -> None:
        """Show one event; plans and small steps are for others."""
        from contentsync.watch_event import Happened, Word

        if isinstance(live, Happened):
            if self._json or live.word != Word.STOPPING or live.detail.get("sending"):
                self._show(live)  # where nothing is being sent, "stopped" follows and says the same
        elif isinstance(live, Told) and (live.event in _NEWS or (live.event == "progress" and not self._json)):
            self._uploads(live)

    def line(self, word: object, clock: SystemClock, words: str) -> None:
        """Show an event of the command itself."""
        from contentsync.watch_event import Happened, Word

        self._show(Happened(Word(str(word)), clock.now(), words))

    def _show(self, happened: object) -> None:
        from contentsync.watch_event import Happened

        assert isinstance(happened, Happened)
        if self._json:
            text.say_json(view.event(happened))
            return
        about = happened.post or happened.account or _place(happened.problem)
        hint = happened.problem.hint if happened.problem and happened.word == "problem" else ""
        words = visible(" ".join(filter(None, [about, happened.words]))) + (f"; {visible(hint)}" if hint else "")
        text.say(f"{text.when(happened.at)}  {words}")


def _place(problem: Problem | None) -> str:
    """The file and line of a problem that is no post's; empty where there is none."""
    return f"{problem.where}:" if problem and problem.where else ""
