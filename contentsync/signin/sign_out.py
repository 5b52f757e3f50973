"""How does an account sign out? TikTok revokes its access; its tokens are deleted here in any case."""

from __future__ import annotations

from dataclasses import dataclass, field

from contentsync.destinations import host_on_this_machine
from contentsync.errors import NotSent, Problem, Refused, Unanswered
from contentsync.project import Project
from contentsync.settings import Account
from contentsync.tiktok import oauth
from contentsync.tiktok.auth import owners
from contentsync.tiktok.exchange import Exchange
from contentsync.tiktok.oauth import AppKeys
from contentsync.tiktok.overriding_token import variables
from contentsync.tiktok.tokens import Owner, Pair, TokenStore

BY_HAND = "remove the access by hand in TikTok's app: Settings, Security, Manage app permissions"


@dataclass(slots=True)
class Left:
    """The result. revoked: pairs that no longer work at TikTok. forgotten: pairs that were stored here.

    failures: what TikTok did not do. remains: what can't be done from here.
    """

    revoked: int = 0
    forgotten: int = 0
    failures: list[Problem] = field(default_factory=list)
    remains: list[Problem] = field(default_factory=list)


def sign_out(project: Project, account: Account) -> Left:
    """Revoke and forget all tokens of an account, those of the app's sandbox too. Raises StoreError."""
    left = Left()
    direct = bool(host_on_this_machine(project.api_url))
    exchange = Exchange(project.clock, project.transport, project.on_request, direct=direct)
    tokens = project.tokens
    try:
        for owner, keys in _apps(project, account):
            pairs = tokens.all_of(owner)
            seed = _seed(project, account)
            if seed and keys is not None and owner.client_key == (project.settings.app.client_key or ""):
                pairs += [] if any(pair.seed_sha256 == seed.seed_sha256 for pair in pairs) else [seed]
            left.forgotten += sum(pair.saved_at is not None for pair in pairs)
            for pair in pairs:
                _revoke(project, exchange, tokens, owner, keys, pair, left)
            if pairs:
                tokens.forget(owner)
    finally:
        exchange.close()
    _tell_what_remains(project, account, left)
    return left


def _apps(project: Project, account: Account) -> list[tuple[Owner, AppKeys | None]]:
    """Each app under which tokens may be stored, with its keys if both are known."""
    app = project.settings.app
    secrets = [app.client_secret, app.sandbox.client_secret if app.sandbox else None]
    found = owners(project.api_url, app, account.name)
    return [
        (owner, AppKeys(owner.client_key, secret) if owner.client_key and secret else None)
        for owner, secret in zip(found, secrets, strict=False)
    ]


def _seed(project: Project, account: Account) -> Pair | None:
    token, refresh_token = (project.environ.get(name, "").strip() for name in variables(account.name))
    return Pair.seed(token, refresh_token) if token or refresh_token else None


def _revoke(
    project: Project,
    exchange: Exchange,
    tokens: TokenStore,
    owner: Owner,
    keys: AppKeys | None,
    pair: Pair,
    left: Left,
) -> None:
    if pair.is_gone:
        what = "TikTok was not asked to revoke access: the OS keyring no longer holds the tokens"
        left.failures.append(Problem("not-revoked", what, BY_HAND))
        return
    if keys is None:
        what = "TikTok was not asked to revoke access: the app's client_key or client_secret is not set"
        left.failures.append(Problem("not-revoked", what, BY_HAND))
        return
    try:
        with tokens.renewing(owner, pair):
            _revoke_now(project, exchange, owner, keys, pair)
    except Refused as err:
        if err.error_code == "invalid_grant":  # nothing was alive any more
            left.revoked += 1
        else:
            left.failures.append(Problem("not-revoked", f"access was not revoked: {err.problem.what}", BY_HAND))
    except (Unanswered, NotSent) as err:
        what = f"access was probably not revoked: {err.problem.what}"
        left.failures.append(Problem("not-revoked", what, BY_HAND))
    else:
        left.revoked += 1


def _revoke_now(project: Project, exchange: Exchange, owner: Owner, keys: AppKeys, pair: Pair) -> None:
    """Revoke a pair now; TikTok may no longer know an expired access token, but knows its successor."""
    token = pair.access_token
    if pair.refresh_token and (not token or pair.is_over(project.clock.now())):
        token = oauth.renew(
            exchange, owner.base_url, keys.client_key, keys.client_secret, pair.refresh_token
        ).access_token
    oauth.revoke(exchange, owner.base_url, keys, token)


def _tell_what_remains(project: Project, account: Account, left: Left) -> None:
    if seeds := [name for name in variables(account.name) if project.environ.get(name, "").strip()]:
        what = f"the environment still holds {' and '.join(seeds)}: contentsync can't remove that"
        left.remains.append(Problem("seed-remains", what, f"unset {' '.join(seeds)}, and delete it where it is set"))
    if account.token_command:
        what = f"token_command of {account.name} still prints a token; that token was not revoked"
        left.remains.append(
            Problem("token-command-remains", what, f"remove it where the command reads it; {BY_HAND}")
        )
