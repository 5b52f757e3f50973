"""How is a delivery received over HTTP? A starlette app with one route, and limits on what a client may cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from contentsync.webhooks.inbox import Inbox, Received
from contentsync.webhooks.signature import HEADER

BODY_BYTES: Final = 65_536
BODY_SECONDS: Final = 5.0
_LAST: Final = {"connection": "close"}  # one request a connection: an idle one holds no place


def make_app(inbox: Inbox, path: str, received: Callable[[Received], None]) -> Starlette:
    """The app: only POST, only `path`; answers have no body. received: called with each judged delivery."""

    async def deliver(request: Request) -> Response:
        body = await _body_of(request)
        if isinstance(body, int):
            return Response(status_code=body, headers=_LAST)
        header = ",".join(request.headers.getlist(HEADER))
        answer = await run_in_threadpool(inbox.take, header, body)
        received(answer)
        return Response(status_code=answer.status, headers=_LAST)

    app = Starlette(
        routes=[Route(path, deliver, methods=["POST"])],
        exception_handlers={HTTPException: _refuse},
    )
    app.router.redirect_slashes = False
    return app


async def _refuse(_request: Request, err: Exception) -> Response:
    """404 and 405, without a body."""
    assert isinstance(err, HTTPException)
    return Response(status_code=err.status_code, headers={**(err.headers or {}), **_LAST})


async def _body_of(request: Request) -> bytes | int:
    """The raw body, or the status that refuses it: too long, too slow, or cut off."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > BODY_BYTES:
        return 413
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for block in request.stream():
                body += block
                if len(body) > BODY_BYTES:
                    return 413
    except TimeoutError:
        return 408
    except ClientDisconnect:
        return 400
    return bytes(body)
