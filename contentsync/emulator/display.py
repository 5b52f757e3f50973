"""What do the Display endpoints answer? The account and its public videos, with the requested fields."""

from __future__ import annotations

from typing import Final

from contentsync.emulator import life
from contentsync.emulator.config import Account, Video
from contentsync.emulator.message import Request
from contentsync.emulator.refusal import Refused, invalid
from contentsync.emulator.rules import cut
from contentsync.emulator.tokens import Grant
from contentsync.emulator.world import World

Data = dict[str, object]

PAGE = 20

# Source: Get User Info, "fields".
USER_FIELDS: Final[dict[str, str]] = {
    "open_id": "user.info.basic",
    "union_id": "user.info.basic",
    "avatar_url": "user.info.basic",
    "avatar_url_100": "user.info.basic",
    "avatar_large_url": "user.info.basic",
    "display_name": "user.info.basic",
    "bio_description": "user.info.profile",
    "profile_deep_link": "user.info.profile",
    "is_verified": "user.info.profile",
    "username": "user.info.profile",
    "follower_count": "user.info.stats",
    "following_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}

# Source: Video Object.
VIDEO_FIELDS: Final = frozenset(
    {
        "id",
        "create_time",
        "cover_image_url",
        "share_url",
        "video_description",
        "duration",
        "height",
        "width",
        "title",
        "embed_html",
        "embed_link",
        "like_count",
        "comment_count",
        "share_count",
        "view_count",
    }
)


def user_info(world: World, grant: Grant, request: Request) -> Data:
    """The account. Source: Get User Info."""
    fields = fields_of(request, frozenset(USER_FIELDS))
    beyond = {field for field in fields if USER_FIELDS[field] not in grant.scopes}
    habit = world.config.quirks.beyond_scope
    if beyond and habit != "silent":
        raise Refused(habit)
    life.settle_all(world, grant.account)
    user = _user(world, world.accounts[grant.account], world.open_id(grant.account, grant.client_key))
    return {"user": {field: type(user[field])() if field in beyond else user[field] for field in fields}}


def _user(world: World, account: Account, open_id: str) -> Data:
    avatar = f"https://p16.tiktokcdn.example/{account.username}"
    return {
        "open_id": open_id,
        "union_id": account.union_id,
        "avatar_url": f"{avatar}.jpeg",
        "avatar_url_100": f"{avatar}-100.jpeg",
        "avatar_large_url": f"{avatar}-large.jpeg",
        "display_name": account.nickname,
        "bio_description": "",
        "profile_deep_link": f"https://vm.tiktok.example/{account.username}",
        "is_verified": False,
        "username": account.username,
        "follower_count": account.follower_count,
        "following_count": account.following_count,
        "likes_count": account.likes_count,
        "video_count": len(world.public_videos(account.name)),
    }


def video_list(world: World, grant: Grant, request: Request) -> Data:
    """A page of the public videos, newest first, older than the cursor in ms. Source: List Videos."""
    fields = fields_of(request, VIDEO_FIELDS)
    body = request.json()
    count = number_of(body, "max_count", 10)
    cursor = number_of(body, "cursor", 0)
    if not 1 <= count <= PAGE or cursor < 0:
        raise invalid("max_count or cursor is out of range")
    life.settle_all(world, grant.account)
    found = [video for video in world.public_videos(grant.account) if not cursor or _ms(video) < cursor]
    page = found[:count]
    return {
        "videos": [_video(world, grant.account, video, fields) for video in page],
        "cursor": _ms(page[-1]) if page else cursor,
        "has_more": len(found) > count,
    }


def video_query(world: World, grant: Grant, request: Request) -> Data:
    """Those of the asked videos that are the caller's own and public. Source: Query Videos."""
    fields = fields_of(request, VIDEO_FIELDS)
    filters = request.json().get("filters")
    ids = filters.get("video_ids") if isinstance(filters, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= PAGE:
        raise invalid(f"filters.video_ids must hold 1 to {PAGE} ids")
    wanted = {_id(key) for key in ids}
    life.settle_all(world, grant.account)
    found = [video for video in world.public_videos(grant.account) if video.id in wanted]
    return {"videos": [_video(world, grant.account, video, fields) for video in found]}


def fields_of(request: Request, known: frozenset[str]) -> list[str]:
    """The fields that are asked for; raises Refused for none, or one that is not known."""
    fields = [field.strip() for field in request.query.get("fields", "").split(",") if field.strip()]
    if not fields:
        raise invalid("Fields is required")
    unknown = [field for field in fields if field not in known]
    if unknown:
        raise invalid(f"Unknown field: {', '.join(unknown)}")
    return fields


def number_of(body: Data, name: str, default: int) -> int:
    """A whole number of the body; raises Refused for anything else."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{name} must be an integer")
    return value


def _id(value: object) -> int:
    """A video id, as a number or its digits; raises Refused for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid("filters.video_ids must be an integer")
    return value


def _ms(video: Video) -> int:
    return int((video.created_at or 0.0) * 1_000)


def _video(world: World, account: str, video: Video, fields: list[str]) -> Data:
    handle, listed = world.accounts[account].username, cut(video.caption, world.config.quirks.listed_units)
    link = f"https://www.tiktok.com/@{handle}/video/{video.id}"
    whole: Data = {
        "id": str(video.id),
        "create_time": int(video.created_at or 0.0),
        "cover_image_url": f"https://p16.tiktokcdn.example/{video.id}.jpeg",
        "share_url": link,
        "video_description": listed,
        "title": listed,
        "duration": video.duration,
        "height": video.height,
        "width": video.width,
        "embed_html": f'<blockquote class="tiktok-embed" cite="{link}"></blockquote>',
        "embed_link": f"https://www.tiktok.com/embed/v2/{video.id}",
        "like_count": video.like_count,
        "comment_count": video.comment_count,
        "share_count": video.share_count,
        "view_count": video.view_count,
    }
    return {field: whole[field] for field in fields}
