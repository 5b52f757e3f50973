"""How is the emulator served on a port? By a thread with its own event loop, with typed controls for tests."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import TypeVar

from contentsync.emulator import admin, courier, faults, hosts, life
from contentsync.emulator.config import PUBLIC, Comment, Config, Video
from contentsync.emulator.connection import READ, Connection
from contentsync.emulator.exchange import Exchange
from contentsync.emulator.faults import Action, Fault
from contentsync.emulator.message import Request
from contentsync.emulator.stage import Credentials, Posting, Stage
from contentsync.emulator.webhooks import Parcel

T = TypeVar("T")

HOST = "127.0.0.1"


class Emulator:
    """A stand-in for TikTok on a loopback port; `with Emulator(config) as emulator: … emulator.url`.

    port 0 picks a free one. now: Unix seconds, the clock that the emulator follows and runs ahead of.
    Stopping keeps the state, so that a later start on the same port is an outage that ended. Every lever may be
    pulled from any thread, while it serves and while it does not.
    """

    def __init__(self, config: Config | None = None, *, port: int = 0, now: Callable[[], float] = time.time) -> None:
        self.config = config or Config()
        self.port = port
        self._stage = Stage(self.config, now)
        self._server: _Server | None = None
        self._courier: courier.Courier | None = None

    def start(self) -> Emulator:
        """Take the port and serve; no harm when it does already. Raises OSError when the port is not to be had."""
        if self._server:
            return self
        listener = socket.create_server((HOST, self.port))
        self.port = listener.getsockname()[1]
        self._stage.serve_at(self.url)
        self._server = _Server(listener, self._open, self._stage.clock)
        self._courier = courier.Courier(self._due, self._sent)
        return self

    def stop(self) -> None:
        """Close every connection and give the port back; no harm when it does not serve."""
        carrier, self._courier = self._courier, None
        if carrier:
            carrier.stop()
        server, self._server = self._server, None
        if server:
            server.stop()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    def _open(self, head: Request) -> Exchange:
        if not hosts.is_ours(head.headers.get("host", ""), self.config):
            return hosts.refused(self._stage.world, head)
        if head.path.startswith(admin.PREFIX):
            return admin.open_call(self._stage, head)
        return self._stage.open(head)

    def _do(self, work: Callable[[], T]) -> T:
        """Run a lever where the requests run, so that the two never meet half-way."""
        return self._server.run(work) if self._server else work()

    # What came in

    def ledger(self) -> dict[str, object]:
        """All publish tasks and the counts of requests, as GET /_emulator/ledger."""
        return self._do(self._stage.ledger)

    def requests(self) -> list[dict[str, object]]:
        """The requests in order, as GET /_emulator/requests."""
        return self._do(self._stage.requests)

    def posts(self, account: str | None = None) -> list[Posting]:
        """The postings that TikTok has in full and has not dropped, oldest first, of one account or all."""
        return self._do(lambda: self._stage.postings(account))

    def videos(self, account: str) -> list[Video]:
        """All videos of an account, public or not, in the order in which they came."""
        return self._do(lambda: self._stage.videos(account))

    # How to get in

    @property
    def accounts(self) -> dict[str, Credentials]:
        """The tokens issued last, by account."""
        return self._do(self._stage.credentials)

    @property
    def keys(self) -> dict[str, object]:
        """The first line of `contentsync emulator --json`."""
        return self._do(self._stage.keys)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point contentsync here."""
        return self._do(self._stage.environment)

    # What goes wrong

    def add_fault(self, fault: Fault | str) -> None:
        """Put a fault in force; as text it is `ENDPOINT:ACTION[=VALUE][,KEY=VALUE]…`. Raises ValueError."""
        made = faults.parse(fault) if isinstance(fault, str) else fault
        self._do(lambda: self._stage.book.add(made))

    def clear_faults(self) -> None:
        """Nothing goes wrong any more: a delay under way ends, and a cut wire is whole again."""
        self._do(self._stage.book.clear)

    def cut_the_wire_after(self, calls: int, *, lose_answer: bool = False) -> None:
        """Answer so many calls, then drop all; lose_answer: the first of those is done, but not answered."""
        self._do(lambda: self._stage.book.cut_after(calls, lose_answer))

    def mend_the_wire(self) -> None:
        """Answer again; other faults stay."""
        self._do(self._stage.book.mend)

    def unknown(self, publish_id: str, polls: int) -> None:
        """Let the next status calls not know a posting."""
        self._mark(publish_id, Fault(Action.UNKNOWN, polls=polls))

    def stick(self, publish_id: str) -> None:
        """Keep a posting in processing for ever."""
        self._mark(publish_id, Fault(Action.STUCK))

    def fail(self, publish_id: str, reason: str = "internal") -> None:
        """Let a posting end with a fail_reason."""
        self._mark(publish_id, Fault(Action.FAIL, reason=reason))

    def forget(self, publish_id: str) -> None:
        """Do not know a publish_id, nor its upload_url, any more."""
        self._mark(publish_id, Fault(Action.FORGET))

    def _mark(self, publish_id: str, fault: Fault) -> None:
        self._do(lambda: self._stage.mark(publish_id, fault))

    # What it pushes

    def deliver_to(self, url: str) -> None:
        """Where webhooks are delivered from now on; "" is nowhere, and they wait."""
        self._do(lambda: setattr(self._stage, "webhook_url", url))

    def deliver(self) -> int:
        """Deliver all webhooks that wait, here and now, whether their time has come or not; how many were sent."""
        return courier.carry(self._do(lambda: self._stage.outgoing(at_once=True)), self._sent)

    def send_webhook(self, event: str, **values: object) -> None:
        """Let an event happen that nothing has led to; values: as in POST /_emulator/webhooks. Raises ValueError."""
        self._do(lambda: self._stage.send_webhook(event, values))

    def webhooks(self) -> list[dict[str, object]]:
        """All events in their order, as GET /_emulator/webhooks."""
        return self._do(lambda: [delivery.as_json() for delivery in self._stage.world.outbox])

    def _due(self) -> list[Parcel]:
        return self._do(self._stage.outgoing) if self._stage.webhook_url else []

    def _sent(self, parcel: Parcel, status: int) -> None:
        self._do(lambda: self._stage.sent(parcel, status))

    # What people do in the meantime

    def advance(self, seconds: float) -> None:
        """Push the emulator's clock on."""
        self._do(lambda: self._stage.clock.advance(seconds))

    def change_account(self, name: str, **changes: object) -> None:
        """Replace properties of an account, as the fields of `config.Account`. Raises ValueError."""
        self._do(lambda: self._stage.world.change_account(name, **changes))

    def expire_tokens(self, name: str, *, refresh_too: bool = False) -> None:
        """End the account's access tokens now, and its refresh tokens if asked."""
        self._do(lambda: self._stage.world.tokens.expire(name, refresh_too))

    def revoke(self, name: str) -> None:
        """Take the app's access away, as the owner can."""
        self._do(lambda: self._stage.world.revoke_account(name))

    def add_video(self, name: str, video: Video) -> str:
        """Put a video on an account; the id that it has."""
        return self._do(lambda: str(self._stage.world.add_video(name, video).id))

    def add_comment(self, video_id: str, comment: Comment) -> str:
        """Put a comment under a video; the id that it has. Raises ValueError."""
        return self._do(lambda: str(self._stage.world.add_comment(int(video_id), comment).id))

    def change_video(self, video_id: str, **changes: object) -> None:
        """Replace properties of a video, as the fields of `config.Video`; hidden=True unlists it."""
        self._do(lambda: self._stage.world.change_video(int(video_id), **changes))

    def delete_video(self, video_id: str) -> None:
        """Take a video away for good."""
        self._do(lambda: self._stage.world.delete_video(int(video_id)))

    def publish_draft(self, publish_id: str, caption: str = "", privacy: str = PUBLIC) -> str:
        """Post a draft from the inbox, as the creator does in the app; the id of the video."""
        stage = self._stage
        video = self._do(lambda: life.publish_draft(stage.world, stage.task(publish_id), caption, privacy))
        return str(video.id)

    def discard_draft(self, publish_id: str) -> None:
        """Throw a draft away, as the creator can in the app. Raises ValueError."""
        self._do(lambda: life.discard_draft(self._stage.world, self._stage.task(publish_id)))

    def change_app(self, **changes: object) -> None:
        """Replace properties of the app, as the fields of `config.App`; another client_key is another app."""
        self._do(lambda: self._stage.world.change_app(**changes))

    def reset(self) -> None:
        """Back to the configuration; open connections stay."""
        self._do(self._stage.reset)


