"""How is one call made? Paced, with a token, repeated where that can do no harm. An init is never repeated here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from contentsync.clock import Clock
from contentsync.destinations import host_on_this_machine
from contentsync.errors import Level, NotSent, Problem, Refused, Unanswered
from contentsync.tiktok.answers import judge, of_reading, unanswered
from contentsync.tiktok.exchange import USUAL_TIMEOUTS, Exchange, OnRequest, Timeouts
from contentsync.tiktok.reading import http_date
from contentsync.tiktok.refusals import MINUTE, refusal
from contentsync.tiktok.throttle import Throttle
from contentsync.tiktok.wire import Endpoint, InitAnswer

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Fields = Mapping[str, object]

CLOCK_SLIPS: Final = timedelta(minutes=1)
LACKS_SCOPE: Final = frozenset({"scope_permission_missed", "scope_not_authorized"})
_OF_THE_TOKEN: Final = LACKS_SCOPE | {"access_token_invalid"}
# Seconds between the tries of a call that may be repeated: together longer than the minute of a rate limit, and
# short for the rest.
_AFTER_RATE_LIMIT: Final = (5.0, 15.0, 45.0)
_AFTER_SILENCE: Final = (1.0, 2.0, 4.0)
_AFTER_NO_CONNECTION: Final = (1.0, 2.0)
_LONG_WAIT: Final = 3.0  # seconds; a shorter wait for a limit is not worth a line
_SAID_EVERY: Final = 10.0  # seconds between two lines about one limit


class Bearer(Protocol):
    """The source of one account's access token."""

    def token(self) -> str:
        """The access token to use now."""
        ...

    def refresh(self, stale: str) -> str:
        """Another one, since TikTok did not accept `stale`."""
        ...

    def scopes(self) -> frozenset[str] | None:
        """What was granted; None where it is not known."""
        ...

    def renewal(self) -> str:
        """The step that gives another token if a sign-in would not be used; empty if it would."""
        ...


