"""Who may call? Authorization codes, token pairs and their lives; no HTTP in here."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from contentsync.emulator.config import Account, App, Config
from contentsync.emulator.ids import Ids
from contentsync.emulator.refusal import OAuthRefused, Refused

VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


@dataclass(slots=True)
class Grant:
    """What one account has let the app do, with the tokens for it.

    access: token to Unix time of its end; several can live at once. retired: replaced refresh tokens, with the
    end of their grace. refresh_until counts from the first issue, refreshing does not renew it.
    Source: User Access Token Management.
    """

    account: str
    client_key: str
    scopes: tuple[str, ...]
    refresh: str
    refresh_until: float
    access: dict[str, float] = field(default_factory=dict)
    retired: dict[str, float] = field(default_factory=dict)
    revoked: bool = False

    @property
    def latest_access(self) -> str:
        """The access token issued last."""
        return list(self.access)[-1]


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code on its way from the consent page to the token endpoint."""

    account: str
    client_key: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    until: float


def challenge_of(verifier: str) -> str:
    """TikTok's own PKCE: the hex digits of SHA-256, not base64url. Source: Login Kit for Desktop."""
    return hashlib.sha256(verifier.encode()).hexdigest()


def _proves(verifier: str, challenge: str) -> bool:
    fits = hmac.compare_digest(challenge.encode(), challenge_of(verifier).encode())
    return VERIFIER.fullmatch(verifier) is not None and fits


class TokenBook:
    """All grants, codes and tokens of the app."""

    def __init__(self, config: Config, now: Callable[[], float], ids: Ids) -> None:
        self._app, self._lives, self._quirks = config.app, config.lives, config.quirks
        self._now, self._ids = now, ids
        self._grants: list[Grant] = []
        self._codes: dict[str, Code] = {}
        self._client_tokens: dict[str, float] = {}

    def seed(self, account: Account) -> Grant:
        """The grant that an account has from the start; its tokens hang on seed and name alone."""
        grant = self._open(account.name, self._app.client_key, account.scopes)
        which = "" if self._app.client_key == App().client_key else f" of {self._app.client_key}"
        grant.refresh = account.refresh_token or f"rft.{self._ids.of(account.name, f'refresh{which}')}!4100.e1"
        access = account.access_token or f"act.{self._ids.of(account.name, f'access{which}')}!4100.e1"
        grant.access[access] = self._now() + self._lives.access_token
        return grant

    def change_app(self, app: App) -> None:
        """Let another app of the developer's be the one whose tokens are seeded from now on."""
        self._app = app

    def _open(self, account: str, client_key: str, scopes: tuple[str, ...]) -> Grant:
        grant = Grant(account, client_key, scopes, "", self._now() + self._lives.refresh_token)
        self._grants.append(grant)
        return grant

    def _renew(self, grant: Grant) -> Grant:
        if self._quirks.refresh_ends_access:
            grant.access.clear()
        grant.access[self._ids.access_token()] = self._now() + self._lives.access_token
        return grant

    def check(self, access_token: str) -> Grant:
        """The grant behind an access token; raises Refused when there is none alive."""
        for grant in self._grants:
            if not grant.revoked and grant.access.get(access_token, 0.0) > self._now():
                return grant
        raise Refused("access_token_invalid")

    def client_token(self) -> str:
        """A new token for the app itself. Source: Client Access Token Management."""
        token = self._ids.client_token()
        self._client_tokens[token] = self._now() + self._lives.client_token
        return token

    def check_client(self, token: str) -> None:
        """Raise Refused unless it is a living token of the app itself."""
        if self._client_tokens.get(token, 0.0) <= self._now():
            raise Refused("access_token_invalid")

    def expire_client_tokens(self) -> None:
        """End the life of all tokens of the app itself now."""
        self._client_tokens.clear()

    def owner(self, access_token: str) -> str:
        """The account whose token it is or was, else "": for the log and for faults."""
        return next((grant.account for grant in self._grants if access_token in grant.access), "")

    def latest(self, account: str) -> Grant:
        """The grant given last for an account, to the app or its sandbox."""
        keys = (self._app.client_key, self._app.sandbox_key)
        return next(g for g in reversed(self._grants) if g.account == account and g.client_key in keys)

    def has(self, account: str, client_key: str) -> bool:
        """Whether an account ever gave this client a grant."""
        return any(grant.account == account and grant.client_key == client_key for grant in self._grants)

    def offer_code(
        self, account: str, client_key: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str
    ) -> str:
        """A new authorization code. challenge: empty for a Web app."""
        code = self._ids.code()
        self._codes[code] = Code(account, client_key, scopes, redirect_uri, challenge, self._now() + self._lives.code)
        return code

    def look_at_code(self, code: str) -> None:
        """Raise OAuthRefused for a code that nobody has, or that is too old."""
        found = self._codes.get(code)
        if found is None or found.until <= self._now():
            raise OAuthRefused("invalid_grant", "Authorization code is expired.")

    def redeem(self, code: str, client_key: str, redirect_uri: str, verifier: str) -> Grant:
        """The grant that a code stands for; any try uses the code up."""
        found = self._codes.pop(code, None)
        if found is None or found.until <= self._now() or found.client_key != client_key:
            raise OAuthRefused("invalid_grant", "Authorization code is expired.")
        if found.redirect_uri != redirect_uri:
            raise OAuthRefused("invalid_request", "Redirect_uri is not matched with the uri when requesting code.")
        if found.challenge and not _proves(verifier, found.challenge):
            raise OAuthRefused("invalid_request", "Code verifier or code challenge is invalid.")
        grant = self._open(found.account, client_key, found.scopes)
        grant.refresh = self._ids.refresh_token()
        return self._renew(grant)

    def refresh(self, refresh_token: str, client_key: str) -> Grant:
        """A grant with a new access token, and with a new refresh token unless rotation is off."""
        now = self._now()
        refused = client_key == self._app.sandbox_key and self._quirks.sandbox_refresh == "refused"
        for grant in self._grants if not refused else ():
            current = grant.refresh == refresh_token
            alive = not grant.revoked and grant.refresh_until > now and grant.client_key == client_key
            if alive and (current or grant.retired.get(refresh_token, 0.0) > now):
                if current and self._quirks.refresh_rotates:
                    grant.retired[grant.refresh] = now + self._quirks.refresh_grace
                    grant.refresh = self._ids.refresh_token()
                return self._renew(grant)
        raise OAuthRefused("invalid_grant", "Refresh token is invalid or expired.")

    def revoke(self, access_token: str, client_key: str) -> None:
        """End the grant of an access token; raises OAuthRefused when nobody has it from this client."""
        for grant in self._grants:
            if access_token in grant.access and not grant.revoked and grant.client_key == client_key:
                grant.revoked = True
                return
        raise OAuthRefused("invalid_request", "The access token is invalid.")

    def revoke_account(self, account: str) -> None:
        """What the owner does in TikTok's settings: every grant of the account ends."""
        for grant in self._of(account):
            grant.revoked = True

    def expire(self, account: str, refresh_too: bool = False) -> None:
        """End the life of all access tokens of an account now, and of its refresh tokens if asked."""
        for grant in self._of(account):
            grant.access = dict.fromkeys(grant.access, 0.0)
            if refresh_too:
                grant.refresh_until = 0.0

    def narrow(self, account: str, scopes: tuple[str, ...]) -> None:
        """Change what an account's grants allow."""
        for grant in self._of(account):
            grant.scopes = scopes

    def _of(self, account: str) -> list[Grant]:
        return [grant for grant in self._grants if grant.account == account]