class _Server:
    """The thread behind a listening socket, from its start to `stop`."""

    def __init__(
        self, listener: socket.socket, opener: Callable[[Request], Exchange], now: Callable[[], float]
    ) -> None:
        self._listener, self._opener, self._now = listener, opener, now
        self._loop = asyncio.SelectorEventLoop()  # of all loops the one that lets us accept by hand
        self._stopped = asyncio.Event()
        self._clients: set[asyncio.Task[None]] = set()
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="emulator", daemon=True)
        self._thread.start()
        ready.result()

    def run(self, work: Callable[[], T]) -> T:
        """Do `work` in the loop's thread and hand back what comes of it."""
        if threading.current_thread() is self._thread:
            return work()

        async def do() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result()

    def stop(self) -> None:
        """Cut what is open, close the socket, and wait for the thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _run(self, ready: Future[None]) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve(ready))
        finally:
            ready.cancel()  # nobody waits for a server that never came up

    async def _serve(self, ready: Future[None]) -> None:
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)
        ready.set_result(None)
        await self._stopped.wait()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self) -> None:
        """Take the next connection. By hand: asyncio's own server loses one that comes in while it closes."""
        try:
            raw, _ = self._listener.accept()
        except OSError:
            return  # the client has thought better of it
        client = self._loop.create_task(self._talk(raw))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)
        client.add_done_callback(lambda _client: raw.close())  # which also holds for a task that never began

    async def _talk(self, raw: socket.socket) -> None:
        raw.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=raw, limit=READ)
        await Connection(reader, writer, self._opener, self._now).serve()
