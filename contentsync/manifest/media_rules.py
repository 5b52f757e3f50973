"""Will TikTok accept these media? Its rules on containers, codecs, sizes, sides, frame rates and durations. Pure.

A fact that is None was not read, and is never an error. The limits here hold for everyone. How long a direct post may
be differs for each creator, so the plan asks TikTok.
Source: Media Transfer Guide, "Video restrictions" and "Image restrictions".
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from contentsync import limits
from contentsync.errors import Level, Problem
from contentsync.media.container import FILMS
from contentsync.post import Media, MediaFacts, Mode

_CONTAINERS: Final = frozenset({"mp4", "mov", "webm"})
_CODECS: Final = frozenset({"h264", "h265", "vp8", "vp9"})
_PHOTO_FORMATS: Final = frozenset({"jpeg", "webp"})
_PICTURES: Final = frozenset({"png", "gif", "bmp", "tiff", "heic", "avif"})
_ENCODED: Final = "-c:v libx264 -pix_fmt yuv420p -c:a aac"
_ROUNDING: Final = 0.01  # a probe tells 60 frames a second as 59.999 or 60.002


def check_video(media: Media, mode: Mode | None) -> Iterator[Problem]:
    """What TikTok would refuse about a video."""
    yield from _video_size(media.size)
    facts = media.facts
    if facts is None:
        return
    if facts.container and facts.container not in _CONTAINERS:
        what = f"the video is {facts.container}; TikTok takes MP4, MOV and WebM"
        can_copy = facts.codec in ("h264", "h265")
        hint = _ffmpeg(media, "-c copy" if can_copy else _ENCODED)
        yield Problem("video-container", what, hint if facts.container in FILMS else "name a file with a video track")
    elif facts.codec and facts.codec not in _CODECS:
        what = f"the video's codec is {facts.codec}; TikTok takes H.264, H.265, VP8 and VP9"
        yield Problem("video-codec", what, _ffmpeg(media, _ENCODED))
    yield from _picture(media, facts)
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


def _ffmpeg(media: Media, options: str, suffix: str = ".mp4") -> str:
    """The command that makes a file which TikTok takes, beside the one there is."""
    target = media.path.rpartition(".")[0] or media.path
    return f"run: ffmpeg -i {shlex.quote(media.path)} {options} {shlex.quote(f'{target}-tiktok{suffix}')}"


def _picture(media: Media, facts: MediaFacts) -> Iterator[Problem]:
    rate = facts.frame_rate
    least, most = limits.FRAME_RATE_MIN, limits.FRAME_RATE_MAX
    if rate and not least - _ROUNDING <= rate <= most + _ROUNDING:
        what = f"{rate:g} frames a second; TikTok takes {least:g} to {most:g}"
        yield Problem("frame-rate", what, _ffmpeg(media, f"-r 30 {_ENCODED}"))
    if facts.width and facts.height:
        sides = f"the picture is {facts.width}x{facts.height}; TikTok takes sides of"
        allowed = f"{limits.SIDE_MIN} to {limits.SIDE_MAX:,}"
        upright = facts.height >= facts.width
        if min(facts.width, facts.height) < limits.SIDE_MIN:
            scale = "-vf scale=720:-2" if upright else "-vf scale=-2:720"
            yield Problem("picture-too-small", f"{sides} {allowed}", _ffmpeg(media, f"{scale} {_ENCODED}"))
        if max(facts.width, facts.height) > limits.SIDE_MAX:
            scale = "-vf scale=-2:1920" if upright else "-vf scale=1920:-2"
            yield Problem("picture-too-big", f"{sides} {allowed}", _ffmpeg(media, f"{scale} {_ENCODED}"))


def check_photo(media: Media) -> Iterator[Problem]:
    """What TikTok would refuse about a photo; one bad photo fails the whole post, and TikTok does not say which."""
    if media.size > limits.PHOTO_BYTES:
        what = f"the photo has {media.size:,} bytes; TikTok takes {limits.PHOTO_BYTES:,}"
        yield Problem("photo-too-big", what, "save it at a lower quality")
    facts = media.facts
    if facts is None:
        return
    if facts.container and facts.container not in _PHOTO_FORMATS:
        what = f"the photo is {facts.container}; TikTok takes JPEG and WebP"
        yield Problem("photo-format", what, _converted(media, facts.container))
    elif facts.width and facts.height and min(facts.width, facts.height) > limits.PHOTO_SHORT_SIDE:
        what = (
            f"the photo is {facts.width}x{facts.height}; its shorter side may be at most {limits.PHOTO_SHORT_SIDE:,}"
        )
        yield Problem("photo-sides", what, f"scale its shorter side to {limits.PHOTO_SHORT_SIDE}")


def _converted(media: Media, container: str) -> str:
    """The command that makes a JPEG of a photo. ffmpeg reads no HEIC with tiles, which is what phones write."""
    if container not in _PICTURES:
        return "save it as JPEG or WebP"
    if container in ("heic", "avif"):
        target = media.path.rpartition(".")[0] or media.path
        source, made = shlex.quote(media.path), shlex.quote(f"{target}.jpg")
        return f"run: magick {source} {made}  (on a Mac: sips -s format jpeg {source} --out {made})"
    return _ffmpeg(media, "-frames:v 1 -q:v 2", ".jpg")


def check_photos(count: int, cover: int | None) -> Iterator[tuple[str, Problem]]:
    """What is wrong with a set of photos: the key, and the problem."""
    if count > limits.PHOTOS:
        what = f"{count} photos; TikTok takes at most {limits.PHOTOS}"
        yield "photos", Problem("photos-count", what, f"remove {count - limits.PHOTOS}")
    if cover is not None and count and cover >= count:
        what = f"cover is {cover}, and the last photo is {count - 1}"
        yield "cover", Problem("cover-out-of-range", what, "the first photo is 0")


def check_cover(cover_ms: int | None, facts: MediaFacts | None) -> Iterator[Problem]:
    """What is wrong with the frame chosen as cover; TikTok would silently use the first one."""
    if cover_ms is None or facts is None or facts.duration is None:
        return
    if cover_ms > facts.duration * 1_000:
        what = f"cover_at is {cover_ms / 1_000:g} s, and the video lasts {facts.duration:g} s"
        yield Problem("cover-after-end", what, "choose an earlier frame")
