"""What is said to TikTok's token endpoint, and what comes back: flat JSON, whose HTTP status proves nothing.

Source: User Access Token Management; OAuth Error Handling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from contentsync.errors import Refused
from contentsync.tiktok.answers import unanswered
from contentsync.tiktok.exchange import Answer, Exchange
from contentsync.tiktok.reading import mapping, text, told, whole, word
from contentsync.tiktok.refusals import oauth_refusal
from contentsync.tiktok.wire import Endpoint, Envelope, log_id_in


@dataclass(frozen=True, slots=True)
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
        """None unless an access token is there that a request can carry, whatever else the body says."""
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


def renew(exchange: Exchange, base_url: str, client_key: str, client_secret: str, refresh_token: str) -> TokenAnswer:
    """A new pair for `refresh_token`, which is dead from here on; sent once.

    Raises Refused for a definite no; Unanswered, NotSent.
    """
    form = {
        "client_key": client_key,
        "client_secret": client_secret,
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cache-Control": "no-cache"}
    url = base_url.rstrip("/") + Endpoint.TOKEN
    return judge(exchange.send("POST", url, Endpoint.TOKEN, headers, urlencode(form).encode()))


def judge(answer: Answer) -> TokenAnswer:
    """The pair, if the body holds one; errors as in `renew`. A rate limit settles nothing, so it is Unanswered."""
    if pair := TokenAnswer.of(answer.body):
        return pair
    code, log_id = error_code(answer.body), log_id_in(answer.body)
    row = oauth_refusal(code)
    if row is None or not row.definite or row.again is not None or answer.status >= 500:
        said = f"{answer.status} {code}".strip()
        raise unanswered(f"TikTok's sign-in answered {said}, without a token", answer.status, log_id)
    message = told(mapping(answer.body).get("error_description"))
    raise Refused(row.problem(message, log_id), code, answer.status, log_id)


def is_token(value: str) -> bool:
    """Whether it is printable ASCII without blanks: all that a header takes, and all that TikTok gives."""
    return re.fullmatch(r"[!-~]+", value) is not None


def error_code(body: object) -> str:
    """`error` is a word here, but an object in the rest of the API; both are understood."""
    if envelope := Envelope.of(body):
        return envelope.code
    return word(mapping(body).get("error"))
