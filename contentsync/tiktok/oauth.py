"""What do TikTok's OAuth endpoints get and answer? Flat JSON, whose HTTP status proves nothing.

`signin/` decides which account signs in and what is stored.
Source: Login Kit for Desktop and for Web; User Access Token Management; OAuth Error Handling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Final
from urllib.parse import quote, quote_plus, urlencode

from contentsync.destinations import host_on_this_machine
from contentsync.errors import Refused
from contentsync.frozen import frozen
from contentsync.tiktok.answers import unanswered
from contentsync.tiktok.exchange import Answer, Exchange
from contentsync.tiktok.reading import mapping, text, told, whole, word
from contentsync.tiktok.refusals import Refusal, oauth_refusal
from contentsync.tiktok.sign_in_refusals import revoke_refusal, sign_in_refusal
from contentsync.tiktok.wire import Endpoint, Envelope, log_id_in

AUTHORIZE_URL: Final = "https://www.tiktok.com/v2/auth/authorize/"
_SECRET: Final = frozenset({"client_secret", "code", "code_verifier", "refresh_token", "token"})


@frozen
class TokenAnswer:
    """A pair of tokens. expires_in, refresh_expires_in: seconds from now; None, and "" as text, where not said."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_in: int | None = None
    refresh_expires_in: int | None = None
    scope: tuple[str, ...] | None = None
    open_id: str | None = None

    @classmethod
    def of(cls, body: object) -> TokenAnswer | None:
        """The pair in a body; None without an access token that a request can carry."""
        fields = mapping(body)
        token = text(fields.get("access_token")).strip()
        scope = text(fields.get("scope")).replace(",", " ").split()
        refresh_token = text(fields.get("refresh_token")).strip()
        if not is_token(token) or (refresh_token and not is_token(refresh_token)):
            return None
        return cls(
            token,
            refresh_token,
            whole(fields.get("expires_in")),
            whole(fields.get("refresh_expires_in")),
            tuple(scope) or None,
            text(fields.get("open_id")).strip() or None,
        )


@frozen
class AppKeys:
    """What TikTok knows an app by; a sandbox has a pair of its own."""

    client_key: str
    client_secret: str = field(repr=False)

    def form(self, **more: str) -> dict[str, str]:
        return {"client_key": self.client_key, "client_secret": self.client_secret, **more}


def authorize_url(
    base_url: str, client_key: str, scopes: Sequence[str], redirect_uri: str, state: str, challenge: str = ""
) -> str:
    """The page where the account's owner authorizes the app. challenge: for Desktop apps only, as in `pkce.py`.

    The page is TikTok's, or that of the server at base_url if base_url is on this machine.
    Source: Login Kit for Desktop, "Authorization page"; scopes are parted by commas.
    """
    asked = {
        "client_key": client_key,
        "response_type": "code",
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    if challenge:
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    page = base_url.rstrip("/") + Endpoint.AUTHORIZE if host_on_this_machine(base_url) else AUTHORIZE_URL
    return f"{page}?{urlencode(asked)}"


def redeem(
    exchange: Exchange, base_url: str, keys: AppKeys, code: str, redirect_uri: str, verifier: str = ""
) -> TokenAnswer:
    """Exchange a code for a pair of tokens; sent once, because a code works once.

    code: URL-decoded, whole. redirect_uri: the one that the page was opened with. verifier: for Desktop apps only.
    Raises as `renew`.
    """
    form = keys.form(code=code, grant_type="authorization_code", redirect_uri=redirect_uri)
    if verifier:
        form["code_verifier"] = verifier
    return judge(post(exchange, base_url, Endpoint.TOKEN, form), sign_in_refusal)


def renew(exchange: Exchange, base_url: str, client_key: str, client_secret: str, refresh_token: str) -> TokenAnswer:
    """A new pair for `refresh_token`, which stops working now; sent once.

    Raises Refused for a definite no; Unanswered, NotSent.
    """
    form = AppKeys(client_key, client_secret).form(grant_type="refresh_token", refresh_token=refresh_token)
    return judge(post(exchange, base_url, Endpoint.TOKEN, form))


def revoke(exchange: Exchange, base_url: str, keys: AppKeys, access_token: str) -> None:
    """Revoke the access of the app; both tokens stop working. Success is an empty body.

    Raises Refused, Unanswered, NotSent. Source: User Access Token Management, "Revoke access".
    """
    answer = post(exchange, base_url, Endpoint.REVOKE, keys.form(token=access_token))
    code = error_code(answer.body)
    if 200 <= answer.status < 300 and code in ("", "ok"):
        return
    raise _no(answer, revoke_refusal, "without saying that access is revoked")


def post(exchange: Exchange, base_url: str, endpoint: Endpoint, form: dict[str, str]) -> Answer:
    """A form sent once; what the answer tells of its secrets is …"""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cache-Control": "no-cache"}
    sent = [value for name, value in form.items() if name in _SECRET]
    secrets = [spelt for value in sent for spelt in (value, quote(value, safe=""), quote_plus(value))]
    url = base_url.rstrip("/") + endpoint
    return exchange.send("POST", url, endpoint, headers, urlencode(form).encode(), secrets=secrets)


Meaning = Callable[[str, str], Refusal | None]


def _of_renewal(code: str, _description: str) -> Refusal | None:
    return oauth_refusal(code)


def judge(answer: Answer, meaning: Meaning = _of_renewal) -> TokenAnswer:
    """The pair, if the body holds one; errors as in `renew`. A rate limit settles nothing, so it is Unanswered.

    meaning: what an error with its description means for this call.
    """
    if pair := TokenAnswer.of(answer.body):
        return pair
    raise _no(answer, meaning, "without a token")


def _no(answer: Answer, meaning: Meaning, without: str) -> Exception:
    code, log_id = error_code(answer.body), log_id_in(answer.body)
    message = told(mapping(answer.body).get("error_description"))
    row = meaning(code, message)
    if row is None or not row.definite or row.again is not None or answer.status >= 500:
        said = f"{answer.status} {code}".strip()
        return unanswered(f"TikTok's sign-in answered {said}, {without}", answer.status, log_id)
    return Refused(row.problem(message, log_id), code, answer.status, log_id)


def is_token(value: str) -> bool:
    """Whether it is printable ASCII without blanks: all that a header takes, and all that TikTok gives."""
    return re.fullmatch(r"[!-~]+", value) is not None


def error_code(body: object) -> str:
    """`error` is a word here, but an object in the rest of the API; both are understood."""
    if envelope := Envelope.of(body):
        return envelope.code
    return word(mapping(body).get("error")).lower()
