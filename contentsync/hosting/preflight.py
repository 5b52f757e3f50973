"""What do the addresses answer that TikTok will fetch? Asks as TikTok does: no redirects, no credentials.

Only a plain no counts (3xx, 4xx): TikTok may be able to reach an address that this machine can't reach.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from contentsync.clock import Clock
from contentsync.destinations import is_on_this_machine
from contentsync.errors import NotSent, Unanswered
from contentsync.media_urls import Answer, Look, host_of, shown
from contentsync.post import Media
from contentsync.tiktok.exchange import Answer as Heard
from contentsync.tiktok.exchange import Exchange, OnRequest, Timeouts

if TYPE_CHECKING:
    import httpx

SIDE_BY_SIDE: Final = 8
PATIENCE: Final = Timeouts(connect=5.0, read=8.0, write=8.0, upload_answer=8.0, total=120.0)
PASSING: Final = frozenset({408, 425, 429})
NO_SUCH_METHOD: Final = 501
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}


class Preflight:
    """Requests addresses, a few in parallel, each at most twice: HEAD, then the first byte if HEAD is refused.

    A host that can't be connected to is not tried again.
    """

    def __init__(
        self, clock: Clock, transport: httpx.BaseTransport | None = None, on_request: OnRequest | None = None
    ) -> None:
        self._far = Exchange(clock, transport, on_request, PATIENCE)
        self._near = Exchange(clock, transport, on_request, PATIENCE, direct=True)
        self._lock = threading.Lock()
        self._silent: dict[str, Look] = {}

    def __enter__(self) -> Preflight:
        return self

    def __exit__(self, *_: object) -> None:
        self._far.close()
        self._near.close()

    def look_at(self, urls: Mapping[str, int]) -> dict[str, Look]:
        """What each address answers. urls: with their expected size in bytes, 0 if it is not known."""
        if not urls:
            return {}
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
            asked = {url: pool.submit(self._look, url, size) for url, size in urls.items()}
            return {url: future.result() for url, future in asked.items()}

    def prove(self, files: Mapping[str, Media]) -> dict[str, Look]:
        """Whether these files are at their addresses: each is fetched completely, and hashed."""
        if not files:
            return {}
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
            asked = {url: pool.submit(self._prove, url, item) for url, item in files.items()}
            return {url: future.result() for url, future in asked.items()}

    def _prove(self, url: str, item: Media) -> Look:
        if silent := self._known_silent(url):
            return silent
        line = self._near if is_on_this_machine(url) else self._far
        try:
            fetched = line.digest(url, shown(url), _HEADERS, item.size)
        except NotSent as err:
            return self._unreachable(url, err)
        except Unanswered:
            return Look(Answer.NOT_CHECKED, "it could not be fetched completely")
        look = judged(fetched.status, None, item.size)
        if look.answer is Answer.GOOD and fetched.sha256 != item.sha256:
            return Look(Answer.OTHER_FILE, f"its bytes are not those of {item.path}")
        return look

    def _known_silent(self, url: str) -> Look | None:
        with self._lock:
            return self._silent.get(host_of(url))

    def _look(self, url: str, size: int) -> Look:
        if silent := self._known_silent(url):
            return silent
        try:
            heard = self._ask("HEAD", url)
            look = judged(heard.status, _length(heard), size)
            if _may_be_of_the_method(heard.status, look):
                heard = self._ask("GET", url)
                look = judged(heard.status, _length(heard), size)
        except NotSent as err:
            return self._unreachable(url, err)
        except Unanswered:
            return Look(Answer.NOT_CHECKED, "no answer came")
        return look

    def _ask(self, method: str, url: str) -> Heard:
        headers = _HEADERS | ({"Range": "bytes=0-0"} if method == "GET" else {})
        line = self._near if is_on_this_machine(url) else self._far
        return line.send(method, url, shown(url), headers)

    def _unreachable(self, url: str, err: NotSent) -> Look:
        why = (
            "this machine does not accept its certificate"
            if "CERTIFICATE" in err.problem.what
            else "no connection to the server"
        )
        look = Look(Answer.NOT_CHECKED, why)
        with self._lock:
            self._silent[host_of(url)] = look
        return look


def _may_be_of_the_method(status: int, look: Look) -> bool:
    """Whether a GET may get another answer: some servers do not support HEAD, or answer it with a length of 0."""
    refused = look.answer is Answer.REFUSED and status >= 400
    return refused or status == NO_SUCH_METHOD or look.answer is Answer.OTHER_FILE


def judged(status: int, length: int | None, size: int) -> Look:
    """What an answer means for TikTok. length: of the whole file, where it was told; size: what it should be, or 0.

    Source: Media Transfer Guide, "Pull from URL": a redirect counts as an invalid address.
    """
    if status >= 500:
        return Look(Answer.NOT_CHECKED, f"it answered {status}")
    if not 200 <= status < 300:
        what = f"it answered {status}{', a redirect' if 300 <= status < 400 else ''}"
        return Look(Answer.REFUSED, what, passes=status in PASSING)
    if size and length is not None and length != size:
        return Look(Answer.OTHER_FILE, f"it has {length:,} bytes, but the file has {size:,}")
    return Look(Answer.GOOD)


def _length(heard: Heard) -> int | None:
    """The length of the whole file, from Content-Range of a part or Content-Length of the whole."""
    if heard.headers.get("Content-Encoding", "identity") != "identity":
        return None
    told = heard.headers.get("Content-Length", "")
    if heard.status == 206:
        told = heard.headers.get("Content-Range", "").rpartition("/")[2]
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 16 else None