class Calling:
    """The calls of one account, as every endpoint's method needs them."""

    def __init__(
        self,
        base_url: str,
        credentials: Bearer,
        throttle: Throttle,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        on_request: OnRequest | None = None,
        timeouts: Timeouts = USUAL_TIMEOUTS,
        on_wait: Callable[[Problem], None] = lambda _problem: None,
    ) -> None:
        """on_wait: told why a call waits: a reading call is repeated, or a limit per minute is used up."""
        self._on_wait = on_wait
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._throttle = throttle
        self._clock = clock
        self._exchange = Exchange(clock, transport, on_request, timeouts, direct=bool(host_on_this_machine(base_url)))
        self._said: dict[Endpoint, float] = {}  # when the wait of a call was last said
        self.date: datetime | None = None  # TikTok's clock at its last answer to a call; None where that has none
        self._heard: tuple[datetime, datetime, float] | None = None  # TikTok's clock, and both of ours at that moment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next call would open new ones."""
        self._exchange.close()

    def _init(self, endpoint: Endpoint, body: Fields, about_to_send: Callable[[], None] | None) -> InitAnswer:
        answer = self._call(endpoint, InitAnswer.of, body, about_to_send=about_to_send)
        return replace(answer, date=self.date)

    def _read(
        self, endpoint: Endpoint, parse: Callable[[Fields], T | None], body: Fields | None, fields: str = ""
    ) -> T:
        """Make a call that only reads: repeated a few times after a rate limit, silence, or no connection.

        Here a 401 without a code also counts as an expired token, once.
        """
        once = iter((True,))
        waits = {kind: iter(seconds) for kind, seconds in _PATIENCE.items()}
        while True:
            try:
                return self._call(endpoint, parse, body, fields, renews=lambda: next(once, False))
            except (Refused, Unanswered, NotSent) as err:
                passes = not isinstance(err, Refused) or _is_rate_limit(err)
                wait = next(waits[type(err)], None) if passes else None
                if wait is None:
                    raise of_reading(err, endpoint) from err
                if isinstance(err, Refused) and wait == _AFTER_RATE_LIMIT[0]:
                    self._on_wait(_rate_limited(endpoint))
            self._clock.sleep(wait)

    def _call(
        self,
        endpoint: Endpoint,
        parse: Callable[[Fields], T | None],
        body: Fields | None,
        fields: str = "",
        about_to_send: Callable[[], None] | None = None,
        renews: Callable[[], bool] = lambda: False,
    ) -> T:
        """Make one call; repeat it once with a new token if TikTok refused the old one: a refused call did nothing.

        renews: whether a 401 without a code counts as that; never for a call that may have done something.
        """
        token = self._credential(self._credentials.token)
        try:
            return self._once(endpoint, parse, body, fields, token, about_to_send)
        except Refused as err:
            if err.error_code != "access_token_invalid":
                raise
        except Unanswered as err:
            if err.http_status != 401 or not renews():
                raise
        renewed = self._credential(lambda: self._credentials.refresh(token))
        return self._once(endpoint, parse, body, fields, renewed, about_to_send)

    def _once(
        self,
        endpoint: Endpoint,
        parse: Callable[[Fields], T | None],
        body: Fields | None,
        fields: str,
        token: str,
        about_to_send: Callable[[], None] | None,
    ) -> T:
        self._wait_for_room(endpoint)
        if about_to_send:
            about_to_send()
        headers = {"Authorization": f"Bearer {token}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json; charset=UTF-8"
            content = json.dumps(body).encode()
        url = self._base_url + endpoint + (f"?fields={fields}" if fields else "")
        self.date = None
        method = "GET" if body is None else "POST"
        answer = self._exchange.send(method, url, endpoint, headers, content, secrets=[token])
        self.date = http_date(answer.headers.get("Date"))
        if self.date is not None:
            self._heard = self.date, self._clock.now(), self._clock.monotonic()
        try:
            parsed = parse(judge(answer.status, answer.body))
        except Refused as err:
            raise self._hinted(err) from err
        if parsed is None:
            raise unanswered(f"TikTok's answer to {endpoint} says ok, but required fields are missing", answer.status)
        return parsed

    def _wait_for_room(self, endpoint: Endpoint) -> None:
        """Wait until the limit per minute has room for another call. Say a long wait, every ten seconds."""
        while (seconds := self._throttle.take(endpoint)) > 0:
            now = self._clock.monotonic()
            if seconds >= _LONG_WAIT and now - self._said.get(endpoint, -_SAID_EVERY) >= _SAID_EVERY:
                self._said[endpoint] = now
                self._on_wait(_no_room(endpoint, self._throttle.limit_of(endpoint), seconds))
            self._clock.sleep(min(seconds, _SAID_EVERY))

    def _hinted(self, err: Refused) -> Refused:
        """The refusal of a token, with a hint that fits where the token comes from."""
        step = self._credentials.renewal() if err.error_code in _OF_THE_TOKEN else ""
        if not step:
            return err
        what = "; signing in would not help" if err.error_code == "access_token_invalid" else " with every scope"
        problem = replace(err.problem, hint=f"{step}{what}")
        return Refused(problem, err.error_code, err.http_status, err.log_id)

    @property
    def tiktok_now(self) -> datetime | None:
        """TikTok's clock by now, from its last answer that told it; None where none did."""
        if self._heard is None:
            return None
        date, _, at = self._heard
        return date + timedelta(seconds=self._clock.monotonic() - at)

    @property
    def lost_time(self) -> bool:
        """Whether this machine slept, or its clock was changed, since TikTok's last answer: then ask again."""
        if self._heard is None:
            return False
        _, then, at = self._heard
        passed = timedelta(seconds=self._clock.monotonic() - at)
        return abs((self._clock.now() - then) - passed) > CLOCK_SLIPS

    def room_in(self, endpoint: Endpoint) -> float:
        """Seconds until a call to `endpoint` would go without waiting for a limit by the minute."""
        return self._throttle.room_in(endpoint)

    def _credential(self, get: Callable[[], str]) -> str:
        """The token of a call. If no token is available now, the call itself was certainly not sent."""
        try:
            return get()
        except Unanswered as err:
            raise NotSent(*err.problems) from err


_PATIENCE: Final[dict[type[Exception], tuple[float, ...]]] = {
    Refused: _AFTER_RATE_LIMIT,
    Unanswered: _AFTER_SILENCE,
    NotSent: _AFTER_NO_CONNECTION,
}


def _rate_limited(endpoint: Endpoint) -> Problem:
    most = f"{sum(_AFTER_RATE_LIMIT):g} s"
    what = f"TikTok answers that there were too many requests ({endpoint.name.lower().replace('_', ' ')})"
    return Problem("rate-limited", f"{what}; asking again for up to {most}", level=Level.NOTE)


def _no_room(endpoint: Endpoint, limit: int, seconds: float) -> Problem:
    calls = endpoint.name.lower().replace("_", " ")
    what = f"waiting about {seconds:.0f} s: the limit of {limit} calls a minute ({calls}) is used up"
    hint = "there is nothing to do; a running watch, or another command, uses up the same limit"
    return Problem("limit-wait", what, hint, level=Level.NOTE)


def _is_rate_limit(err: Refused) -> bool:
    row = refusal(err.error_code)
    return row is not None and row.again == MINUTE
