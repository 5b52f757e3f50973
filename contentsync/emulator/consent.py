"""What does a person see who signs an account in? The consent page, and the redirect back from it."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from contentsync.emulator.config import is_web_uri
from contentsync.emulator.message import Request, Response
from contentsync.emulator.world import World

STYLE = """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:#f4f4f6;color:#161823;
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{width:100%;max-width:440px;background:#fff;border-radius:16px;padding:32px;box-shadow:0 8px 30px #16182314}
.flag{display:inline-block;background:#161823;color:#fff;border-radius:999px;padding:2px 12px;font-size:13px}
h1{font-size:22px;line-height:1.3;margin:16px 0 4px}p{margin:4px 0;color:#5b5d66;font-size:14px}
fieldset{border:0;margin:20px 0 0;padding:0}
legend{padding:0 0 6px;font-size:13px;font-weight:600;color:#5b5d66}
label{display:flex;gap:12px;align-items:flex-start;padding:6px 0;border-top:1px solid #e6e6ea}
label small{display:block;color:#5b5d66}
input{width:18px;height:18px;margin:2px 0 0;accent-color:#d6224a;flex:none}
.buttons{display:flex;gap:12px;margin-top:24px}
button{flex:1;padding:12px;border-radius:10px;border:1px solid #d0d1d7;background:#fff;color:#161823;font:inherit;
font-weight:600;cursor:pointer}
button.yes{background:#d6224a;border-color:#d6224a;color:#fff}
button:focus-visible,input:focus-visible{outline:3px solid #7aa7ff;outline-offset:2px}
code{overflow-wrap:anywhere}
"""
HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} (emulator)</title><style>{style}</style></head>
<body><main><span class="flag">TikTok emulator, not TikTok</span>
"""
FORM = """<h1>Let this {kind} use your account?</h1>
<p><code>{app}</code> asks for access. It sends you back to <code>{uri}</code></p>
<form method="get" action="/v2/auth/authorize/">{hidden}
<fieldset><legend>Account</legend>{accounts}</fieldset>
<fieldset><legend>It may</legend>{scopes}</fieldset>
<div class="buttons"><button name="decision" value="deny">Cancel</button>
<button class="yes" name="decision" value="allow">Authorize</button></div>
</form></main></body></html>
"""
REFUSED = """<h1>This redirect URI is not registered</h1>
<p>The redirect URI <code>{uri}</code> is not registered for this app, so the browser is not sent there.</p>
<p>Registered: {registered}</p></main></body></html>
"""
WRONG = """<h1>Something went wrong</h1>
<p>This app can't log in with TikTok. If you are its developer, correct the following and try again:</p>
<p><code>{what}</code></p></main></body></html>
"""
MEANINGS = {
    "user.info.basic": "Read your avatar and display name",
    "user.info.profile": "Read your profile: handle, bio, verified mark",
    "user.info.stats": "Read your followers, likes and counts",
    "video.list": "Read your public videos",
    "video.publish": "Post content directly",
    "video.upload": "Put drafts into your inbox",
}
ALWAYS = "user.info.basic"  # Source: Scopes Reference: added by default with Login Kit
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
        return _page(400, _refusal(app.redirect_uris, redirect_uri))
    problem = _problem(world, request)
    if problem and world.config.quirks.refusals_shown == "page":
        return _page(400, _refused_request(problem))
    if problem:
        return _back(redirect_uri, {**problem, "state": query.get("state", "")})
    account = world.config.auto_consent or query.get("account", "")
    decision = query.get("decision") or ("allow" if world.config.auto_consent else "")
    if decision == "deny":
        denied = {"error": "access_denied", "error_description": "The user denied the request."}
        return _back(redirect_uri, {**denied, "state": query.get("state", "")})
    if decision != "allow" or account not in world.accounts:
        return _page(200, _form(world, request))
    targets = app.sandbox_targets
    if query["client_key"] == app.sandbox_key and targets is not None and account not in targets:
        # As TikTok was seen to answer where the account is not a target user of the sandbox.
        wrong = {"error": "access_denied", "error_type": "non_sandbox_target"}
        return _back(redirect_uri, {**wrong, "state": query.get("state", "")})
    return _allow(world, request, account)


def _problem(world: World, request: Request) -> dict[str, str]:
    """What is wrong with the request, as redirect parameters; PKCE is looked at when the code is redeemed."""
    query, app = request.query, world.config.app
    if app.secret_of(query.get("client_key", "")) is None:
        return {"error": "unauthorized_client", "error_type": "client_key"}
    if query.get("response_type") != "code":
        return {"error": "unsupported_response_type", "error_type": "response_type"}
    scopes = _scopes(request)
    if not scopes or any(scope not in app.scopes for scope in scopes):
        return {"error": "invalid_scope", "error_type": "scope"}
    has_pkce = bool(query.get("code_challenge")) and query.get("code_challenge_method") == "S256"
    if is_web_uri(query["redirect_uri"]):
        refused = "code_challenge" in query and world.config.quirks.web_pkce == "refused"
    else:
        refused = not has_pkce
    return {"error": "invalid_request", "error_type": "code_challenge"} if refused else {}


def _allow(world: World, request: Request, account: str) -> Response:
    query = request.query
    if "granted" in query:
        chosen = query["granted"].split(",")
    else:
        chosen = _ticked(request) if "form" in query else _scopes(request)
    granted = tuple(scope for scope in _scopes(request) if scope in chosen)
    if world.config.quirks.basic_always and granted and ALWAYS not in granted:
        granted = (ALWAYS, *granted)
    looked_at = world.config.quirks.web_pkce == "checked" or not is_web_uri(query["redirect_uri"])
    challenge = query.get("code_challenge", "") if looked_at else ""
    code = world.tokens.offer_code(account, query["client_key"], granted, query["redirect_uri"], challenge)
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
    kept = {name: request.query[name] for name in ASKED if name in request.query} | {"form": "1"}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in kept.items())
    app = world.config.app
    key = request.query["client_key"]
    body = FORM.format(
        kind="sandbox" if key == app.sandbox_key else "app",
        app=escape(key),
        uri=escape(request.query["redirect_uri"]),
        hidden=hidden,
        accounts="".join(_account(name, place) for place, name in enumerate(world.accounts)),
        scopes="".join(map(_scope, _scopes(request))),
    )
    return HEAD.format(title="Log in with TikTok", style=STYLE) + body


def _account(name: str, place: int) -> str:
    checked = " checked" * (not place)
    return f'<label><input type="radio" name="account" value="{escape(name)}"{checked}> {escape(name)}</label>'


def _scope(scope: str) -> str:
    """A box to untick, save for the scope that always goes with a sign-in."""
    name, shown = f"may.{escape(scope)}", f"<span>{escape(scope)}<small>{MEANINGS.get(scope, '')}</small></span>"
    if scope == ALWAYS:
        always = f'<input type="hidden" name="{name}" value="on">'
        return f'{always}<label><input type="checkbox" checked disabled>{shown}</label>'
    return f'<label><input type="checkbox" name="{name}" checked>{shown}</label>'


def _refusal(registered: tuple[str, ...], uri: str) -> str:
    known = ", ".join(f"<code>{escape(one)}</code>" for one in registered) or "none"
    body = REFUSED.format(uri=escape(uri) or "(none)", registered=known)
    return HEAD.format(title="Redirect URI not registered", style=STYLE) + body


def _refused_request(problem: dict[str, str]) -> str:
    return HEAD.format(title="Something went wrong", style=STYLE) + WRONG.format(what=escape(problem["error_type"]))


def _page(status: int, text: str) -> Response:
    return Response(status, text.encode(), (("content-type", "text/html; charset=utf-8"),))


def _back(redirect_uri: str, values: dict[str, str]) -> Response:
    return Response(302, headers=(("location", f"{redirect_uri}?{urlencode(values)}"),))
