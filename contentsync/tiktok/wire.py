"""What do TikTok's answers look like, as types, and where do requests go? TikTok's own field names are used here.

A field that is missing, null or of another type counts as absent. Nothing here sends or judges; `calling.py` and
`answers.py` do. `bodies.py` has what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from contentsync.figures import Figures
from contentsync.frozen import frozen
from contentsync.post import Interaction, Privacy
from contentsync.remote_post import RemotePost
from contentsync.tiktok.reading import flag, ids, mapping, moment, text, told, whole, word


class Endpoint(StrEnum):
    """The path of each call, with the slash at its end that TikTok documents."""

    VIDEO_INIT = "/v2/post/publish/video/init/"
    INBOX_INIT = "/v2/post/publish/inbox/video/init/"
    CONTENT_INIT = "/v2/post/publish/content/init/"
    STATUS = "/v2/post/publish/status/fetch/"
    CANCEL = "/v2/post/publish/cancel/"
    CREATOR_INFO = "/v2/post/publish/creator_info/query/"
    USER_INFO = "/v2/user/info/"
    VIDEO_LIST = "/v2/video/list/"
    VIDEO_QUERY = "/v2/video/query/"
    COMMENT_LIST = "/v2/research/video/comment/list/"
    TOKEN = "/v2/oauth/token/"  # noqa: S105 - a path
    REVOKE = "/v2/oauth/revoke/"
    AUTHORIZE = "/v2/auth/authorize/"


PRIVACY_LEVELS: Final = {
    Privacy.EVERYONE: "PUBLIC_TO_EVERYONE",
    Privacy.FRIENDS: "MUTUAL_FOLLOW_FRIENDS",
    Privacy.FOLLOWERS: "FOLLOWER_OF_CREATOR",
    Privacy.ONLY_ME: "SELF_ONLY",
}
_PRIVACY_OF: Final = {level: privacy for privacy, level in PRIVACY_LEVELS.items()}

USER_FIELDS: Final = "open_id,union_id,avatar_url,avatar_url_100,avatar_large_url,display_name"
USER_FIELDS_OF_SCOPE: Final = {
    "user.info.profile": ",username,is_verified,bio_description,profile_deep_link",
    "user.info.stats": ",follower_count,following_count,likes_count,video_count",
}
STATS_FIELDS: Final = "open_id" + USER_FIELDS_OF_SCOPE["user.info.stats"]
VIDEO_FIELDS: Final = (
    "id,create_time,share_url,video_description,duration,title,like_count,comment_count,share_count,view_count"
)
WHOLE_VIDEO_FIELDS: Final = VIDEO_FIELDS + ",cover_image_url,height,width,embed_html,embed_link"


@frozen
class Envelope:
    """The frame of every answer but those of OAuth and of the upload.

    code: "ok" or a refusal, in lower case. Source: Error Handling; the field of the log id is spelt in two ways.
    """

    code: str
    message: str
    log_id: str
    data: Mapping[str, object]

    @classmethod
    def of(cls, body: object) -> Envelope | None:
        """None where the body is no envelope at all."""
        if not isinstance(body, dict) or not isinstance(error := body.get("error"), dict):
            return None
        code = word(error.get("code")).lower()
        return cls(code, told(error.get("message")), log_id_in(body), mapping(body.get("data"))) if code else None


@frozen
class InitAnswer:
    """TikTok's handle of one posting. upload_url: for a file only; contains a token, so it is never shown.

    date: when it answered, by its own clock; None where it did not say.
    """

    publish_id: str
    upload_url: str | None = field(default=None, repr=False)
    date: datetime | None = None

    @classmethod
    def of(cls, data: Mapping[str, object]) -> InitAnswer | None:
        publish_id = text(data.get("publish_id")).strip()[:256]
        return cls(publish_id, text(data.get("upload_url")) or None) if publish_id else None


@frozen
class Status:
    """The status of a posting.

    status: TikTok's word in upper case; an unknown one is in progress. fail_reason: in lower case.
    post_ids: as text, the first is the canonical one; empty is normal for a post that is not public.
    uploaded_bytes, downloaded_bytes: None where TikTok does not say.
    date: when it answered, by its own clock; None where it did not say.
    Source: Get Post Status; the name of the ids' field is misspelt there and spelt in other ways elsewhere.
    """

    status: str
    fail_reason: str = ""
    post_ids: tuple[str, ...] = ()
    uploaded_bytes: int | None = None
    downloaded_bytes: int | None = None
    date: datetime | None = None

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Status:
        spellings = ("publicaly_available_post_id", "publicly_available_post_id", "publically_available_post_id")
        return cls(
            status=word(data.get("status")).upper(),
            fail_reason=word(data.get("fail_reason")).lower(),
            post_ids=ids(data.get(name) for name in spellings),
            uploaded_bytes=whole(data.get("uploaded_bytes")),
            downloaded_bytes=whole(data.get("downloaded_bytes")),
        )

    @property
    def published(self) -> bool:
        return self.status == "PUBLISH_COMPLETE"

    @property
    def delivered(self) -> bool:
        """A draft has reached the creator's inbox."""
        return self.status == "SEND_TO_USER_INBOX"

    @property
    def failed(self) -> bool:
        return self.status == "FAILED"

    @property
    def in_progress(self) -> bool:
        return not (self.published or self.delivered or self.failed)


