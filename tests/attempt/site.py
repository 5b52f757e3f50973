"""A project on disk, the real client, and an emulator whose clock is ours: one apply after another, in no time."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contentsync.attempt.told import Outcome, Told
from contentsync.attempt.waiting import StoppableClock
from contentsync.clock import Clock
from contentsync.emulator.config import Account, App, Config, Limits, Pace
from contentsync.emulator.server import Emulator
from contentsync.errors import ContentsyncError
from contentsync.operations.carry_out import apply_plan
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.post_state import PostState
from contentsync.project import Project
from tests.cli.support import Studio

WAIT = 600.0


@dataclass
class Ended:
    """How one apply ended: outcomes by post, accounts that failed, and what was told on the way."""

    outcomes: dict[str, Outcome]
    failures: dict[str, ContentsyncError]
    told: list[Told]

    @property
    def results(self) -> dict[str, str]:
        return {post: str(outcome.result) for post, outcome in self.outcomes.items()}


@dataclass
class Site:
    """A repository and the TikTok that it posts to. Each apply opens everything anew, as another process would."""

    studio: Studio
    emulator: Emulator
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    on_tell: Callable[[Told], None] = lambda _: None
    on_sent: Callable[[], None] = lambda: None

    @contextmanager
    def project(self) -> Iterator[Project]:
        project = Project.open(self.studio.root, dict(os.environ) | self.studio.environment)
        project.clock = StoppableClock(self.clock, self.stop)
        try:
            yield project
        finally:
            project.close()
            project.reading_store.close()

    def apply(self, wait: float = WAIT, retry: tuple[str, ...] = ()) -> Ended:
        with self.planned(wait, retry) as apply:
            return apply()

    @contextmanager
    def planned(self, wait: float = WAIT, retry: tuple[str, ...] = ()) -> Iterator[Callable[[], Ended]]:
        """A plan that was made, and what carries it out, later."""
        told: list[Told] = []

        def tell(event: Told) -> None:
            told.append(event)
            self.on_tell(event)

        with self.project() as project:
            made = make_plan(project, Wish(retry=retry))

            def apply() -> Ended:
                report = apply_plan(
                    project, made, made.plan.actions, tell=tell, stop=self.stop, wait=wait, sent=self.on_sent
                )
                return Ended({o.post: o for o in report.outcomes}, made.failures | report.failures, told)

            yield apply

    @contextmanager
    def locked(self, account: str) -> Iterator[None]:
        """Another checkout of the same user's sends for the account."""
        with self.project() as project:
            at_work = project.at_work(account)
            at_work.identify()
            with at_work.right_to_send("contentsync apply"):
                yield

    def kinds(self) -> dict[str, str]:
        """What a plan says of each post."""
        with self.project() as project:
            return {a.post: str(a.kind) for a in make_plan(project, Wish()).plan.actions}

    def row(self, name: str = "launch", account: str = "acme") -> PostState:
        with self.project() as project:
            row = project.store.post_named(self.emulator.accounts[account].open_id, name)
            assert row is not None
            return row

    def phases(self, name: str = "launch", account: str = "acme") -> list[str]:
        return [str(attempt.phase) for attempt in self.row(name, account).attempts]

    def history(self) -> list[dict[str, Any]]:
        with self.project() as project:
            return project.store.history()

    @property
    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.emulator.ledger()["tasks"]  # type: ignore[assignment]
        return found

    def count(self, endpoint: str) -> int:
        counts: dict[str, int] = self.emulator.ledger()["requests"]  # type: ignore[assignment]
        return counts.get(endpoint, 0)

    def arrived(self) -> list[str | None]:
        """The digests of the files that TikTok has whole and has not dropped."""
        return [posting.sha256 for posting in self.emulator.posts()]

    def digest(self, name: str = "launch") -> str:
        return hashlib.sha256((self.studio.root / "posts" / f"{name}.mp4").read_bytes()).hexdigest()


@contextmanager
def a_site(folder: Path, clock: Clock, **changes: Any) -> Iterator[Site]:
    """An empty project of two accounts, acme (direct) and acme_de (drafts)."""
    usual: dict[str, Any] = {
        "accounts": (Account("acme"), Account("acme_de")),
        "app": App(audited=True),
        "limits": Limits.off(),
        "pace": Pace(processing_polls=1, moderation_polls=0),
        "default_duration": 1,
    }
    with Emulator(Config(**(usual | changes)), now=lambda: clock.now().timestamp()) as emulator:
        yield Site(Studio(folder / "site", emulator.environment), emulator, clock)
