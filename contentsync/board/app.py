"""How is the board served over HTTP? A starlette app: each request passes the guard, then reads or does one thing.

Each request opens the project again, so it sees the files and the state as they are, and no thread shares a project
with another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contentsync.board.desk import Answer, Desk, Form
from contentsync.board.guard import COOKIE, OPEN, Facts, Guard, Refusal
from contentsync.board.live import Live

BODY_BYTES: Final = 65_536
HEARTBEAT: Final = 15.0  # seconds
PAUSE: Final = 1.0  # between two words to one page
#: Shown for a file that can't be decoded.
NONE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 160">'
    '<rect width="90" height="160" rx="6" fill="#2a2f36"/><path d="M36 62v28l24-14z" fill="#8b949e"/></svg>'
)
HEADERS: Final = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"frame-ancestors 'none'",  # the rest of the policy is in each page
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


def make_app(guard: Guard, desk: Desk, live: Live) -> Starlette:
    """The app. What it shows and does is in `desk`."""

    async def read(request: Request) -> Response:
        page = request.path_params.get("page", "")
        post = request.path_params.get("post", "")
        return _html(await run_in_threadpool(desk.show, page, post))

    async def act(request: Request) -> Response:
        form = await _form_of(request)
        if refusal := guard.refuse_form(form.one("form")):
            return _refused(refusal)
        post = request.path_params.get("post", "")
        return _html(await run_in_threadpool(desk.act, request.path_params["action"], post, form))

    async def media(request: Request) -> Response:
        number = request.path_params["number"]
        found = await run_in_threadpool(desk.media, request.path_params["post"], number)
        if found is None:
            raise HTTPException(404)
        return FileResponse(found.path, headers={"content-type": found.type})

    async def picture(request: Request) -> Response:
        sha256, milliseconds = request.path_params["sha256"], request.path_params["milliseconds"]
        found = await run_in_threadpool(desk.picture, sha256, milliseconds)
        if found is None:
            raise HTTPException(404)
        return _picture(found)

    async def events(request: Request) -> Response:
        if not live.has_room:
            raise HTTPException(503)
        return StreamingResponse(_beats(live, request), headers={"content-type": "text/event-stream"})

    async def enter(request: Request) -> Response:
        if request.method != "GET":  # a look at the link must not use it up
            raise HTTPException(405)
        session = guard.sign_in(request.query_params.get("token", ""))
        if session is None:
            return _refused(Refusal.LINK)
        # A page that goes on by itself: after a redirect from another site a browser would hold the cookie back.
        response = HTMLResponse(_ENTER.format(base=guard.base))
        response.set_cookie(COOKIE, session, path=f"{guard.base}/", httponly=True, samesite="strict")
        return response

    pages = [
        Route("/", read),
        Route("/events", events),
        Route("/media/{post:path}/{number:int}", media),
        Route("/picture/{sha256:str}/{milliseconds:int}", picture),
        Route("/{page:str}", read),
        Route("/{action:str}", act, methods=["POST"]),
        Route("/{page:str}/{post:path}", read),
        Route("/{action:str}/{post:path}", act, methods=["POST"]),
    ]
    app = Starlette(
        routes=[Route(OPEN, enter), Mount(guard.base, routes=pages)],
        middleware=[Middleware(_Guarded, guard=guard)],
        exception_handlers={HTTPException: _in_words},
    )
    app.router.redirect_slashes = False
    return app


_ENTER: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>contentsync board</title>'
    '<meta http-equiv="refresh" content="0; url={base}/"><p><a href="{base}/">Open the board</a></p></html>'
)


class _Guarded:
    """Asks the guard about each request, and adds the headers of every answer."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in message["headers"]}
                more = [(name, value) for name, value in HEADERS.items() if name not in named]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        refusal = self._guard.refuse(_facts(Request(scope)))
        app = self._app if refusal is None else _refused(refusal)
        await app(scope, receive, answer)


def _facts(request: Request) -> Facts:
    told = request.headers
    hosts = told.getlist("host")
    return Facts(
        method=request.method,
        path=request.scope["path"],
        host=hosts[0] if len(hosts) == 1 else "",
        origin=told.get("origin", ""),
        site=told.get("sec-fetch-site", ""),
        cookie=_cookie(told.get("cookie", "")),
    )


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _refused(refusal: Refusal) -> Response:
    return PlainTextResponse(f"{refusal.value}\n", refusal.status)


def _picture(data: bytes) -> Response:
    """A picture. Its address names the digest of its file, so a browser may keep it while the board runs."""
    if not data:
        return Response(NONE, headers={"content-type": "image/svg+xml"})
    return Response(data, headers={"content-type": "image/jpeg", "cache-control": "private, max-age=86400"})


def _html(answer: Answer) -> Response:
    return HTMLResponse(answer.page, answer.status)


async def _in_words(_request: Request, err: Exception) -> Response:
    assert isinstance(err, HTTPException)
    return PlainTextResponse(f"{err.detail}\n", err.status_code, headers=err.headers)


async def _form_of(request: Request) -> Form:
    """The fields of a form. Raises HTTPException if the body is too long or no form."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = bytearray()
    try:
        async for block in request.stream():
            body += block
            if len(body) > BODY_BYTES:
                raise HTTPException(413)
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=100)
    except ClientDisconnect as err:
        raise HTTPException(400) from err
    except ValueError as err:
        raise HTTPException(400) from err
    return Form(fields)


async def _beats(live: Live, request: Request) -> AsyncIterator[str]:
    """Server-sent events: a word whenever the page may have changed, and comments that keep the connection open."""
    with live.listening() as listener:
        yield "event: hello\ndata: \n\n"
        while not live.is_over and not await request.is_disconnected():
            changed = await listener.wait(HEARTBEAT)
            yield "event: changed\ndata: \n\n" if changed else ": still here\n\n"
            await asyncio.sleep(PAUSE)  # an upload tells of each chunk
