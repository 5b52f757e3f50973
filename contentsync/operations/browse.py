"""Which public videos does an account have, which post is each of them, and what are its comments?

Reads only, and asks for no more pages than are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from contentsync.errors import Problem, Refused, SignInNeeded, UsageError
from contentsync.frozen import frozen
from contentsync.project import Project
from contentsync.settings import Account
from contentsync.tiktok.client import COMMENT_PAGE, PAGE
from contentsync.tiktok.comments import Comment
from contentsync.tiktok.refusals import Family, refusal
from contentsync.tiktok.research import ClientToken, not_approved
from contentsync.tiktok.wire import WHOLE_VIDEO_FIELDS, Video

T = TypeVar("T")


@frozen
class Listed:
    """Public videos of an account, newest first; of asked ones those that TikTok knows.

    posts: by post id, the key of the post of ours that it is bound to. more: there are others beyond the limit.
    missing: ids that were asked for, and that TikTok does not show as this account's.
    """

    open_id: str
    videos: tuple[Video, ...]
    posts: dict[str, str]
    more: bool = False
    missing: tuple[str, ...] = ()


@frozen
class Thread:
    """Comments on one video, or replies to one of them. more: there are others beyond the limit."""

    comments: tuple[Comment, ...]
    more: bool = False


def public_videos(project: Project, account: Account, limit: int, post_ids: tuple[str, ...] = ()) -> Listed:
    """The newest public videos of an account, or those with these ids.

    Raises SignInNeeded without the scope video.list, for no token, and for another identity's.
    """
    project.refuse_unset()
    at_work = project.at_work(account.name)
    creator, client = at_work.identify(), at_work.client
    wanted = tuple(dict.fromkeys(post_ids))
    try:
        if wanted:
            videos, more = tuple(client.query_videos(wanted, WHOLE_VIDEO_FIELDS)), False
        else:
            pages = client.all_videos(fields=WHOLE_VIDEO_FIELDS, page_size=min(PAGE, limit + 1))
            videos, more = _first(pages, limit)
    except Refused as err:
        raise _may_not_list(account, err) from err
    there = {video.post.post_id for video in videos}
    posts = _posts_of(project, creator.open_id, there)
    return Listed(creator.open_id, videos, posts, more, tuple(key for key in wanted if key not in there))


def _may_not_list(account: Account, err: Refused) -> Exception:
    row = refusal(err.error_code)
    if row is None or row.family is not Family.SIGN_IN:
        return err
    what = f"the public videos of {account.name} can't be read: {err.problem.what}"
    return SignInNeeded(Problem(err.problem.code, what, "grant the scope video.list to the app, and sign in again"))


def _posts_of(project: Project, open_id: str, post_ids: Iterable[str]) -> dict[str, str]:
    """The keys of the posts that these videos are bound to."""
    bound = project.reading_store.bindings(open_id)
    rows = {post_id: project.reading_store.post(bound[post_id]) for post_id in post_ids if post_id in bound}
    return {post_id: row.key for post_id, row in rows.items() if row is not None}


def comments_on(project: Project, video_id: str, limit: int, replies_of: str = "") -> Thread:
    """The comments on a public video, or the replies to one of them, in TikTok's order.

    Raises SignInNeeded for an app that TikTok has not approved for research, UsageError for replies to a comment
    on another video.
    """
    from contentsync.tiktok.client import Client
    from contentsync.tiktok.throttle import Throttle

    project.refuse_unset()
    app, base_url = project.settings.app, project.api_url
    bearer = ClientToken(app, base_url, project.clock, project.transport, project.on_request)
    throttle = Throttle(project.reading_store, project.clock, f"app:{app.client_key or ''}")
    which = {"comment_id": replies_of} if replies_of else {"video_id": video_id}
    given = (project.clock, project.transport, project.on_request)
    with Client(base_url, bearer, throttle, *given, on_wait=project.on_note) as client:
        try:
            found = client.all_comments(**which, page_size=min(COMMENT_PAGE, limit + 1))
            comments, more = _first(found, limit)
        except Refused as err:
            raise not_approved(err) or err from err
        finally:
            bearer.close()
    _refuse_others(comments, video_id)
    return Thread(comments, more)


def _refuse_others(comments: Iterable[Comment], video_id: str) -> None:
    for comment in comments:
        if comment.video_id not in {"", video_id}:
            what = f"the comment is on the video {comment.video_id}, not on {video_id}"
            raise UsageError(Problem("comment-of-another-video", what, f"name the video {comment.video_id}"))


def _first(found: Iterator[T], limit: int) -> tuple[tuple[T, ...], bool]:
    """The first ones, and whether there are more."""
    taken = tuple(islice(found, limit + 1))
    return taken[:limit], len(taken) > limit
