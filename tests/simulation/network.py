"""What becomes of a request on its way? The transport below the real client, with every fault of the wire."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import httpx

from contentsync.errors import NotSent, Problem
from contentsync.tiktok.answers import unanswered
from contentsync.tiktok.client import Client
from contentsync.tiktok.exchange import Answer as Heard
from contentsync.tiktok.exchange import Exchange
from tests.simulation.faults import DELAYS, FAIL_REASONS, LIES
from tests.simulation.world import API, Answer, refused

if TYPE_CHECKING:
    from tests.simulation.machine import Machine

TIMEOUT = 30.0
TRAVEL = 0.05
OF_TIKTOK = {*FAIL_REASONS, *LIES, "stuck", "forgotten"}
NOT_SENT = {"lost", "500", "429", "401", "401-signed-out", "signed-out", "403", "404", "416", "empty-list"}
CANNED = {
    "500": (500, None, {}),
    "429": refused("rate_limit_exceeded", 429),
    "401": refused("access_token_invalid", 401),
    "401-signed-out": refused("access_token_invalid", 401),
    "signed-out": refused("access_token_invalid", 401),
    "403": (403, None, {}),
    "404": (404, None, {}),
    "416": (416, None, {}),
    "unknown-id": refused("invalid_publish_id", 400),
    "bare": (200, {"data": {"status": "PROCESSING_UPLOAD"}, "error": {"code": "ok"}}, {}),
    "empty": (200, {"data": {}, "error": {"code": "ok"}}, {}),
    "empty-list": (200, {"data": {"videos": [], "has_more": False}, "error": {"code": "ok"}}, {}),
    "applied-500": (502, None, {}),
    "garbage": (200, None, {}),
    "bare-201": (200, None, {}),
}


class Crash(BaseException):
    """The machine is off from here on; nothing that it has in memory comes back."""


@dataclass(frozen=True)
class Parcel:
    """A request on its way. body: JSON of a call, bytes of a chunk. span: first, last, total of a chunk.

    slept: its sender was stopped after it began, before its body went.
    """

    kind: str
    path: str
    body: Any
    begun: float
    span: tuple[int, int, int] = (0, 0, 0)
    slept: bool = False

    @property
    def mark(self) -> str:
        """Which of the declared posts an init is about."""
        source = self.body["source_info"]
        return str(source.get("video_url") or source.get("video_size"))

    def __str__(self) -> str:
        if self.kind in {"put", "last"}:
            return f"PUT {self.span[0]}-{self.span[1]}/{self.span[2]} ({len(self.body)} bytes)"
        return f"{self.kind} {self.body.get('publish_id', '') if self.body else ''}".strip()


class Line(httpx.BaseTransport):
    """One machine's line to TikTok: the transport below the real client."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._life = machine, machine.life

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request to TikTok, and its answer back, as far as the fault of this point allows."""
        blocks = cast("Iterable[bytes]", request.stream)
        status, body, headers = self.carry(request.method, str(request.url), request.headers, blocks)
        content = json.dumps(body).encode() if body is not None else b"<html>"
        return httpx.Response(status, headers=headers, content=content)

    def carry(self, method: str, url: str, headers: Mapping[str, str], blocks: Iterable[bytes]) -> Answer:
        """The same, in plain values. Raises what httpx raises."""
        life, machine = self._life, self._machine
        parcel = self._parcel(method, url, headers, blocks)
        fault = life.point(machine, parcel.kind, str(parcel), pulls=_pulls(parcel))
        machine.sends(parcel)
        life.pass_time(TRAVEL)
        life.deliver_due()
        begun = parcel.begun if parcel.slept else life.world.now
        status, answered, more = self._carried(replace(parcel, begun=begun), fault)
        answer = status, answered, more | life.world.date()
        machine.hears(parcel, answer)
        life.pass_time(TRAVEL)
        if life.tracing:
            life.say(machine, f"  {status} {(answered or {}).get('data', answered or '')} {more or ''}")
        return answer

    def _parcel(self, method: str, url: str, headers: Mapping[str, str], blocks: Iterable[bytes]) -> Parcel:
        begun = self._life.world.now
        if method != "PUT":
            path = url.partition("?")[0].removeprefix(API)
            kind = "init" if path.endswith("/init/") else "status" if "/status/" in path else "list"
            return Parcel(kind, path, json.loads(b"".join(blocks)), begun)
        first, last, total = map(int, re.findall(r"[0-9]+", headers["Content-Range"]))
        kind = "last" if last == total - 1 else "put"
        if self._life.point(self._machine, "body", f"the body of bytes {first}-{last}") == "crash-before":
            self._machine.crash()
        slept, body = self._life.world.now - begun > TIMEOUT, bytearray()
        try:
            for block in blocks:
                body += block
        except BaseException:
            if body:
                self._life.deliver(Parcel(kind, url, bytes(body), begun, (first, last, total)))
            raise
        return Parcel(kind, url, bytes(body), begun, (first, last, total), slept)

    def _carried(self, parcel: Parcel, fault: str | None) -> Answer:
        if fault is None:
            return self._life.deliver(parcel)
        if fault in OF_TIKTOK:
            return self._struck(parcel, fault)
        if fault.startswith("crash"):
            self._crash(parcel, fault)
        if fault in {"401-signed-out", "signed-out"}:
            self._machine.signed_out = True
        return self._mangled(parcel, fault)

    def _struck(self, parcel: Parcel, fault: str) -> Answer:
        """TikTok gets into trouble with the posting: before it tells of it, or once it has what is sent."""
        life = self._life
        if parcel.kind == "init" and fault in FAIL_REASONS:
            life.world.fails_next.append(FAIL_REASONS[fault])
        elif parcel.kind == "status":
            self._strike(parcel, fault)
        answer = life.deliver(parcel)
        if parcel.kind != "status":
            self._strike(parcel, fault)
        return answer

    def _mangled(self, parcel: Parcel, fault: str) -> Answer:
        """The request or its answer is lost, late, doubled, cut or of another kind."""
        life = self._life
        if fault == "no-connection":
            raise httpx.ConnectError("simulated")
        if fault == "cut":
            life.deliver(_cut(parcel))
            raise httpx.WriteError("simulated")
        if fault.startswith("late-"):
            life.post_late(parcel, DELAYS[fault.removeprefix("late-")])
        elif fault not in NOT_SENT:
            answer = life.deliver(parcel)
            if fault == "twice":
                life.deliver(parcel)
            if fault == "twice-late":
                life.post_late(parcel, DELAYS["10m"])
            return self._no_answer() if fault == "answer-lost" else CANNED.get(fault, answer)
        return CANNED[fault] if fault in CANNED else self._no_answer()

    def _no_answer(self) -> Answer:
        self._life.pass_time(TIMEOUT)
        raise httpx.ReadTimeout("simulated")

    def _crash(self, parcel: Parcel, fault: str) -> None:
        if fault == "crash-after":
            self._life.deliver(parcel)
        elif fault == "crash-cut":
            self._life.deliver(_cut(parcel))
        elif fault.startswith("crash-late-"):
            self._life.post_late(parcel, DELAYS[fault.removeprefix("crash-late-")])
        self._machine.crash()

    def _strike(self, parcel: Parcel, fault: str) -> None:
        """What TikTok does to the posting that a request speaks of, while it is not over."""
        world = self._life.world
        found = [t for t in world.tasks.values() if parcel.kind == "init" or _is_about(parcel, t.publish_id)]
        if not found or found[-1].is_over(world.now):
            return
        task = found[-1]
        task.forgotten = task.forgotten or fault == "forgotten"
        task.stuck = task.stuck or fault == "stuck"
        if fault in FAIL_REASONS and (task.pulls or not math.isinf(task.ends_at)):
            task.fails = FAIL_REASONS[fault]
        if fault in LIES:
            task.lies = fault


def _cut(parcel: Parcel) -> Parcel:
    return Parcel(parcel.kind, parcel.path, parcel.body[: len(parcel.body) // 2], parcel.begun, parcel.span)


def _is_about(parcel: Parcel, publish_id: str) -> bool:
    if parcel.kind == "status":
        return bool(parcel.body["publish_id"] == publish_id)
    return parcel.kind in {"put", "last"} and f"={publish_id}&" in parcel.path


def _pulls(parcel: Parcel) -> bool:
    return parcel.kind == "init" and parcel.body["source_info"]["source"] == "PULL_FROM_URL"


class QuickExchange(Exchange):
    """The same exchange of plain values, without what httpx makes of them: half of the time of a life."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def send(
        self,
        method: str,
        url: str,
        shown: str,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None = None,
        upload: bool = False,
        secrets: Collection[str] = (),
    ) -> Heard:
        """As Exchange.send: NotSent where no connection came about, Unanswered for all else on the wire."""
        blocks = [content or b""] if content is None or isinstance(content, bytes) else content
        try:
            status, body, more = self._line.carry(method, url, headers, blocks)
        except httpx.ConnectError as err:
            raise NotSent(Problem("not-sent", f"{shown} was not called: simulated")) from err
        except httpx.HTTPError as err:
            raise unanswered(f"{method} {shown} was cut off before an answer came") from err
        return Heard(status, more, body)

    def close(self) -> None:
        """There is nothing to close."""


class QuickClient(Client):
    """The real client over a QuickExchange."""

    def __init__(self, base_url: str, credentials: Any, throttle: Any, clock: Any, line: Line) -> None:
        super().__init__(base_url, credentials, throttle, clock)
        self._exchange = QuickExchange(line)
