"""Which token belongs to the app itself? One from its client keys, only for TikTok's Research API.

It is kept in memory until it expires, and never on disk: it needs nobody's consent and is easy to get again.
Source: Client Access Token Management; Query Video Comments.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from contentsync.clock import Clock
from contentsync.destinations import host_on_this_machine
from contentsync.errors import Problem, Refused, SignInNeeded
from contentsync.settings import App
from contentsync.tiktok import oauth
from contentsync.tiktok.exchange import USUAL_TIMEOUTS, Exchange, OnRequest, Timeouts
from contentsync.tiktok.wire import Endpoint

if TYPE_CHECKING:
    import httpx

SCOPE: Final = "research.data.basic"
MARGIN: Final = timedelta(minutes=1)  # a token about to expire is not used for another call


class ClientToken:
    """The client access token of an app, a client.Bearer. Raises SignInNeeded where the app has none."""

    def __init__(
        self,
        app: App,
        base_url: str,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        on_request: OnRequest | None = None,
        timeouts: Timeouts = USUAL_TIMEOUTS,
    ) -> None:
        self._app = app
        self._base_url = base_url
        self._clock = clock
        self._exchange = Exchange(clock, transport, on_request, timeouts, direct=bool(host_on_this_machine(base_url)))
        self._token = ""
        self._expires_at: datetime | None = None

    def close(self) -> None:
        self._exchange.close()

    def token(self) -> str:
        """The token to use now; a new one where there is none, or the old one is as good as over."""
        over = self._expires_at is not None and self._clock.now() >= self._expires_at - MARGIN
        return self._token if self._token and not over else self.refresh(self._token)

    def refresh(self, stale: str) -> str:  # noqa: ARG002  the app's own token depends on no other
        """A new token. Raises Unanswered and NotSent, too, where TikTok's sign-in gives no clear answer."""
        key, secret = self._keys()
        try:
            answer = client_token(self._exchange, self._base_url, key, secret)
        except Refused as err:
            raise SignInNeeded(err.problem) from err
        self._token = answer.access_token
        life = timedelta(seconds=answer.expires_in) if answer.expires_in is not None else None
        self._expires_at = None if life is None else self._clock.now() + life
        return self._token

    def scopes(self) -> frozenset[str] | None:
        """Not told by TikTok for such a token."""
        return None

    def renewal(self) -> str:
        """Nobody signs in for such a token."""
        return ""

    def _keys(self) -> tuple[str, str]:
        keys = {"app.client_key": self._app.client_key, "app.client_secret": self._app.client_secret}
        if missing := [name for name, value in keys.items() if not value]:
            what = f"there is no token for the app itself without {' and '.join(missing)}"
            hint = "write both under app: in contentsync.yaml, client_key as ${CONTENTSYNC_CLIENT_KEY} for one"
            raise SignInNeeded(Problem("client-keys-missing", what, hint))
        return self._app.client_key or "", self._app.client_secret or ""


def client_token(exchange: Exchange, base_url: str, client_key: str, client_secret: str) -> oauth.TokenAnswer:
    """A token for the app itself, `clt.…`, good for two hours; it may be asked for at any time.

    Raises Refused for a definite no; Unanswered, NotSent. Source: Client Access Token Management.
    """
    form = {"client_key": client_key, "client_secret": client_secret, "grant_type": "client_credentials"}
    return oauth.judge(oauth.post(exchange, base_url, Endpoint.TOKEN, form))


def not_approved(err: Refused) -> SignInNeeded | None:
    """The problem of an app without approval for research; None for any other refusal."""
    if err.error_code not in {"scope_not_authorized", "scope_permission_missed"}:
        return None
    what = f"comments are for approved researchers: TikTok has not given the app the scope {SCOPE}"
    said = ", ".join(filter(None, (err.error_code, err.log_id and f"log_id {err.log_id}")))
    hint = "apply for the Research API at developers.tiktok.com; TikTok's app shows every comment to its owner"
    return SignInNeeded(Problem("research-not-approved", f"{what} (TikTok: {said})", hint))
