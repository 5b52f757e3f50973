"""What is one run of a command, seen from outside? A process that can be killed, or disturbed, wherever it touches
the world: before and after each request and each commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import httpx

from contentsync.attempt.told import Outcome
from contentsync.attempt.waiting import StoppableClock
from contentsync.clock import SystemClock
from contentsync.errors import ContentsyncError
from contentsync.operations.carry_out import apply_plan
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.saved_plan import open_saved, to_do
from contentsync.operations.selection import Wish
from contentsync.plan.action import Action
from contentsync.project import Project
from contentsync.store.sqlite.backend import SqliteBackend
from contentsync.store.sqlite.database import Database, open_file
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import ManualClock


class Killed(BaseException):
    """The process is dead: nothing that it still tries touches the world."""


@dataclass
class Seam:
    """Where a process touches the world, counted. strike: what happens at the point of that number, once."""

    at: int = 0
    strike: Callable[[Seam], None] = lambda _: None
    count: int = 0
    dead: bool = False
    stop: bool = False

    def point(self) -> None:
        if self.dead:
            raise Killed
        self.count += 1
        if self.count == self.at:
            self.strike(self)

    def kill(self) -> None:
        self.dead = True
        raise Killed

    def is_set(self) -> bool:
        """Whether a person asked it to stop."""
        return self.stop


class Wire(httpx.BaseTransport):
    """The line to the emulator, with a point before and after each request."""

    def __init__(self, seam: Seam) -> None:
        self._seam, self._inner = seam, httpx.HTTPTransport(verify=False)  # what is spoken to is on loopback

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._seam.point()
        response = self._inner.handle_request(request)
        response.read()
        self._seam.point()
        return response

    def close(self) -> None:
        self._inner.close()


class Disk(Database):
    """The state file, with a point before and after each commit."""

    def __init__(self, opened: Database, seam: Seam) -> None:
        super().__init__(opened._connection, opened.path)
        self._seam = seam

    @contextmanager
    def writing(self, *, posts: bool = True) -> Iterator[Connection]:
        self._seam.point()
        with super().writing(posts=posts) as connection:
            yield connection
        self._seam.point()


@dataclass
class WallClock:
    """The machine's clock: true seconds pass, but what it says they add up to may be set."""

    true: ManualClock
    skew: timedelta = timedelta()

    def now(self) -> datetime:
        return self.true.now() + self.skew

    def monotonic(self) -> float:
        return self.true.monotonic()

    def sleep(self, seconds: float) -> None:
        self.true.sleep(seconds)


class FileClock(SystemClock):
    """The clock of files, ahead, so that no file was written too short a time ago to be remembered."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=10)


@dataclass
class Ran:
    """How an apply ended. actions: what it set out to do. left_out: how many posts its plan did not look at."""

    actions: tuple[Action, ...] = ()
    left_out: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    failures: dict[str, ContentsyncError] = field(default_factory=dict)
    refused: ContentsyncError | None = None


class Machine:
    """A computer with the project on it; each command is a process of its own."""

    def __init__(self, root: Path, environ: dict[str, str], clock: WallClock) -> None:
        self.root, self.environ, self.clock = root, environ, clock

    @contextmanager
    def process(self, seam: Seam | None = None) -> Iterator[Project]:
        """A project opened anew, with its state and its line behind `seam`."""
        seam = seam or Seam()
        project = Project.open(self.root, self.environ)
        project.clock = StoppableClock(self.clock, seam)
        project.transport = Wire(seam)
        project.media_transport = httpx.MockTransport(lambda _: httpx.Response(200))
        with suppress(Killed):
            opened: list[SqliteStore] = []

            def open_store(path: Path) -> SqliteStore:
                opened.append(SqliteStore(Disk(open_file(path), seam), who="tester"))
                return opened[0]

            project.backend_of = lambda root, state, _environ: SqliteBackend(root / state, open_store)
            try:
                yield project
            finally:
                project.close()
                project.transport.close()
                for store in opened:
                    store.close()

    @contextmanager
    def state(self) -> Iterator[SqliteStore]:
        """The state as it is now, to be looked into."""
        store = SqliteStore(open_file(self.root / ".contentsync" / "state.db"))
        try:
            yield store
        finally:
            store.close()

    def plan(self, wish: Wish) -> Made:
        with self.process() as project:
            return make_plan(project, wish)

    def apply(
        self,
        approved: Callable[[Made, tuple[Action, ...]], None],
        wish: Wish | None = None,
        plan: Path | None = None,
        seam: Seam | None = None,
        wait: float = 60.0,
        lock: bool = True,
    ) -> Ran:
        """An apply as the command line does it. approved: told of what is about to be carried out."""
        seam, ran = seam or Seam(), Ran()
        with self.process(seam) as project:
            try:
                with project.lock("contentsync apply") if lock else nullcontext():
                    self._carry_out(project, approved, wish, plan, seam, wait, ran)
            except ContentsyncError as err:
                ran.refused = err
        return ran

    def _carry_out(
        self,
        project: Project,
        approved: Callable[[Made, tuple[Action, ...]], None],
        wish: Wish | None,
        plan: Path | None,
        seam: Seam,
        wait: float,
        ran: Ran,
    ) -> None:
        given = open_saved(plan) if plan else None
        if given:
            given.check_state(project)
        asked = given.wish if given else wish or Wish()
        is_whole = bool(given or asked.allow)  # as in operations/apply.py
        still = None if is_whole else NothingToDo.around(self.root, self.environ, FileClock())
        made = make_plan(project, asked, still)
        ran.left_out = len(made.apart.prints) if made.apart else 0
        ran.actions = to_do(given, made, project)[0] if given else made.plan.actions
        ran.failures |= made.failures
        approved(made, ran.actions)
        digest = given.digest if given else ""
        report = apply_plan(project, made, ran.actions, tell=lambda _: None, stop=seam, wait=wait, plan_digest=digest)
        ran.outcomes, ran.failures = report.outcomes, ran.failures | report.failures
