"""What do the OAuth endpoints answer? Token pairs for codes and refresh tokens, and revoking."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from contentsync.emulator.message import Request
from contentsync.emulator.refusal import OAuthRefused
from contentsync.emulator.tokens import Grant
from contentsync.emulator.world import World

Data = dict[str, object]

FORM_TYPE = "application/x-www-form-urlencoded"


def token(world: World, request: Request) -> Data:
    """A new token pair, or a client token. Source: User Access Token Management."""
    form = _form(request)
    kind = form.get("grant_type", "")
    if kind == "authorization_code" and world.config.quirks.code_before_client:
        world.tokens.look_at_code(_need(form, "code"))
    client_key = _client(world, form)
    if kind == "authorization_code":
        return _pair(world, _by_code(world, form, client_key))
    if kind == "refresh_token":
        return _pair(world, world.tokens.refresh(_need(form, "refresh_token"), client_key))
    if kind == "client_credentials":
        life = world.config.lives.client_token
        return {"access_token": world.tokens.client_token(), "expires_in": int(life), "token_type": "Bearer"}
    raise OAuthRefused("unsupported_grant_type", f'Grant type "{kind}" is not supported.')


def revoke(world: World, request: Request) -> None:
    """End a grant; the answer has no body. Source: User Access Token Management, "Revoke access"."""
    form = _form(request)
    client_key, token = _client(world, form), _need(form, "token")
    account = world.tokens.owner(token)
    world.tokens.revoke(token, client_key)
    world.emit("authorization.removed", account, {"reason": 5}, client_key)


def _by_code(world: World, form: Mapping[str, str], client_key: str) -> Grant:
    code, redirect_uri = _need(form, "code"), _need(form, "redirect_uri")
    return world.tokens.redeem(code, client_key, redirect_uri, form.get("code_verifier", ""))


def _form(request: Request) -> dict[str, str]:
    if request.content_type != FORM_TYPE:
        raise OAuthRefused("invalid_request", f"Only `{FORM_TYPE}` is accepted as Content-Type.")
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise OAuthRefused("invalid_request", "The request body is malformed.") from None


def _client(world: World, form: Mapping[str, str]) -> str:
    """The client key of whoever asks: the app, or its sandbox."""
    client_key = form.get("client_key", "")
    secret = world.config.app.secret_of(client_key)
    if secret is None or form.get("client_secret") != secret:
        raise OAuthRefused("invalid_client", "Client key or secret is incorrect.")
    return client_key


def _need(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise OAuthRefused("invalid_request", f"The request parameters are malformed: {name} is missing.")
    return value


def _pair(world: World, grant: Grant) -> Data:
    access = grant.latest_access
    return {
        "access_token": access,
        "expires_in": round(grant.access[access] - world.now()),
        "open_id": world.open_id(grant.account, grant.client_key),
        "refresh_expires_in": round(grant.refresh_until - world.now()),
        "refresh_token": grant.refresh,
        "scope": ",".join(grant.scopes),
        "token_type": "Bearer",
    }
