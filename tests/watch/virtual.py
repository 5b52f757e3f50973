"""A watch on a virtual clock: real files, the real client, an emulator that follows true time, and no waiting.

What the world does to it is a script: at so many seconds after the beginning, do that. Between two steps the clock
jumps straight to the moment at which watch wants to wake.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contentsync.emulator.config import Account, App, Config, Limits, Pace
from contentsync.emulator.server import Emulator
from contentsync.notices import Notice
from contentsync.project import Project
from contentsync.settings import Approve, ApproveBy
from contentsync.watch.feed import Feed, Live
from contentsync.watch.loop import Parts, Watch
from contentsync.watch.wakeups import Hint
from contentsync.watch.workers import InlineWorker
from contentsync.watch_event import Happened
from tests.builders import NOW
from tests.cli.support import PROJECT, Studio


class TrueTime:
    """True time, and the two clocks of a machine. set_by: how far its wall clock was set from true time."""

    def __init__(self, start: datetime = NOW) -> None:
        self._start = start
        self._lock = threading.Lock()
        self.passed = 0.0
        self.asleep = 0.0
        self.set_by = timedelta()

    def true(self) -> datetime:
        return self._start + timedelta(seconds=self.passed)

    def now(self) -> datetime:
        return self.true() + self.set_by

    def monotonic(self) -> float:
        return self.passed - self.asleep

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.passed += max(0.0, seconds)

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: true time goes on, its monotonic clock stands still."""
        with self._lock:
            self.passed += seconds
            self.asleep += seconds


@dataclass
class Script:
    """What happens when; the seam in place of threads. Each step may say which files changed."""

    time: TrueTime
    stop: threading.Event
    steps: list[tuple[float, Callable[[], Hint | None]]] = field(default_factory=list)
    ends_at: float = 0.0

    def at(
        self, seconds: float, do: Callable[[], Any], *hinted: str, lost: bool = False, silent: bool = False
    ) -> None:
        """At so many seconds do this. hinted: the files that an event names. silent: no event tells of it."""

        def step() -> Hint | None:
            do()
            return None if silent else Hint(files=bool(hinted) or lost, paths=frozenset(hinted), lost=lost)

        self.steps.append((seconds, step))
        self.steps.sort(key=lambda one: one[0])

    def wait(self, seconds: float) -> Hint:
        until = min(self.time.passed + seconds, self.ends_at)
        if self.steps and self.steps[0][0] <= until:
            at, step = self.steps.pop(0)
            self.time.sleep(at - self.time.passed)
            return step() or Hint()
        self.time.sleep(max(until - self.time.passed, 0.001))
        if self.time.passed >= self.ends_at:
            self.stop.set()
        return Hint()


@dataclass
class Stage:
    """A project, the TikTok that it posts to, and one watch after another."""

    studio: Studio
    emulator: Emulator
    time: TrueTime
    approve: str | None = "auto"
    said: list[Happened] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    lives: list[Live] = field(default_factory=list)
    #: Hears everything too, and may raise what ends the process.
    also: Callable[[Live], None] = lambda _: None

    def project(self) -> Project:
        project = Project.open(self.studio.root, dict(os.environ) | self.studio.environment)
        project.clock = self.time
        if self.approve:
            project.settings = replace(project.settings, approve_by=ApproveBy(Approve(self.approve)))
        return project

    @contextmanager
    def opened(self) -> Iterator[Project]:
        project = self.project()
        try:
            yield project
        finally:
            project.close()
            project.close_state()

    def script(self) -> Script:
        return Script(self.time, threading.Event())

    def run(self, seconds: float, script: Script | None = None, **parts: Any) -> Watch:
        """Watch for so long."""
        script = script or self.script()
        script.ends_at = self.time.passed + seconds
        watch = self.watch(script, **parts)
        watch.run()
        return watch

    def watch(self, script: Script, **parts: Any) -> Watch:
        feed = Feed()
        feed.listen(self._hear)
        usual: dict[str, Any] = {"feed": feed, "notify": self.notices.append, "tick": 1e9, "spent": lambda: 0.0}
        return Watch(
            Parts(
                self.studio.root,
                self.project,
                self.time,
                script,
                InlineWorker(),
                InlineWorker(),
                script.stop,
                **(usual | parts),
            )
        )

    def _hear(self, live: Live) -> None:
        self.lives.append(live)
        if isinstance(live, Happened):
            self.said.append(live)
        self.also(live)

    def words(self) -> list[str]:
        """What was said, each with its post or account."""
        return [f"{one.word} {one.post or one.account}".strip() for one in self.said]

    def results(self) -> list[str]:
        return [f"{one.post} {one.detail['result']}" for one in self.said if one.word == "result"]

    def problems(self) -> list[str]:
        return [one.problem.code for one in self.said if one.word == "problem" and one.problem]

    @property
    def posted(self) -> dict[str, float]:
        """When TikTok took each post, in seconds since the beginning, by caption."""
        tasks: list[dict[str, Any]] = self.emulator.ledger()["tasks"]  # type: ignore[assignment]
        return {task["caption"] or task["publish_id"]: since(task["created_at"]) for task in tasks}


def since(moment: str) -> float:
    """Seconds since the beginning."""
    return (datetime.fromisoformat(moment) - NOW).total_seconds()


@contextmanager
def a_stage(folder: Path, *, watching: str = "", **changes: Any) -> Iterator[Stage]:
    """An empty project of two accounts, acme (direct) and acme_de (drafts). watching: its `watch:`."""
    time = TrueTime()
    usual: dict[str, Any] = {
        "accounts": (Account("acme", private=False), Account("acme_de", private=False)),
        "app": App(audited=True),
        "limits": Limits.off(),
        "pace": Pace(processing_polls=1, moderation_polls=0),
        "default_duration": 1,
    }
    with Emulator(Config(**(usual | changes)), now=lambda: time.true().timestamp()) as emulator:
        studio = Studio(folder / "studio", emulator.environment)
        if watching:
            studio.write("contentsync.yaml", f"{PROJECT}\nwatch: {watching}\n")
        yield Stage(studio, emulator, time)
