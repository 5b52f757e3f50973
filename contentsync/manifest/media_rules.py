"""Will TikTok take these media? What it says of containers, codecs, sizes, sides, frame rates and durations. Pure.

A fact that is None was not read, and is never an error. The longest video of a direct post is the creator's own
limit, which only a fresh answer tells; here stands what holds for everyone.
Source: Media Transfer Guide, "Video restrictions" and "Image restrictions".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contentsync import limits
from contentsync.errors import Level, Problem
from contentsync.post import Media, MediaFacts, Mode

_CONTAINERS: Final = frozenset({"mp4", "mov", "webm"})
_CODECS: Final = frozenset({"h264", "h265", "vp8", "vp9"})
_PHOTO_FORMATS: Final = frozenset({"jpeg", "webp"})
_ROUNDING: Final = 0.01  # a probe tells 60 frames a second as 59.999 or 60.002


def check_video(media: Media, mode: Mode | None) -> Iterator[Problem]:
    """What TikTok would refuse of a video."""
    yield from _video_size(media.size)
    facts = media.facts
    if facts is None:
        return
    if facts.container and facts.container not in _CONTAINERS:
        yield Problem("video-container", f"the video is {facts.container}", "make it MP4, MOV or WebM")
    elif facts.codec and facts.codec not in _CODECS:
        hint = "encode it as H.264 (also H.265, VP8, VP9)"
        yield Problem("video-codec", f"the video's codec is {facts.codec}", hint)
    yield from _picture(facts)
    if mode is Mode.DRAFT and facts.duration and facts.duration > limits.DRAFT_SECONDS:
        what = f"the video lasts {facts.duration:,.1f} s; a draft at most {limits.DRAFT_SECONDS}"
        yield Problem("video-too-long", what, f"cut {facts.duration - limits.DRAFT_SECONDS:,.1f} s")


def _video_size(size: int) -> Iterator[Problem]:
    if size > limits.VIDEO_BYTES:
        what = f"the video has {size:,} bytes; TikTok takes {limits.VIDEO_BYTES:,}"
        yield Problem("video-too-big", what, "encode it at a lower bit rate")
    elif size > limits.VIDEO_BYTES_ADVISED:
        what = f"the video has {size:,} bytes; TikTok's 4 GB may mean {limits.VIDEO_BYTES_ADVISED:,}"
        yield Problem("video-nearly-too-big", what, "encode it at a lower bit rate", level=Level.WARNING)


def _picture(facts: MediaFacts) -> Iterator[Problem]:
    rate = facts.frame_rate
    least, most = limits.FRAME_RATE_MIN, limits.FRAME_RATE_MAX
    if rate and not least - _ROUNDING <= rate <= most + _ROUNDING:
        what = f"{rate:g} frames a second; TikTok takes {least:g} to {most:g}"
        yield Problem("frame-rate", what, "encode it at 30")
    if facts.width and facts.height:
        sides = f"the picture is {facts.width}x{facts.height}"
        if min(facts.width, facts.height) < limits.SIDE_MIN:
            yield Problem(
                "picture-too-small", f"{sides}; each side needs {limits.SIDE_MIN}", "encode it at 1080x1920"
            )
        if max(facts.width, facts.height) > limits.SIDE_MAX:
            yield Problem(
                "picture-too-big", f"{sides}; a side may have {limits.SIDE_MAX:,}", "encode it at 1080x1920"
            )


def check_photo(media: Media) -> Iterator[Problem]:
    """What TikTok would refuse of a photo; one bad photo fails the whole post, and TikTok does not say which."""
    if media.size > limits.PHOTO_BYTES:
        what = f"the photo has {media.size:,} bytes; TikTok takes {limits.PHOTO_BYTES:,}"
        yield Problem("photo-too-big", what, "save it at a lower quality")
    facts = media.facts
    if facts is None:
        return
    if facts.container and facts.container not in _PHOTO_FORMATS:
        yield Problem("photo-format", f"the photo is {facts.container}", "save it as JPEG or WebP")
    elif facts.width and facts.height and min(facts.width, facts.height) > limits.PHOTO_SHORT_SIDE:
        what = f"the photo is {facts.width}x{facts.height}; its shorter side may have {limits.PHOTO_SHORT_SIDE:,}"
        yield Problem("photo-sides", what, f"scale its shorter side to {limits.PHOTO_SHORT_SIDE}")


def check_photos(count: int, cover: int | None) -> Iterator[tuple[str, Problem]]:
    """What is wrong with a set of photos: the key, and the problem."""
    if count > limits.PHOTOS:
        what = f"{count} photos; TikTok takes at most {limits.PHOTOS}"
        yield "photos", Problem("photos-count", what, f"take {count - limits.PHOTOS} out")
    if cover is not None and count and cover >= count:
        what = f"cover is {cover}, and the last photo is {count - 1}"
        yield "cover", Problem("cover-out-of-range", what, "the first photo is 0")


def check_cover(cover_ms: int | None, facts: MediaFacts | None) -> Iterator[Problem]:
    """What is wrong with the frame chosen as cover; TikTok would take the first one without a word."""
    if cover_ms is None or facts is None or facts.duration is None:
        return
    if cover_ms > facts.duration * 1_000:
        what = f"cover_at is {cover_ms / 1_000:g} s, and the video lasts {facts.duration:g} s"
        yield Problem("cover-after-end", what, "choose an earlier frame")
