"""How does `apply --json` end? With one summary as the last line of its stream, whatever ended it.

It is made when the command line is read, counts what the run tells, and is written where exit codes are made.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import click

from contentsync.attempt.told import Result, Told
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.cli.terminal.interrupt import write_at_once
from contentsync.clock import SystemClock
from contentsync.errors import ContentsyncError, Problem
from contentsync.views import apply_events

PATIENCE: Final = 1.0  # seconds that a second Ctrl-C waits for the line under way


class Summary:
    """What a run came to so far."""

    def __init__(self) -> None:
        #: Held while a line is written.
        self.lock = threading.Lock()
        #: Posts that are as declared.
        self.unchanged = 0
        #: Posts whose time has not come, and when the first of them is due.
        self.waiting = 0
        self.next_due: datetime | None = None
        self._left = 0
        self._results = dict.fromkeys(Result, 0)
        self._problems: list[Problem] = []
        self._ended = False

    def count(self, told: Told) -> None:
        """Take in how an action ended."""
        if told.event == "done":
            self._results[Result(told.detail["result"])] += 1
        self._left += told.event == "left"

    def blame(self, *errors: ContentsyncError) -> None:
        """Take in what ended the run, or left a part of it undone."""
        self._problems += [problem for err in errors for problem in err.problems]

    def end(self, exit_code: int, problems: Sequence[Problem] = ()) -> None:
        """Write the last line, unless that was done."""
        with self.lock:
            if not self._ended:
                self._ended = True
                click.echo(self._line(exit_code, problems))

    def end_at_once(self, exit_code: int) -> None:
        """The same from a signal's handler, before the process leaves: without waiting for what may never come."""
        if self.lock.acquire(timeout=PATIENCE) and not self._ended:  # kept: nothing is written after it
            write_at_once(1, self._line(exit_code, ()) + "\n", PATIENCE)

    def _line(self, exit_code: int, problems: Sequence[Problem]) -> str:
        counts = {str(result): count for result, count in self._results.items()} | {"left": self._left}
        counts["unchanged"] = self.unchanged
        line = apply_events.summary(
            counts,
            exit_code,
            (*self._problems, *problems),
            time=SystemClock().now(),
            waiting=self.waiting,
            next_due=self.next_due,
        )
        return text.hidden(json.dumps(line))


class Summed(click.Command):
    """A command whose --json ends with a summary, also where its command line is refused."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        context = parent.find_object(Context) if parent else None
        if context is None or "--json" not in args:
            return super().make_context(info_name, args, parent, **extra)
        context.summary = Summary()
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.Exit:  # --help: nothing was to be applied
            context.summary = None
            raise
