"""What stands for TikTok and for an account in these tests: canned answers, a fixed token, a client over both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from contentsync.tiktok.client import Client
from contentsync.tiktok.throttle import MemoryLedger, Throttle
from tests.builders import ManualClock

BASE_URL = "https://open.tiktokapis.com"
UPLOAD_URL = "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=UploadSecret"
TOKEN = "act.SecretOfAcme"

Handler = Callable[[httpx.Request], httpx.Response]
Step = httpx.Response | Exception


class FixedBearer:
    """An account whose token is renewed by counting up; renewals are noted, or fail with `problem`.

    signed_out: what asking for a token raises.
    """

    def __init__(
        self,
        scopes: frozenset[str] | None = None,
        problem: Exception | None = None,
        signed_out: Exception | None = None,
        step_to_renew: str = "",
    ) -> None:
        self.step_to_renew = step_to_renew
        self.granted = scopes
        self.problem = problem
        self.signed_out = signed_out
        self.renewed: list[str] = []

    def token(self) -> str:
        if self.signed_out:
            raise self.signed_out
        return TOKEN if not self.renewed else f"{TOKEN}{len(self.renewed)}"

    def refresh(self, stale: str) -> str:
        if self.problem:
            raise self.problem
        self.renewed.append(stale)
        return self.token()

    def scopes(self) -> frozenset[str] | None:
        return self.granted

    def renewal(self) -> str:
        return self.step_to_renew


class Script:
    """A transport that answers with `steps` in their order, the last one for ever, and keeps the requests."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step.status_code, headers=step.headers, content=step.content)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def json(self, number: int = -1) -> Any:
        return json.loads(self.bodies[number])


def a_client(handler: Handler, clock: ManualClock | None = None, **over: Any) -> Client:
    """A client for acme that speaks to `handler`; its waits pass at once."""
    clock = clock or ManualClock()
    given: dict[str, Any] = {
        "base_url": BASE_URL,
        "credentials": FixedBearer(),
        "throttle": Throttle(MemoryLedger(), clock, "acme"),
        "clock": clock,
        "transport": httpx.MockTransport(handler),
    }
    return Client(**(given | over))


def ok(data: object = None, status: int = 200) -> httpx.Response:
    error = {"code": "ok", "message": "", "log_id": "20260301120000AB"}
    return httpx.Response(status, json={"data": {} if data is None else data, "error": error})


def no(code: str, status: int = 400, message: str = "", log_id: str = "20260301120000AB") -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message, "log_id": log_id}})


def a_page(ids: Iterable[int], cursor: object = 0, more: object = False) -> httpx.Response:
    """A page of the list; a video's id is also the second at which it was made."""
    videos = [{"id": str(number), "create_time": number} for number in ids]
    return ok({"videos": videos, "cursor": cursor, "has_more": more})
