"""What does a person see who is asked to let the app in? The consent page, and the way back from it."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit

from contentsync.emulator.message import Request, Response
from contentsync.emulator.world import World

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Log in with TikTok (emulator)</title>
<h1>{app} would like to use a TikTok account</h1>
<form method="get" action="/v2/auth/authorize/">{hidden}
<fieldset><legend>Account</legend>{accounts}</fieldset>
<fieldset><legend>It may</legend>{scopes}</fieldset>
<button name="decision" value="allow">Authorize</button>
<button name="decision" value="deny">Cancel</button>
</form></html>
"""
ASKED = (
    "client_key",
    "response_type",
    "scope",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
)


def authorize(world: World, request: Request) -> Response:
    """The page; or, once decided, the redirect with a code or an error. Source: Login Kit for Desktop.

    Beside TikTok's own parameters: decision (allow, deny), account, and granted (scopes, comma-separated).
    """
    query, app = request.query, world.config.app
    redirect_uri = query.get("redirect_uri", "")
    if not any(_fits(pattern, redirect_uri) for pattern in app.redirect_uris):
        return _page(400, "<!doctype html><title>Error</title><p>redirect_uri is not registered for this app.</p>")
    problem = _problem(world, request)
    if problem:
        return _back(redirect_uri, {**problem, "state": query.get("state", "")})
    account = world.config.auto_consent or query.get("account", "")
    decision = query.get("decision") or ("allow" if world.config.auto_consent else "")
    if decision == "deny":
        denied = {"error": "access_denied", "error_description": "The user denied the request."}
        return _back(redirect_uri, {**denied, "state": query.get("state", "")})
    if decision != "allow" or account not in world.accounts:
        return _page(200, _form(world, request))
    return _allow(world, request, account)


def _problem(world: World, request: Request) -> dict[str, str]:
    """What is wrong with the request, as redirect parameters; PKCE is looked at when the code is redeemed."""
    query, app = request.query, world.config.app
    if query.get("client_key") != app.client_key:
        return {"error": "unauthorized_client", "error_type": "client_key"}
    if query.get("response_type") != "code":
        return {"error": "unsupported_response_type", "error_type": "response_type"}
    scopes = _scopes(request)
    if not scopes or any(scope not in app.scopes for scope in scopes):
        return {"error": "invalid_scope", "error_type": "scope"}
    loopback = urlsplit(query["redirect_uri"]).hostname in ("127.0.0.1", "localhost")
    if loopback and not (query.get("code_challenge") and query.get("code_challenge_method") == "S256"):
        return {"error": "invalid_request", "error_type": "code_challenge"}
    return {}


def _allow(world: World, request: Request, account: str) -> Response:
    query = request.query
    chosen = query["granted"].split(",") if "granted" in query else _ticked(request) or _scopes(request)
    granted = tuple(scope for scope in _scopes(request) if scope in chosen)
    challenge = query.get("code_challenge", "")
    code = world.tokens.offer_code(account, granted, query["redirect_uri"], challenge)
    return _back(query["redirect_uri"], {"code": code, "scopes": ",".join(granted), "state": query.get("state", "")})


def _scopes(request: Request) -> list[str]:
    return [scope for scope in request.query.get("scope", "").split(",") if scope]


def _ticked(request: Request) -> list[str]:
    return [name.removeprefix("may.") for name in request.query if name.startswith("may.")]


def _fits(pattern: str, uri: str) -> bool:
    """True when a redirect URI is the registered one; `*` stands for any port."""
    before, star, after = pattern.partition(":*")
    if not star:
        return uri == pattern
    port = uri.removeprefix(f"{before}:").removesuffix(after)
    return uri == f"{before}:{port}{after}" and port.isascii() and port.isdecimal()


def _form(world: World, request: Request) -> str:
    kept = {name: request.query[name] for name in ASKED if name in request.query}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in kept.items())
    accounts = "".join(
        f'<label><input type="radio" name="account" value="{name}" {"checked" * (not place)}> {name}</label>'
        for place, name in enumerate(world.accounts)
    )
    scopes = "".join(
        f'<label><input type="checkbox" name="may.{escape(scope)}" checked> {escape(scope)}</label>'
        for scope in _scopes(request)
    )
    return PAGE.format(app=escape(world.config.app.client_key), hidden=hidden, accounts=accounts, scopes=scopes)


def _page(status: int, text: str) -> Response:
    return Response(status, text.encode(), (("content-type", "text/html; charset=utf-8"),))


def _back(redirect_uri: str, values: dict[str, str]) -> Response:
    return Response(302, headers=(("location", f"{redirect_uri}?{urlencode(values)}"),))
