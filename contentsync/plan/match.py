"""Which video came of an attempt? Likeness of captions, durations and times; never proof against a post.

Source: Display API, Video Object: captions are cut at 150 units, durations are whole seconds; List Videos: public
posts only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta

from contentsync import limits
from contentsync.post import Attempt, Mode, Privacy, RemotePost

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
    beginning = _beginning(listed)
    return bool(beginning) and ours.startswith(beginning)


def _beginning(listed: str) -> str:
    """What a caption began with that TikTok may have cut; empty where it is too short for that."""
    if limits.utf16_units(listed) < _CUT_FROM:
        return ""
    return normal(listed).removesuffix("...").removesuffix("…").rstrip()


def fits(attempt: Attempt, video: RemotePost) -> bool:
    """Whether `video` is like what was sent with `attempt`: caption, duration, made within a day of the intent.

    Without a caption there is no likeness, and what was not sent for everyone is in no public list.
    """
    return bool(normal(attempt.caption)) and may_fit(attempt, video)


def may_fit(attempt: Attempt, video: RemotePost) -> bool:
    """Whether nothing known of `attempt` speaks against `video`; a caption that is not on record does not."""
    since = video.created_at - attempt.created_at
    if not -_SKEW <= since <= timedelta(hours=limits.ADOPT_WINDOW_HOURS):
        return False
    if attempt.duration is not None and video.duration and abs(attempt.duration - video.duration) > 1:
        return False
    if attempt.mode is Mode.DIRECT and attempt.privacy not in {"", Privacy.EVERYONE}:
        return False
    return not normal(attempt.caption) or same_caption(attempt.caption, video.caption or video.title)


def candidates(attempt: Attempt, videos: Iterable[RemotePost]) -> list[RemotePost]:
    return [video for video in videos if fits(attempt, video)]


class Lookalikes:
    """Videos by their captions, to be asked many times."""

    def __init__(self, videos: Iterable[RemotePost]) -> None:
        self._whole: dict[str, list[str]] = {}
        self._cut: list[tuple[str, str]] = []
        for video in sorted(videos, key=lambda v: (v.created_at, v.post_id), reverse=True):
            listed = video.caption or video.title
            self._whole.setdefault(normal(listed), []).append(video.post_id)
            if beginning := _beginning(listed):
                self._cut.append((beginning, video.post_id))

    def of(self, caption: str) -> list[str]:
        """The ids of the videos that have this caption, newest first; none for an empty one."""
        ours = normal(caption)
        if not ours:
            return []
        cut = [post_id for beginning, post_id in self._cut if ours.startswith(beginning)]
        return list(dict.fromkeys([*self._whole.get(ours, []), *cut]))
