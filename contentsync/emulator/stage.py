"""What belongs to one emulator, apart from its socket? World, faults, log and clock, and their controls.

Tests and the admin routes use the controls; TikTok has none of them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from contentsync.emulator import faults, ledger, life, webhooks
from contentsync.emulator.config import Config, Video
from contentsync.emulator.endpoints import ENDPOINTS, UPLOAD_PATHS
from contentsync.emulator.exchange import Call, Exchange, LogLine, Put, apply_mark
from contentsync.emulator.faults import Fault, FaultBook
from contentsync.emulator.message import Request, plain
from contentsync.emulator.tasks import Task
from contentsync.emulator.timing import MovableClock
from contentsync.emulator.webhooks import Delivery, Parcel
from contentsync.emulator.world import World

LOG_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to act for an account: the pair issued last."""

    open_id: str
    access_token: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting that TikTok has in full and has not dropped: what the owner will see, now or soon."""

    publish_id: str
    account: str
    mode: str
    caption: str
    privacy: str
    sha256: str | None
    status: str
    post_id: str | None


class Stage:
    """One emulator without its socket. Belongs to one thread."""

    def __init__(self, config: Config, now: Callable[[], float]) -> None:
        self.config = config
        self.clock = MovableClock(now)
        self.book = FaultBook()
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.counts: Counter[str] = Counter()
        self.base_url = ""
        self.webhook_url = config.webhook_url
        self.world: World = World(config, self.clock)
        self.reset()

    def reset(self) -> None:
        """Back to the configuration: same ids and tokens, no tasks, an empty log, the clock not ahead."""
        for task in self.world.tasks.values():
            if task.download:
                task.download.stop()
        self.clock.reset()
        self.world = World(self.config, self.clock)
        self.book.clear()
        for text in self.config.faults:
            self.book.add(faults.parse(text))
        self.log.clear()
        self.counts.clear()
        self.serve_at(self.base_url)

    def serve_at(self, base_url: str) -> None:
        """Tell the world under which URL it is reached."""
        self.base_url = self.world.base_url = base_url

    def open(self, head: Request) -> Exchange:
        """Take the head of a request to one of TikTok's paths."""
        exchange = self._exchange(head)
        exchange.are_cleared = self.book.are_cleared()
        return exchange

    def _exchange(self, head: Request) -> Exchange:
        if head.path in UPLOAD_PATHS and head.method == "PUT":
            task = self.world.uploads.get(head.query.get("upload_id", ""))
            line = self._line(head, "upload", task.account if task else "")
            return Put(self.world, line, self.book.meet("upload", line.account), head)
        endpoint = ENDPOINTS.get(head.path)
        if endpoint is None or endpoint.method != head.method:
            status = 405 if endpoint or head.path in UPLOAD_PATHS else 404
            line = self._line(head, "", "")
            return Call(self.world, line, (), head, lambda _world, _request: plain(status, "page not found"))
        line = self._line(head, endpoint.name, self.world.tokens.owner(head.bearer))
        return Call(self.world, line, self.book.meet(endpoint.name, line.account), head, endpoint.answer)

    def _line(self, head: Request, endpoint: str, account: str) -> LogLine:
        line = LogLine(head.method, head.path, endpoint, account)
        self.log.append(line)
        self.counts[endpoint or "unknown"] += 1
        return line

    def ledger(self) -> dict[str, object]:
        """All publish tasks, and how often each endpoint was called."""
        return {"tasks": ledger.tasks_of(self.world), "requests": dict(self.counts)}

    def requests(self) -> list[dict[str, object]]:
        """The requests in the order of their heads."""
        return [line.as_json() for line in self.log]

    def postings(self, account: str | None = None) -> list[Posting]:
        """The postings that live on, oldest first."""
        life.settle_all(self.world)
        found = [task for task in self.world.tasks.values() if task.lives_on]
        return [_posting(task) for task in found if account in (None, task.account)]

    def videos(self, account: str) -> list[Video]:
        """All videos of an account, seen or not, in the order in which they came."""
        life.settle_all(self.world, account)
        return list(self.world.videos[self.world.account(account).name].values())

    def task(self, publish_id: str) -> Task:
        """A publish task; raises ValueError when there is none."""
        if publish_id not in self.world.tasks:
            raise ValueError(f'there is no publish_id "{publish_id}"')
        return self.world.tasks[publish_id]

    def mark(self, publish_id: str, fault: Fault) -> None:
        """Let a fault of the posting kind sit on a task that is there already."""
        apply_mark(self.task(publish_id), fault)

    def outgoing(self, *, at_once: bool = False) -> list[Parcel]:
        """The webhooks to be sent now, signed. at_once: those too whose time has not come."""
        if not self.webhook_url:
            return []
        life.settle_all(self.world)
        return webhooks.outgoing(self.world.outbox, self.book, self.webhook_url, self.clock(), at_once=at_once)

    def sent(self, parcel: Parcel, status: int) -> None:
        """Take down how a webhook was answered; 0 where no answer came."""
        webhooks.answered(parcel, status, self.clock())

    def send_webhook(self, event: str, values: Mapping[str, object]) -> list[Delivery]:
        """Let an event happen that nothing has led to; values: as in POST /_emulator/webhooks."""
        return webhooks.ordered(self.world, event, values)

    def credentials(self) -> dict[str, Credentials]:
        """The tokens issued last, by account."""
        return {name: self._credentials(name) for name in self.world.accounts}

    def _credentials(self, name: str) -> Credentials:
        grant = self.world.tokens.latest(name)
        access = grant.latest_access if grant.access else ""
        return Credentials(self.world.accounts[name].open_id, access, grant.refresh)

    def keys(self) -> dict[str, object]:
        """What a client needs to come in: the first line of `contentsync emulator --json`."""
        app = self.world.config.app
        accounts = {name: asdict(found) for name, found in self.credentials().items()}
        about = {"url": self.base_url, "client_key": app.client_key, "client_secret": app.client_secret}
        return {**about, "accounts": accounts}

    def environment(self) -> dict[str, str]:
        """The variables that point contentsync at this emulator."""
        app = self.world.config.app
        found = {
            "CONTENTSYNC_API_URL": self.base_url,
            "CONTENTSYNC_CLIENT_KEY": app.client_key,
            "CONTENTSYNC_CLIENT_SECRET": app.client_secret,
        }
        for name, tokens in self.credentials().items():
            suffix = name.upper().replace("-", "_")
            found[f"CONTENTSYNC_TOKEN_{suffix}"] = tokens.access_token
            found[f"CONTENTSYNC_REFRESH_TOKEN_{suffix}"] = tokens.refresh_token
        return found


def _posting(task: Task) -> Posting:
    return Posting(
        task.publish_id,
        task.account,
        task.mode.value,
        task.caption,
        task.privacy,
        task.sha256,
        task.status.value,
        str(task.post_ids[0]) if task.post_ids else None,
    )
