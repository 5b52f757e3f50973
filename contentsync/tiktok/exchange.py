"""How does one request go out, and one answer come in? The only module that knows httpx.

It translates what goes wrong on the wire into NotSent and Unanswered, and judges nothing else.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final

from contentsync import __version__
from contentsync.clock import Clock
from contentsync.errors import NotSent, Problem
from contentsync.tiktok.answers import unanswered
from contentsync.tiktok.reading import decode, without_secrets
from contentsync.tiktok.wire import log_id_in

if TYPE_CHECKING:
    import ssl

    import httpx

ANSWER_BYTES: Final = 1_048_576  # a longer answer is none that we can use
ANSWER_SECONDS: Final = 120.0  # so is one that trickles in for longer

# method, path, HTTP status (0: none came), log_id, seconds. Never a query, header, token or upload URL.
OnRequest = Callable[[str, str, int, str, float], None]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds without any progress. upload_answer: for TikTok's answer to a chunk."""

    connect: float = 10.0
    read: float = 30.0
    write: float = 30.0
    upload_answer: float = 120.0


USUAL_TIMEOUTS: Final = Timeouts()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. body: decoded JSON, None where there was none that could be read."""

    status: int
    headers: Mapping[str, str]
    body: object


class Exchange:
    """Requests over one pool of connections, opened with the first request; nothing is ever sent twice.

    transport: instead of the network; for tests. direct: pass proxies by, as a loopback address must.
    """

    def __init__(
        self,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        on_request: OnRequest | None = None,
        timeouts: Timeouts = USUAL_TIMEOUTS,
        direct: bool = False,
    ) -> None:
        self._clock = clock
        self._transport = transport
        self._on_request = on_request
        self._timeouts = timeouts
        self._direct = direct
        self._opened: httpx.Client | None = None
        self._opening = threading.Lock()

    def send(
        self,
        method: str,
        url: str,
        shown: str,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None = None,
        upload: bool = False,
        secrets: Collection[str] = (),
    ) -> Answer:
        """Send once, redirects not followed, and read the answer up to ANSWER_BYTES.

        shown: the path that may be told. secrets: what the request bears that the answer's words must not tell.
        What `content` raises while it is read passes through.
        Raises NotSent where no connection came about; Unanswered for all else that goes wrong on the wire.
        """
        started = self._clock.monotonic()
        answer: Answer | None = None
        try:
            answer = self._exchange(method, url, shown, headers, content, upload)
            answer = replace(answer, body=without_secrets(answer.body, secrets))
        finally:
            if self._on_request:
                status, log_id = (answer.status, log_id_in(answer.body)) if answer else (0, "")
                self._on_request(method, shown, status, log_id, self._clock.monotonic() - started)
        return answer

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _exchange(
        self,
        method: str,
        url: str,
        shown: str,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None,
        upload: bool,
    ) -> Answer:
        import httpx

        client = self._client()
        never_left = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
        )
        try:
            timeout = self._timeout(upload)
            request = client.build_request(method, url, headers=headers, content=content, timeout=timeout)
        except httpx.InvalidURL:
            raise _not_sent(shown, "the address can't be read as one") from None
        try:
            response = client.send(request, stream=True)
        except never_left as err:
            raise _not_sent(shown, f"no connection to {request.url.host} ({type(err).__name__}: {err})") from err
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as err:
            raise unanswered(f"{method} {shown} was cut off before an answer came ({type(err).__name__})") from err
        try:
            return Answer(response.status_code, response.headers, decode(self._read(response)))
        finally:
            response.close()

    def _read(self, response: httpx.Response) -> bytes:
        """The body; empty where it is cut off, garbled, too long or too slow: then only the status is known."""
        import httpx

        until = self._clock.monotonic() + ANSWER_SECONDS
        body = bytearray()
        try:
            for block in response.iter_bytes():
                body += block
                if len(body) > ANSWER_BYTES or self._clock.monotonic() > until:
                    return b""
        except (httpx.HTTPError, httpx.StreamError):
            return b""
        return bytes(body)

    def _timeout(self, upload: bool) -> httpx.Timeout:
        import httpx

        times = self._timeouts
        return httpx.Timeout(
            connect=times.connect,
            read=times.upload_answer if upload else times.read,
            write=times.write,
            pool=times.connect,
        )

    def _client(self) -> httpx.Client:
        with self._opening:
            return self._opened_once()

    def _opened_once(self) -> httpx.Client:
        if self._opened is None:
            import httpx

            logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO line shows upload URLs whole
            try:
                self._opened = self._open()
            except (ImportError, OSError, ValueError, httpx.InvalidURL) as err:
                why = f"the environment's proxy or certificates can't be used ({type(err).__name__})"
                raise _not_sent("TikTok", why) from None  # the cause may show a proxy's password
        return self._opened

    def _open(self) -> httpx.Client:
        import httpx

        return httpx.Client(
            transport=self._transport,  # None: the default one, which connects once and never repeats
            verify=True if self._transport else _tls(),
            trust_env=not self._direct,
            follow_redirects=False,
            headers={"User-Agent": f"contentsync/{__version__}"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )


def _not_sent(shown: str, why: str) -> NotSent:
    hint = "nothing was sent; check the network, then run the same command again"
    return NotSent(Problem("not-sent", f"{shown} was not called: {why}", hint))


@functools.cache
def _tls() -> ssl.SSLContext:
    """Read once for all accounts: the certificates take longer to load than all else here."""
    import httpx

    return httpx.create_ssl_context()
