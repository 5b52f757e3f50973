"""A project, its emulator, and a receiver without a socket: events go by hand, in any order and number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contentsync.emulator import webhooks as emulated
from contentsync.errors import StoreError
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.webhooks.inbox import Inbox
from contentsync.webhooks.work import Worked, Worker
from tests.attempt.site import Site, a_site
from tests.builders import ManualClock

PUBLISHED = "post.publish.publicly_available"
HIDDEN = "post.publish.no_longer_publicaly_available"
REMOVED = "authorization.removed"


@dataclass
class Desk:
    """Takes events for a site and works on them; each time as another process would."""

    site: Site
    clock: ManualClock
    worked: list[Worked] = field(default_factory=list)
    problems: list[StoreError] = field(default_factory=list)
    started_at: datetime | None = None

    def deliver(self, *bodies: bytes, age: int = 0) -> list[int]:
        """Sign and hand in; the answers."""
        secret = self.site.studio.environment["CONTENTSYNC_CLIENT_SECRET"]
        at = int(self.clock.now().timestamp()) - age
        with self.site.project() as project:
            inbox = Inbox(project.store.events, project.clock, project.app_keys())
            return [inbox.take(emulated.signature(secret, body, at), body).status for body in bodies]

    def work(self) -> list[str]:
        """Work on what is due; what came of each."""
        self.worked.clear()
        with self.site.project() as project:
            Worker(project, self._tell, self.site.stop, self.started_at or self.clock.now()).work_off()
        return [worked.came.outcome for worked in self.worked]

    def _tell(self, told: Worked | StoreError) -> None:
        if isinstance(told, Worked):
            self.worked.append(told)
        else:
            self.problems.append(told)

    def came(self, *bodies: bytes) -> list[str]:
        self.deliver(*bodies)
        return self.work()

    def pushed(self) -> list[bytes]:
        """The bodies of all that the emulator would have delivered."""
        return [str(told["body"]).encode() for told in self.site.emulator.webhooks()]

    def body(self, event: str, account: str = "acme", ago: int = 0, **content: object) -> bytes:
        """An event that happened `ago` seconds ago."""
        open_id = self.site.emulator.accounts[account].open_id
        key = self.site.studio.environment["CONTENTSYNC_CLIENT_KEY"]
        return emulated.body_of(key, event, open_id, content, int(self.clock.now().timestamp()) - ago)

    def read(self, of: Callable[[Project], Any]) -> Any:
        with self.site.project() as project:
            return of(project)

    def bindings(self, account: str = "acme") -> dict[str, str]:
        open_id = self.site.emulator.accounts[account].open_id
        return self.read(lambda project: project.store.bindings(open_id))

    def publish_id(self, name: str = "launch", account: str = "acme") -> str:
        return self.row(name, account).attempts[-1].publish_id

    def row(self, name: str = "launch", account: str = "acme") -> PostState:
        return self.site.row(name, account)

    def calls(self) -> dict[str, int]:
        told: dict[str, int] = self.site.emulator.ledger()["requests"]  # type: ignore[assignment]
        return dict(told)


@contextmanager
def a_desk(folder: Path, clock: ManualClock, **changes: Any) -> Iterator[Desk]:
    with a_site(folder, clock, **changes) as site:
        yield Desk(site, clock)


DAY = timedelta(days=1)