@frozen
class CreatorInfo:
    """What the creator may post now. privacy: None where TikTok did not say; levels we don't know are left out.

    avatar_url: good for two hours. Source: Query Creator Info.
    """

    nickname: str = ""
    username: str = ""
    avatar_url: str = ""
    privacy: tuple[Privacy, ...] | None = None
    disabled: frozenset[Interaction] = frozenset()
    max_seconds: int | None = None

    @classmethod
    def of(cls, data: Mapping[str, object]) -> CreatorInfo:
        return cls(
            nickname=told(data.get("creator_nickname")),
            username=told(data.get("creator_username")),
            avatar_url=text(data.get("creator_avatar_url")),
            privacy=_levels(data.get("privacy_level_options")),
            disabled=frozenset(name for name in Interaction if flag(data.get(f"{name}_disabled"))),
            max_seconds=whole(data.get("max_video_post_duration_sec")),
        )


def _levels(value: object) -> tuple[Privacy, ...] | None:
    """Privacy levels from a list, or from a single one as text, in capitals or not; None where none are told."""
    given = [value] if isinstance(value, str) and value.strip() else value
    if not isinstance(given, list):
        return None
    words = (re.sub(r"[\s-]+", "_", text(level).strip()).upper() for level in given)
    return tuple(dict.fromkeys(_PRIVACY_OF[level] for level in words if level in _PRIVACY_OF))


@frozen
class UserInfo:
    """The user of an access token. Figures and profile: empty or None if the scope was not granted.

    open_id: one for each app; union_id: one for each developer. Source: Get User Info, "fields".
    """

    open_id: str
    union_id: str = ""
    display_name: str = ""
    username: str = ""
    avatar_url: str = ""
    avatar_url_100: str = ""
    avatar_large_url: str = ""
    bio: str = ""
    profile_url: str = ""
    verified: bool | None = None
    followers: int | None = None
    following: int | None = None
    likes: int | None = None
    videos: int | None = None

    @classmethod
    def of(cls, data: Mapping[str, object]) -> UserInfo | None:
        user = mapping(data.get("user"))
        verified = user.get("is_verified")
        answer = cls(
            open_id=text(user.get("open_id")).strip(),
            union_id=text(user.get("union_id")),
            display_name=told(user.get("display_name")),
            username=told(user.get("username")),
            avatar_url=text(user.get("avatar_url")),
            avatar_url_100=text(user.get("avatar_url_100")),
            avatar_large_url=text(user.get("avatar_large_url")),
            bio=text(user.get("bio_description")),
            profile_url=text(user.get("profile_deep_link")),
            verified=verified if isinstance(verified, bool) else None,
            followers=whole(user.get("follower_count")),
            following=whole(user.get("following_count")),
            likes=whole(user.get("likes_count")),
            videos=whole(user.get("video_count")),
        )
        return answer if answer.open_id else None


@frozen
class Video:
    """One public video as listed, with its figures. created_at: 1970 where TikTok did not say.

    cover_url: good for six hours. What was not asked for, or not told, is None or empty. Source: Video Object.
    """

    post: RemotePost
    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    width: int | None = None
    height: int | None = None
    cover_url: str = ""
    embed_html: str = ""
    embed_url: str = ""

    @classmethod
    def of(cls, entry: object) -> Video | None:
        item = mapping(entry)
        if not (found := ids([item.get("id")])):
            return None
        post = RemotePost(
            post_id=found[0],
            created_at=moment(item.get("create_time")),
            caption=text(item.get("video_description")),
            title=text(item.get("title")),
            duration=whole(item.get("duration")) or 0,
            url=text(item.get("share_url")),
        )
        return cls(
            post,
            views=whole(item.get("view_count")),
            likes=whole(item.get("like_count")),
            comments=whole(item.get("comment_count")),
            shares=whole(item.get("share_count")),
            width=whole(item.get("width")),
            height=whole(item.get("height")),
            cover_url=text(item.get("cover_image_url")),
            embed_html=text(item.get("embed_html")),
            embed_url=text(item.get("embed_link")),
        )

    def figures(self, at: datetime) -> Figures:
        """The counts, as TikTok gave them at this time."""
        return Figures(self.post.post_id, at, self.views, self.likes, self.comments, self.shares)


@frozen
class VideoPage:
    """One page of the public list, newest first. cursor: UTC milliseconds; videos before it are on the next page."""

    videos: tuple[Video, ...]
    cursor: int | None
    has_more: bool

    @classmethod
    def of(cls, data: Mapping[str, object]) -> VideoPage:
        entries = data.get("videos")
        videos = tuple(filter(None, map(Video.of, entries if isinstance(entries, list) else ())))
        cursor = whole(data.get("cursor"))
        if not cursor and videos:
            cursor = int(videos[-1].post.created_at.timestamp() * 1000)
        return cls(videos, cursor or None, flag(data.get("has_more")))


def log_id_in(body: object) -> str:
    """The log id to quote to TikTok's support, from any of the shapes; empty where there is none."""
    outer = mapping(body)
    inner = mapping(outer.get("error"))
    return word(inner.get("log_id")) or word(inner.get("logid")) or word(outer.get("log_id"))
