"""TikTok's API, with one method for each endpoint. The caller decides which call to make and what the answer means.

`_call` and `_read` contain rate limits, tokens and the repetition of reads. An init is never repeated here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from contentsync.clock import Clock
from contentsync.destinations import host_on_this_machine
from contentsync.errors import Level, NotSent, Problem, Refused, Unanswered
from contentsync.tiktok import wire
from contentsync.tiktok.answers import judge, of_reading, unanswered
from contentsync.tiktok.comments import FIELDS as COMMENT_FIELDS
from contentsync.tiktok.comments import Comment, CommentPage
from contentsync.tiktok.exchange import USUAL_TIMEOUTS, Exchange, OnRequest, Timeouts
from contentsync.tiktok.reading import http_date
from contentsync.tiktok.refusals import MINUTE, refusal
from contentsync.tiktok.throttle import Throttle
from contentsync.tiktok.upload_url import is_trusted
from contentsync.tiktok.wire import Endpoint

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Fields = Mapping[str, object]

QUERY_IDS: Final = 20  # Source: Query Videos, "filters.video_ids"
PAGE: Final = 20  # Source: List Videos, "max_count"
COMMENT_PAGE: Final = 100  # Source: Query Video Comments, "max_count"
CLOCK_SLIPS: Final = timedelta(minutes=1)
PAGES: Final = 10_000  # of a list of videos; no account has so many
EMPTY_PAGES: Final = 5  # in a row, with the promise of more, before a list is given up
_LACKS_SCOPE: Final = frozenset({"scope_permission_missed", "scope_not_authorized"})
_OF_THE_TOKEN: Final = _LACKS_SCOPE | {"access_token_invalid"}

# Seconds between the tries of a call that may be repeated: together longer than the minute of a rate limit, and
# short for the rest.
_AFTER_RATE_LIMIT: Final = (5.0, 15.0, 45.0)
_AFTER_SILENCE: Final = (1.0, 2.0, 4.0)
_AFTER_NO_CONNECTION: Final = (1.0, 2.0)


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


@dataclass(frozen=True, slots=True)
class PutAnswer:
    """How TikTok answered a chunk. acknowledged_bytes: as its Content-Range says; chunks.snap tells what it means."""

    http_status: int
    acknowledged_bytes: int | None = None

    @property
    def accepted(self) -> bool:
        return 200 <= self.http_status < 300


class Client:
    """The API for one account.

    All methods but put_chunk raise Refused (TikTok said no), Unanswered (we can't know), NotSent (nothing left this
    machine) and SignInNeeded (no token that TikTok accepts; nothing was done then either).
    """

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
        """on_wait: called once for each reading call that is repeated after some seconds, with the reason."""
        self._on_wait = on_wait
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._throttle = throttle
        self._clock = clock
        self._exchange = Exchange(clock, transport, on_request, timeouts, direct=bool(host_on_this_machine(base_url)))
        self.date: datetime | None = None  # TikTok's clock at its last answer to a call; None where that has none
        self._heard: tuple[datetime, datetime, float] | None = None  # TikTok's clock, and both of ours at that moment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next call would open new ones."""
        self._exchange.close()

    # Reads: repeated a few times where that may help.

    def user_info(self) -> wire.UserInfo:
        """The user of the token; asks only for what the granted scopes allow. 600 a minute.

        If a scope was removed meanwhile, only the fields that every sign-in grants are asked for.
        """
        granted = self._credentials.scopes() or frozenset()
        more = "".join(names for scope, names in wire.USER_FIELDS_OF_SCOPE.items() if scope in granted)
        try:
            return self._read(Endpoint.USER_INFO, wire.UserInfo.of, None, wire.USER_FIELDS + more)
        except Refused as err:
            if not more or err.error_code not in _LACKS_SCOPE:
                raise
        return self._read(Endpoint.USER_INFO, wire.UserInfo.of, None, wire.USER_FIELDS)

    def user_stats(self) -> wire.UserInfo:
        """The account's figures alone. Scope user.info.stats; without it a Refused, or figures that are None."""
        return self._read(Endpoint.USER_INFO, wire.UserInfo.of, None, wire.STATS_FIELDS)

    def creator_info(self) -> wire.CreatorInfo:
        """What the creator may post now. Scope video.publish, 20 a minute. A stop for posting is a Refused."""
        return self._read(Endpoint.CREATOR_INFO, wire.CreatorInfo.of, {})

    def status(self, publish_id: str) -> wire.Status:
        """The status of a posting. Scope video.publish or video.upload, 30 a minute over all posts."""
        answer = self._read(Endpoint.STATUS, wire.Status.of, {"publish_id": publish_id})
        return replace(answer, date=self.date)

    def videos(
        self, cursor: int | None = None, max_count: int = PAGE, fields: str = wire.VIDEO_FIELDS
    ) -> wire.VideoPage:
        """One page of the public videos, newest first. Scope video.list, 600 a minute.

        cursor: only those created before it, UTC milliseconds.
        """
        body = {"max_count": max_count} | ({"cursor": cursor} if cursor is not None else {})
        return self._read(Endpoint.VIDEO_LIST, wire.VideoPage.of, body, fields)

    def all_videos(
        self, stop_at: Collection[str] = (), fields: str = wire.VIDEO_FIELDS, page_size: int = PAGE
    ) -> Iterator[wire.Video]:
        """The public videos, newest first, each once.

        stop_at: post ids that are known already; no page is read beyond the first one that holds any of them.
        Raises Unanswered (`list-not-whole`), after all that came, where the pages lead nowhere.
        """
        seen: set[str] = set()
        cursor, empty = None, 0
        for _ in range(PAGES):
            page = self.videos(cursor, page_size, fields)
            for video in page.videos:
                if video.post.post_id not in seen:
                    seen.add(video.post.post_id)
                    yield video
            if not page.has_more or any(video.post.post_id in stop_at for video in page.videos):
                return
            empty = 0 if page.videos else empty + 1
            if page.cursor is None or (cursor is not None and page.cursor >= cursor) or empty >= EMPTY_PAGES:
                break
            cursor = page.cursor
        raise Unanswered(_not_whole(len(seen)))

    def query_videos(self, post_ids: Sequence[str], fields: str = wire.VIDEO_FIELDS) -> list[wire.Video]:
        """Those of the account's own public videos that TikTok knows by these ids. Scope video.list, 600 a minute."""
        pages = [
            self._read(
                Endpoint.VIDEO_QUERY,
                wire.VideoPage.of,
                {"filters": {"video_ids": list(post_ids[start : start + QUERY_IDS])}},
                fields,
            )
            for start in range(0, len(post_ids), QUERY_IDS)
        ]
        return [video for page in pages for video in page.videos]

    def comments(
        self, *, video_id: str = "", comment_id: str = "", cursor: int = 0, max_count: int = COMMENT_PAGE
    ) -> CommentPage:
        """One page of the comments on a public video, or of the replies to one: either id, not both.

        Only with the token of an app that is approved for research (research.ClientToken), whose scope is
        research.data.basic. cursor: a start index. May hold fewer than max_count, though there are more.
        """
        which = {"comment_id": int(comment_id)} if comment_id else {"video_id": int(video_id)}
        body = which | {"max_count": max_count, "cursor": cursor}
        return self._read(Endpoint.COMMENT_LIST, CommentPage.of, body, COMMENT_FIELDS)

    def all_comments(
        self, *, video_id: str = "", comment_id: str = "", page_size: int = COMMENT_PAGE
    ) -> Iterator[Comment]:
        """The comments, or the replies, in TikTok's order, each once."""
        seen: set[str] = set()
        cursor, empty = 0, 0
        while empty < EMPTY_PAGES:
            page = self.comments(video_id=video_id, comment_id=comment_id, cursor=cursor, max_count=page_size)
            for comment in page.comments:
                if comment.comment_id not in seen:
                    seen.add(comment.comment_id)
                    yield comment
            if not page.has_more or page.cursor is None or page.cursor <= cursor:
                return
            empty = 0 if page.comments else empty + 1
            cursor = page.cursor

    # Writes: sent once. `about_to_send` is called when pace and token are settled and the request goes next, and
    # again if it is repeated after a token that TikTok refused.

    def init_video(
        self, post: wire.PostInfo, source: wire.Source, about_to_send: Callable[[], None] | None = None
    ) -> wire.InitAnswer:
        """Start a direct post. Scope video.publish, 6 a minute for each access token."""
        body = {"post_info": post.body(), "source_info": source.body()}
        return self._init(Endpoint.VIDEO_INIT, body, about_to_send)

    def init_inbox(self, source: wire.Source, about_to_send: Callable[[], None] | None = None) -> wire.InitAnswer:
        """Start a draft for the creator's inbox. Scope video.upload, 6 a minute; carries no settings."""
        body = {"source_info": source.body()}
        return self._init(Endpoint.INBOX_INIT, body, about_to_send)

    def init_photos(self, photos: wire.PhotoPost, about_to_send: Callable[[], None] | None = None) -> wire.InitAnswer:
        """Start a photo post or draft. Scope video.publish or video.upload, 6 a minute."""
        return self._init(Endpoint.CONTENT_INIT, photos.body(), about_to_send)

    def cancel(self, publish_id: str) -> None:
        """Stop TikTok's download of a posting by URL, if TikTok still can."""
        self._call(Endpoint.CANCEL, dict, {"publish_id": publish_id})

    def put_chunk(
        self,
        upload_url: str,
        blocks: Iterable[bytes],
        first: int,
        last: int,
        total: int,
        content_type: str,
        about_to_finish: Callable[[], None] | None = None,
    ) -> PutAnswer:
        """Send the bytes first to last (inclusive) of a file of `total` bytes; any HTTP status is an answer.

        about_to_finish: called when all but the last block was sent and the last block goes next.
        What `blocks` or about_to_finish raises passes through; the chunk is then incomplete for TikTok.
        Raises NotSent; Unanswered, also where `blocks` has another length (`media-changed`), so that the chunk
        stays incomplete, and for an address that is not TikTok's (`upload-url-not-trusted`), to which nothing goes.
        Source: Media Transfer Guide, "Upload".
        """
        if not is_trusted(upload_url, self._base_url):
            hint = "nothing was sent there; if base_url is a proxy of yours, use TikTok's own address"
            what = "the upload address that TikTok gave is not https on a host of tiktokapis.com"
            raise Unanswered(Problem("upload-url-not-trusted", what, hint))
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(last - first + 1),
            "Content-Range": f"bytes {first}-{last}/{total}",
        }
        body = _exactly(blocks, last - first + 1, about_to_finish)
        answer = self._exchange.send("PUT", upload_url, "(upload)", headers, body, upload=True)
        return PutAnswer(answer.status, _acknowledged(answer.headers.get("Content-Range", ""), total))

    # How a call is made.

    def _init(self, endpoint: Endpoint, body: Fields, about_to_send: Callable[[], None] | None) -> wire.InitAnswer:
        answer = self._call(endpoint, wire.InitAnswer.of, body, about_to_send=about_to_send)
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
        while (seconds := self._throttle.take(endpoint)) > 0:
            self._clock.sleep(seconds)
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


