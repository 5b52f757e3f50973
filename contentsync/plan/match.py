"""Which video came of an attempt? Likeness of captions, durations and times; never proof against a post.

Source: Display API, Video Object: captions are cut at 150 units, durations are whole seconds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta

from contentsync import limits
from contentsync.post import Attempt, RemotePost

_SKEW = timedelta(minutes=2)  # TikTok's clock and ours
_CUT_FROM = limits.LISTED_CAPTION_UNITS - 3  # a cut may fall before a wide character, or leave room for dots


def normal(text: str) -> str:
    """A caption as it is compared: NFC, white space folded, half characters of a cut dropped."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore").rstrip("\ufffd")
    return " ".join(unicodedata.normalize("NFC", whole).split())


def same_caption(sent: str, listed: str) -> bool:
    """Whether `listed` is `sent`, or the beginning of it, cut where TikTok cuts."""
    ours, theirs = normal(sent), normal(listed)
    if ours == theirs:
        return True
    if limits.utf16_units(listed) < _CUT_FROM:
        return False
    return bool(theirs) and ours.startswith(theirs.removesuffix("...").removesuffix("…").rstrip())


def fits(attempt: Attempt, video: RemotePost) -> bool:
    """Whether `video` may be what came of `attempt`: caption, duration, made within a day of the intent."""
    since = video.created_at - attempt.created_at
    if not -_SKEW <= since <= timedelta(hours=limits.ADOPT_WINDOW_HOURS):
        return False
    if attempt.duration is not None and video.duration and abs(attempt.duration - video.duration) > 1:
        return False
    return same_caption(attempt.caption, video.caption or video.title)


def candidates(attempt: Attempt, videos: Iterable[RemotePost]) -> list[RemotePost]:
    return [video for video in videos if fits(attempt, video)]
