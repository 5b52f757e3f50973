"""Who may ask the board for something? Decides from the facts of one request, and keeps the secrets of one run.

The danger: any web page that the user visits can send requests to 127.0.0.1, and any program of another user of this
machine can connect to it. The rules:

- The Host must be the board's own address. A page of another name that leads here (DNS rebinding) has another.
- A request that a browser says comes from another origin is refused. A POST must say that it comes from the board.
- Nothing is answered without the session's cookie. It is HttpOnly and SameSite=Strict, and its path can't be guessed,
  since browsers give cookies of one host to each of its ports. The token in the printed address gives it, once.
- A POST must carry the session's form token, and the board must have been started with actions.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from enum import StrEnum
from typing import Final

from contentsync.frozen import frozen

COOKIE: Final = "contentsync_board"
#: The only request without a cookie: it takes the token.
OPEN: Final = "/open"
READS: Final = frozenset({"GET", "HEAD"})
SAME: Final = frozenset({"", "same-origin", "none"})


@frozen
class Facts:
    """The parts of one request that the guard looks at."""

    method: str
    path: str
    host: str
    origin: str = ""
    #: Sec-Fetch-Site, which browsers set and pages can't.
    site: str = ""
    cookie: str = ""


class Refusal(StrEnum):
    """Why a request is refused, in words for its sender."""

    HOST = "This is not the address of the board. Open the address that contentsync printed."
    ORIGIN = "Another page sent this request. Open the board's own page."
    LINK = "This link was used, or is not the board's. Start the board again for a new one."
    COOKIE = "Open the link that contentsync printed when it started: it signs you in."
    READ_ONLY = "This board only shows. Start it with --allow-actions to approve, pause and resolve here."
    METHOD = "The board takes GET and POST only."
    FORM = "The form is not of this session. Open the page again."

    @property
    def status(self) -> int:
        return 405 if self in {Refusal.READ_ONLY, Refusal.METHOD} else 403


class Guard:
    """The secrets of one run of the board."""

    def __init__(self, *, allow_actions: bool) -> None:
        self.allow_actions = allow_actions
        #: All pages are below this path.
        self.base = f"/{secrets.token_hex(8)}"
        #: Of the form's hidden field.
        self.token = secrets.token_urlsafe(24)
        self._session = secrets.token_urlsafe(32)
        self._hosts: frozenset[str] = frozenset()
        self._is_used = False
        self._lock = threading.Lock()

    def listens_on(self, host: str, port: int) -> None:
        """The address of the board, once it is known."""
        names = {host, "localhost", "127.0.0.1"} if host != "::1" else {"[::1]", "localhost"}
        self._hosts = frozenset(f"{name}:{port}" for name in names)

    def refuse(self, facts: Facts) -> Refusal | None:
        """Why a request is refused; None where it may go on. The form token of a POST is judged by `refuse_form`."""
        if facts.host.lower() not in self._hosts:
            return Refusal.HOST
        if facts.method not in READS | {"POST"}:
            return Refusal.METHOD
        if self._is_foreign(facts):
            return Refusal.ORIGIN
        if facts.path == OPEN and facts.method in READS:
            return None
        if not facts.path.startswith(f"{self.base}/") or not _same(facts.cookie, self._session):
            return Refusal.COOKIE
        if facts.method == "POST" and not self.allow_actions:
            return Refusal.READ_ONLY
        return None

    def _is_foreign(self, facts: Facts) -> bool:
        own = f"http://{facts.host.lower()}"
        if facts.method == "POST":
            return facts.origin.lower() != own or facts.site not in SAME - {"none"}
        if facts.path == OPEN:  # a link in a terminal, a chat or a mail leads here
            return facts.origin.lower() not in {"", own}
        return facts.origin.lower() not in {"", own} or facts.site not in SAME

    def sign_in(self, token: str) -> str | None:
        """The session's cookie for the token of the printed address, once; None for a wrong or used one."""
        with self._lock:
            if self._is_used or not _same(token, self.token):
                return None
            self._is_used = True
        return self._session

    @property
    def form_token(self) -> str:
        """The token that each form of the session contains."""
        return hmac.new(self._session.encode(), b"form", hashlib.sha256).hexdigest()

    def refuse_form(self, token: str) -> Refusal | None:
        return None if _same(token, self.form_token) else Refusal.FORM


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
