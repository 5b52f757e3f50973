"""Is the body of an init well formed? TikTok's rules for post_info, source_info and chunks; no state."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from contentsync.emulator.config import LEVELS
from contentsync.emulator.refusal import BAD_CHUNK, BAD_COUNT, BAD_POST, BAD_SOURCE, Refused, invalid

CAPTION_UNITS = 2_200
PHOTO_TITLE_UNITS = 90
PHOTO_CAPTION_UNITS = 4_000
PHOTOS = 35
CHUNKS = 1_000

VIDEO_TOGGLES = (
    "disable_duet",
    "disable_stitch",
    "disable_comment",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)
PHOTO_TOGGLES = (
    "disable_comment",
    "auto_add_music",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)

Megabyte = Literal["either", "decimal", "binary"]


class Sizes(NamedTuple):
    """Bytes. A count of one may hold what a chunk may hold."""

    smallest_chunk: int
    largest_chunk: int
    largest_video: int


# The guide says MB and uses both meanings; "either" refuses only what is wrong in both.
SIZES: dict[Megabyte, Sizes] = {
    "either": Sizes(5_000_000, 67_108_864, 4_294_967_296),
    "decimal": Sizes(5_000_000, 64_000_000, 4_000_000_000),
    "binary": Sizes(5_242_880, 67_108_864, 4_294_967_296),
}


class Plan(NamedTuple):
    """How a file will be sent: bytes of the file, bytes of a chunk, number of chunks."""

    size: int
    chunk: int
    chunks: int


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int | None) -> str:
    """The first `limit` UTF-16 units, without half a character at the end."""
    if limit is None:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


def part(body: Mapping[str, object], name: str, message: str) -> Mapping[str, object]:
    """An object inside the body; raises Refused when it is not there."""
    found = body.get(name)
    if not isinstance(found, dict):
        raise invalid(message)
    return found


def check_video_info(info: Mapping[str, object]) -> None:
    """post_info of a video. Source: Direct Post, "post_info"."""
    _check_level(info)
    _check_text(info, "title", CAPTION_UNITS)
    _check_toggles(info, VIDEO_TOGGLES)


def check_photo_info(info: Mapping[str, object], direct: bool) -> None:
    """post_info of a photo post; drafts keep only the texts. Source: Photo, "post_info"."""
    _check_text(info, "title", PHOTO_TITLE_UNITS)
    _check_text(info, "description", PHOTO_CAPTION_UNITS)
    if direct:
        _check_level(info)
        _check_toggles(info, PHOTO_TOGGLES)


def _check_level(info: Mapping[str, object]) -> None:
    if info.get("privacy_level") not in LEVELS:
        raise invalid(BAD_POST)


def _check_text(info: Mapping[str, object], name: str, limit: int) -> None:
    text = info.get(name, "")
    if not isinstance(text, str) or units(text) > limit:
        raise invalid(BAD_POST)


def _check_toggles(info: Mapping[str, object], names: tuple[str, ...]) -> None:
    if any(not isinstance(info.get(name, False), bool) for name in names):
        raise invalid(BAD_POST)


def plan_of(source: Mapping[str, object], megabyte: Megabyte) -> Plan:
    """The plan of a FILE_UPLOAD; raises Refused when it breaks a chunk rule.

    Source: Media Transfer Guide, "Chunk restrictions". That a single chunk must be declared with the file's own
    size is not in the guide, and is checked all the same.
    """
    size, chunk, count = (_whole(source, key) for key in ("video_size", "chunk_size", "total_chunk_count"))
    sizes = SIZES[megabyte]
    if size > sizes.largest_video:
        raise invalid(BAD_SOURCE)
    if count > CHUNKS or count != max(1, size // chunk):
        raise invalid(BAD_COUNT)
    if chunk > sizes.largest_chunk or (chunk != size if count == 1 else chunk < sizes.smallest_chunk):
        raise invalid(BAD_CHUNK)
    return Plan(size, chunk, count)


def _whole(source: Mapping[str, object], name: str) -> int:
    value = source.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid(BAD_SOURCE)
    return value


def video_url(source: Mapping[str, object]) -> str:
    """The URL of a PULL_FROM_URL video; raises Refused when there is none."""
    url = source.get("video_url")
    if not isinstance(url, str) or not url:
        raise invalid(BAD_SOURCE)
    return url


def photo_urls(source: Mapping[str, object]) -> tuple[str, ...]:
    """The URLs of a photo post, in order. Source: Photo, "source_info"."""
    urls, cover = source.get("photo_images"), source.get("photo_cover_index")
    if source.get("source") != "PULL_FROM_URL" or not isinstance(urls, list) or not 1 <= len(urls) <= PHOTOS:
        raise invalid(BAD_SOURCE)
    if not isinstance(cover, int) or isinstance(cover, bool) or not 0 <= cover < len(urls):
        raise invalid(BAD_SOURCE)
    if not all(isinstance(url, str) and url for url in urls):
        raise invalid(BAD_SOURCE)
    return tuple(urls)


def check_owner(url: str, verified: tuple[str, ...] | None) -> None:
    """Raise Refused unless the app owns the URL. Source: Media Transfer Guide, "Pull from URL".

    An address of this machine may be http and a number, as TikTok would not have it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused("url_ownership_unverified") from None
    host = parts.hostname or ""
    if not is_loopback(url) and (parts.scheme != "https" or not host or _is_address(host)):
        raise Refused("url_ownership_unverified")
    if verified is not None and not any(_covers(entry, url, host) for entry in verified):
        raise Refused("url_ownership_unverified")


def _covers(entry: str, url: str, host: str) -> bool:
    if "://" in entry:
        return url.startswith(entry)
    return host == entry or host.endswith(f".{entry}")


def is_loopback(url: str) -> bool:
    """Whether a URL is one of this machine's."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return near and parts.scheme in ("http", "https")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
