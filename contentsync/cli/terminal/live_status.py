"""How does the state of posts look while it changes? A screen that is drawn again, or a line for each change.

It reads manifests and state alone: no request, no lock. So it may run beside anything.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from contentsync.cli.terminal import text
from contentsync.cli.terminal.interrupt import Stop
from contentsync.cli.terminal.status_lines import StatusLines
from contentsync.cli.terminal.table import width_of
from contentsync.frozen import frozen
from contentsync.operations.plan import Made
from contentsync.operations.selection import Wish
from contentsync.operations.status import as_known, differing, usernames
from contentsync.plan.action import Action
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.views import status as view
from contentsync.views.status import changed_at, standing

#: Seconds after which manifests are read again although the state did not change.
READ_EVERY: Final = 10.0
_FIRST: Final = (
    *("unknown", "failed", "missed", "blocked"),
    *("intent", "uploading", "processing", "new", "waiting", "delivered", "published"),
)
_DRAW, _LINE_END, _REST = "\x1b[H", "\x1b[K", "\x1b[J"
_FAR: Final = datetime.max.replace(tzinfo=UTC)


@frozen
class Picture:
    """The state of the posts at one moment."""

    found: Mapping[str, PostState | None]
    plans: Mapping[str, Action]
    usernames: dict[str, str]
    zones: Mapping[str, str]

    @classmethod
    def of(cls, project: Project, wish: Wish) -> Picture:
        found, made = as_known(project, wish)
        return cls(found, _plans(made), usernames(project), made.zones)

    def lines(self, now: datetime) -> Iterator[tuple[str, str]]:
        """Key and line of each post: what needs a person first, what is settled last."""
        shown = StatusLines(self.zones, self.usernames, now)
        width = min(30, max(map(len, self.found), default=0))
        for key in sorted(self.found, key=self._rank):
            yield key, shown.line(key, self.found[key], self.plans.get(key), width)

    def counts(self) -> str:
        """How many posts are in each phase: `2 waiting, 1 published`."""
        counted = Counter(standing(row, self.plans.get(key)) for key, row in self.found.items())
        return ", ".join(f"{counted[word]} {word}" for word in sorted(counted, key=_place)) or "no posts"

    def _rank(self, key: str) -> tuple[int, datetime, float, str]:
        row, action = self.found[key], self.plans.get(key)
        due = action.due_at if action and action.due_at else _FAR
        changed = changed_at(row.last).timestamp() if row and row.last else 0.0
        return _place(standing(row, action)), due, -changed, key


def _plans(made: Made) -> dict[str, Action]:
    return {action.post: action for action in made.plan.actions}


def _place(word: str) -> int:
    return _FIRST.index(word) if word in _FIRST else len(_FIRST)


class LiveStatus:
    """Shows the posts until a stop is asked for."""

    def __init__(self, project: Project, wish: Wish, *, json_: bool) -> None:
        self._project, self._wish, self._json = project, wish, json_
        self._is_screen = sys.stdout.isatty() and not json_
        self._before: dict[str, str] = {}
        self._document: dict[str, object] = {}
        self._stamp: tuple[int, int] | None = None
        self._read_at = 0.0
        self._picture: Picture | None = None

    def run(self, stop: Stop, interval: float) -> None:
        """interval: seconds between two looks."""
        if self._is_screen:
            sys.stdout.write("\x1b[2J")
        while not stop.is_set():
            picture = self._look()
            if self._json:
                self._say_document(picture)
            elif self._is_screen:
                self._draw(picture)
            else:
                self._say_changes(picture)
            stop.wait(interval)

    def _look(self) -> Picture:
        """The posts as they are now; read again only where something may have changed."""
        if not self._project.reading_store.is_kept:
            self._project.close_state()  # there was no state yet; by now another command may have made one
        now, stamp = self._project.clock.monotonic(), self._project.reading_store.stamp()
        if self._picture is None or stamp != self._stamp or now - self._read_at > READ_EVERY:
            self._project.close()  # who the accounts are may be known by now
            self._picture = Picture.of(self._project, self._wish)
            self._stamp, self._read_at = stamp, now
        return self._picture

    def _draw(self, picture: Picture) -> None:
        import shutil

        size = shutil.get_terminal_size((80, 24))
        now = self._project.clock.now()
        lines = [line for _, line in picture.lines(now)]
        room = max(1, size.lines - 4)
        head = f"{text.when(now)}   {picture.counts()}   (Ctrl-C ends)"
        more = [f"… and {len(lines) - room} more"] if len(lines) > room else []
        shown = [head, "", *lines[:room], *more]
        sys.stdout.write(_DRAW + "".join(f"{_cut(line, size.columns - 1)}{_LINE_END}\n" for line in shown) + _REST)
        sys.stdout.flush()

    def _say_changes(self, picture: Picture) -> None:
        """A line with the time for each post that is new or changed its phase."""
        now = self._project.clock.now()
        stands = {key: standing(row, picture.plans.get(key)) for key, row in picture.found.items()}
        for key, line in picture.lines(now):
            if self._before.get(key) != stands[key]:
                text.say(f"{text.when(now)}  {line}")
        self._before = stands
        sys.stdout.flush()

    def _say_document(self, picture: Picture) -> None:
        """The document of `status --json` on one line, whenever it changed."""
        differs = differing(self._project, picture.found.values())
        pauses = self._project.reading_store.pauses.all()
        document = view.document(picture.found, picture.usernames, picture.plans, pauses, differs)
        if document != self._document:
            self._document = document
            text.say_json(document)
            sys.stdout.flush()


def _cut(line: str, width: int) -> str:
    """The line with its colours if it fits, else cut and without colours."""
    import click

    whole = text.safe(text.hidden(line))
    bare = click.unstyle(whole)
    if width_of(bare) <= width:
        return bare if text.colour() is False else whole
    while width_of(bare) >= width:
        bare = bare[:-1]
    return bare + "…"