def _is_rate_limit(err: Refused) -> bool:
    row = refusal(err.error_code)
    return row is not None and row.again == MINUTE


def _exactly(
    blocks: Iterable[bytes], size: int, about_to_finish: Callable[[], None] | None = None
) -> Iterator[bytes]:
    """The blocks, if they have `size` bytes together; the last one is held back until that is certain."""
    held, left = b"", size
    for block in filter(None, blocks):
        left -= len(block)
        if left < 0:
            break
        yield held
        held = block
    if left:
        what = f"the file changed while it was sent: {'more' if left < 0 else 'fewer'} bytes than declared"
        raise Unanswered(Problem("media-changed", what, "leave the file as it is, then run contentsync plan again"))
    if about_to_finish:
        about_to_finish()
    yield held


def _not_whole(count: int) -> Problem:
    what = f"TikTok's list of public videos says there are more, but gives no further page; {count} videos were read"
    return Problem("list-not-whole", what, "run the command again in a few minutes")


def _acknowledged(content_range: str, total: int) -> int | None:
    """The figure in `bytes 0-N/TOTAL`; None where it can't be read or speaks of another file."""
    found = re.fullmatch(r"(?:bytes[ =])?\s*0-([0-9]{1,19})/([0-9]{1,19}|\*)", content_range.strip())
    if found is None or found[2] not in ("*", str(total)):
        return None
    return int(found[1]) if int(found[1]) <= total else None
