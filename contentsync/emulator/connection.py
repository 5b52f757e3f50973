"""How does HTTP run on one socket? h11 on asyncio streams, so that the emulator holds the socket and can cut it.

`exchange.py` decides what is answered; this module decides when to read, send, delay or stop.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from email.utils import formatdate

import h11

from contentsync.emulator.exchange import Exchange, TooLarge
from contentsync.emulator.faults import Action
from contentsync.emulator.message import Request, Response, plain

READ = 262_144
HEAD_LIMIT = 65_536
LINGER_SECONDS = 1.0
GLANCE_SECONDS = 0.02


class Gone(Exception):
    """The client went away, or we cut the wire: there is nobody to answer."""


Opener = Callable[[Request], Exchange]


class Connection:
    """One client's connection, from its first byte to its last. now: Unix seconds, for the Date of each answer."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        opener: Opener,
        now: Callable[[], float],
    ) -> None:
        self._reader, self._writer, self._open, self._now = reader, writer, opener, now
        self._bodiless = False
        self._gap = 0.0  # seconds between the bytes of the answer
        self._date_off = 0.0  # seconds by which the answer's Date is wrong
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve(self) -> None:
        """Answer until either side is done; a client that leaves is no error."""
        try:
            while await self._serve_one():
                pass
            await self._close()
        except (Gone, OSError):
            pass
        except h11.RemoteProtocolError as err:
            await self._refuse_protocol(err)
        finally:
            self._writer.transport.abort()

    async def _serve_one(self) -> bool:
        """Answer one request; False when the connection is at its end."""
        event = await self._next()
        if not isinstance(event, h11.Request):
            return False
        try:
            head = _head(event)
        except ValueError:
            return await self._send(plain(400, "the target is not a URL"), done=False)
        self._bodiless = head.method == "HEAD"
        exchange = self._open(head)
        try:
            return await self._answer(exchange)
        except TooLarge:
            exchange.line.status = 413
            return await self._send(plain(413, "the body is too large"), done=False)

    async def _answer(self, exchange: Exchange) -> bool:
        trickle, date = exchange.fault(Action.TRICKLE), exchange.fault(Action.DATE)
        self._gap, self._date_off = trickle.seconds if trickle else 0.0, date.seconds if date else 0.0
        await self._before(exchange)
        swap = exchange.fault(Action.STATUS, Action.ERROR, after=False)
        early = exchange.stand_in(swap) if swap and swap.early else None
        if early is None and self._http.they_are_waiting_for_100_continue:
            early = exchange.early
        if early is not None:
            exchange.line.status = early.status
            return await self._send(early, done=False)
        await self._body(exchange)
        if exchange.fault(Action.DROP_BEFORE):
            raise Gone
        if exchange.fault(Action.STALL, after=False):
            await self._hang()
        answer = exchange.answer()
        await self._after(exchange)
        exchange.line.status = answer.status
        cut = exchange.fault(Action.TRUNCATE)
        if cut:
            await self._send_part(answer, cut.bytes)
        return await self._send(answer, done=True)

    async def _before(self, exchange: Exchange) -> None:
        await _delay(exchange, after=False)

    async def _after(self, exchange: Exchange) -> None:
        """What goes wrong between the work and its answer."""
        if exchange.fault(Action.DROP_AFTER):
            raise Gone
        if exchange.fault(Action.STALL, after=True):
            await self._hang()
        await _delay(exchange, after=True)

    async def _body(self, exchange: Exchange) -> None:
        """Read the body, up to where a fault stops it."""
        stop = exchange.fault(Action.CUT, Action.STALL, after=False)
        left = (stop.bytes or 0) if stop and (stop.action is Action.CUT or stop.bytes is not None) else None
        while left is None or left > 0:
            event = await self._next()
            if isinstance(event, h11.EndOfMessage):
                break
            assert isinstance(event, h11.Data)
            data = bytes(event.data)
            exchange.feed(data if left is None else data[:left])
            left = None if left is None else left - len(data)
        if stop and stop.action is Action.CUT:
            raise Gone
        if left is not None and left <= 0:
            await self._hang()

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                await self._receive()
                continue
            if isinstance(event, h11.ConnectionClosed) and self._http.our_state is not h11.IDLE:
                raise Gone
            assert event is not h11.NEED_DATA
            return event  # type: ignore[return-value]  # NEED_DATA never gets here

    async def _receive(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            await self._write(h11.InformationalResponse(status_code=100, headers=[]))
        data = await self._reader.read(READ)
        self._http.receive_data(data)

    async def _send(self, answer: Response, done: bool) -> bool:
        """Send an answer; True when another request may follow. done: this one was read to its end."""
        closing = [] if done else [("connection", "close")]
        await self._write(self._start(answer, closing))
        if not self._bodiless and answer.status not in (204, 304):
            await self._write(h11.Data(data=answer.body))
        await self._write(h11.EndOfMessage())
        if not done or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def _send_part(self, answer: Response, length: int | None) -> None:
        """Promise the whole body, send the beginning of it, and close."""
        await self._write(self._start(answer, []))
        await self._write(h11.Data(data=answer.body[: len(answer.body) // 2 if length is None else length]))
        raise Gone

    def _start(self, answer: Response, extra: list[tuple[str, str]]) -> h11.Response:
        date = self._now() + self._date_off
        about = [("content-length", str(len(answer.body))), ("date", formatdate(date, usegmt=True))]
        return h11.Response(status_code=answer.status, headers=[*answer.headers, *about, *extra])

    async def _write(self, event: h11.Event) -> None:
        data = self._http.send(event) or b""
        for part in _bytes_of(data) if self._gap else [data]:
            self._writer.write(part)
            await self._writer.drain()
            if self._gap:
                await asyncio.sleep(self._gap)

    async def _refuse_protocol(self, err: h11.RemoteProtocolError) -> None:
        """Tell a client that does not speak HTTP, as far as it can still be told."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        try:
            await self._send(plain(err.error_status_hint, str(err)), done=False)
            await self._close()
        except (Gone, OSError):
            pass

    async def _hang(self) -> None:
        """Say nothing until the client gives up."""
        while await self._reader.read(READ):
            pass
        raise Gone

    async def _close(self) -> None:
        """Close our side, then drain theirs for a moment: a reset could overtake the answer."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(READ):
                    pass
        except TimeoutError:
            pass


async def _delay(exchange: Exchange, *, after: bool) -> None:
    """Wait as long as a fault says, but not past the moment at which the faults are cleared."""
    delay, clock = exchange.fault(Action.DELAY, after=after), asyncio.get_running_loop().time
    ends_at = clock() + (delay.seconds if delay else 0.0)
    while (left := ends_at - clock()) > 0 and not exchange.are_cleared():
        await asyncio.sleep(min(left, GLANCE_SECONDS))


def _bytes_of(data: bytes) -> list[bytes]:
    """Each byte by itself."""
    return [data[at : at + 1] for at in range(len(data))]


def _head(event: h11.Request) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
    return Request.of(event.method.decode("ascii"), event.target.decode("latin-1"), headers)
