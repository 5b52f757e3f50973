"""TikTok's API, with one method for each endpoint. The caller decides which call to make and what the answer means.

How a call is paced, gets its token and is repeated is in `calling.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from contentsync.amounts import many
from contentsync.errors import Problem, Refused, Unanswered
from contentsync.frozen import frozen
from contentsync.tiktok import bodies, wire
from contentsync.tiktok.calling import LACKS_SCOPE, Calling
from contentsync.tiktok.comments import FIELDS as COMMENT_FIELDS
from contentsync.tiktok.comments import Comment, CommentPage
from contentsync.tiktok.upload_url import is_trusted
from contentsync.tiktok.wire import Endpoint

QUERY_IDS: Final = 20  # Source: Query Videos, "filters.video_ids"
PAGE: Final = 20  # Source: List Videos, "max_count"
COMMENT_PAGE: Final = 100  # Source: Query Video Comments, "max_count"
PAGES: Final = 10_000  # of a list of videos; no account has so many
EMPTY_PAGES: Final = 5  # in a row, with the promise of more, before a list is given up


@frozen
class PutAnswer:
    """How TikTok answered a chunk. acknowledged_bytes: as its Content-Range says; chunks.snap tells what it means."""

    http_status: int
    acknowledged_bytes: int | None = None

    @property
    def accepted(self) -> bool:
        return 200 <= self.http_status < 300


class Client(Calling):
    """The API for one account.

    All methods but put_chunk raise Refused (TikTok said no), Unanswered (we can't know), NotSent (nothing left this
    machine) and SignInNeeded (no token that TikTok accepts; nothing was done then either).
    """

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
            if not more or err.error_code not in LACKS_SCOPE:
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
        self, post: bodies.PostInfo, source: bodies.Source, about_to_send: Callable[[], None] | None = None
    ) -> wire.InitAnswer:
        """Start a direct post. Scope video.publish, 6 a minute for each access token."""
        body = {"post_info": post.body(), "source_info": source.body()}
        return self._init(Endpoint.VIDEO_INIT, body, about_to_send)

    def init_inbox(self, source: bodies.Source, about_to_send: Callable[[], None] | None = None) -> wire.InitAnswer:
        """Start a draft for the creator's inbox. Scope video.upload, 6 a minute; carries no settings."""
        body = {"source_info": source.body()}
        return self._init(Endpoint.INBOX_INIT, body, about_to_send)

    def init_photos(
        self, photos: bodies.PhotoPost, about_to_send: Callable[[], None] | None = None
    ) -> wire.InitAnswer:
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
    read = many(count, "video")
    what = f"TikTok's list of public videos says there are more, but gives no further page; it listed {read}"
    return Problem("list-not-whole", what, "run the command again in a few minutes")


def _acknowledged(content_range: str, total: int) -> int | None:
    """The figure in `bytes 0-N/TOTAL`; None where it can't be read or speaks of another file."""
    found = re.fullmatch(r"(?:bytes[ =])?\s*0-([0-9]{1,19})/([0-9]{1,19}|\*)", content_range.strip())
    if found is None or found[2] not in ("*", str(total)):
        return None
    return int(found[1]) if int(found[1]) <= total else None
