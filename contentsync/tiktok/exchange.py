"""How is one request sent, and one answer received? The only module that knows httpx.

It turns connection errors into NotSent and Unanswered, and judges nothing else.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from contentsync import __version__, limits
from contentsync.clock import Clock
from contentsync.errors import NotSent, Problem
from contentsync.frozen import frozen
from contentsync.tiktok.answers import unanswered
from contentsync.tiktok.deadline import Deadline, Sockets
from contentsync.tiktok.reading import decode, without_secrets
from contentsync.tiktok.wire import log_id_in

if TYPE_CHECKING:
    import ssl

    import httpx

ANSWER_BYTES: Final = 1_048_576  # a longer answer is none that we can use
UPLOAD_SECONDS: Final = float(limits.UPLOAD_URL_SECONDS)  # a chunk that takes longer finds its address expired

# method, path, HTTP status (0: none came), log_id, seconds. Never a query, header, token or upload URL.
OnRequest = Callable[[str, str, int, str, float], None]


@frozen
class Timeouts:
    """How long a request may take, in seconds."""

    #: Until a connection is made.
    connect: float = 10.0
    #: Without any byte of an answer.
    read: float = 30.0
    #: Without any byte of a body being taken.
    write: float = 30.0
    #: For the whole answer to a chunk, from the chunk's last byte on.
    upload_answer: float = 120.0
    #: For a whole request that is no upload, from connecting to the answer's last byte.
    total: float = 60.0


USUAL_TIMEOUTS: Final = Timeouts()


@frozen
class Answer:
    """What came back. body: decoded JSON, None where there was none that could be read."""

    status: int
    headers: Mapping[str, str]
    body: object


@frozen
class Fetched:
    """A file that was fetched. size: of what was read; more than was allowed where it is too long."""

    status: int
    sha256: str
    size: int


@frozen
class _Line:
    """What one thread speaks over."""

    client: httpx.Client
    sockets: Sockets = field(default_factory=WeakSet)


class Exchange:
    """Requests over a pool of connections for each thread, opened with its first request; nothing is ever sent twice.

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
        self._lines: dict[int, _Line] = {}  # by thread: a deadline ends all connections of its thread
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
        """Send once, without following redirects, and read the answer up to ANSWER_BYTES.

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
        with self._opening:
            lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.client.close()

    def digest(self, url: str, shown: str, headers: Mapping[str, str], most: int) -> Fetched:
        """Fetch a file once, without following redirects, and hash its first `most` bytes.

        Raises NotSent and Unanswered, the latter also where the file is cut off.
        """
        import httpx

        digest, size = hashlib.sha256(), 0
        with self._answered("GET", url, shown, headers, None, upload=False) as response:
            try:
                for block in response.iter_bytes():
                    digest.update(block)
                    size += len(block)
                    if size > most:
                        break
            except (httpx.HTTPError, httpx.StreamError) as err:
                raise unanswered(f"GET {shown} was cut off after {size} bytes ({type(err).__name__})") from err
            return Fetched(response.status_code, digest.hexdigest(), size)

    def _exchange(
        self,
        method: str,
        url: str,
        shown: str,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None,
        upload: bool,
    ) -> Answer:
        with self._answered(method, url, shown, headers, content, upload) as response:
            return Answer(response.status_code, response.headers, decode(self._read(response)))

    @contextmanager
    def _answered(
        self,
        method: str,
        url: str,
        shown: str,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None,
        upload: bool,
    ) -> Iterator[httpx.Response]:
        """The head of the answer, with the body still to be read; all of it within one deadline."""
        import httpx

        line, times = self._line_of_thread(), self._timeouts
        with Deadline(UPLOAD_SECONDS if upload else times.total, line.sockets) as deadline:
            if upload and content is not None and not isinstance(content, bytes):
                content = deadline.then(content, times.upload_answer)
            try:
                timeout, watched = self._timeout(upload), {"trace": deadline.trace}
                request = line.client.build_request(
                    method, url, headers=headers, content=content, timeout=timeout, extensions=watched
                )
            except httpx.InvalidURL:
                raise _not_sent(shown, "the address is not a valid URL") from None
            response = self._sent(line.client, request, shown, deadline)
            try:
                yield response
            finally:
                response.close()

    def _sent(self, client: httpx.Client, request: httpx.Request, shown: str, deadline: Deadline) -> httpx.Response:
        import httpx

        never_left = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
        )
        try:
            return client.send(request, stream=True)
        except never_left as err:
            raise _not_sent(shown, f"no connection to {request.url.host} ({type(err).__name__}: {err})") from err
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as err:
            why = "took too long" if deadline.passed else "was cut off"
            what = f"{request.method} {shown} {why} before an answer came ({type(err).__name__})"
            raise unanswered(what) from err

    def _read(self, response: httpx.Response) -> bytes:
        """The body; empty where it is cut off, garbled, too long or too slow: then only the status is known."""
        import httpx

        body = bytearray()
        try:
            for block in response.iter_bytes():
                body += block
                if len(body) > ANSWER_BYTES:
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

    def _line_of_thread(self) -> _Line:
        """This thread's client and its connections: a deadline that passes ends all of them."""
        with self._opening:
            return self._lines.get(threading.get_ident()) or self._new_line()

    def _new_line(self) -> _Line:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO line shows upload URLs whole
        try:
            line = self._lines[threading.get_ident()] = _Line(self._open())
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as err:
            why = f"the environment's proxy or certificates can't be used ({type(err).__name__})"
            raise _not_sent("TikTok", why) from None  # the cause may show a proxy's password
        return line

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
    hint = "check the network, then run the same command again"
    return NotSent(Problem("not-sent", f"{shown} was not called: {why}", hint))


@functools.cache
def _tls() -> ssl.SSLContext:
    """Read once for all accounts: the certificates take longer to load than all else here."""
    import httpx

    return httpx.create_ssl_context()
