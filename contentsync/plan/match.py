"""Which public video may come from an attempt? Compares captions, durations and times.

A match is evidence for a post. A missing match is never evidence against it.

Source: Display API, Video Object: captions are cut at 150 units, durations are whole seconds; List Videos: public
posts only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta

from contentsync import limits
from contentsync.post import DesiredPost, Kind, Mode, Privacy
from contentsync.post_state import Attempt
from contentsync.remote_post import RemotePost

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

    Without a caption nothing matches, and a post that is not for everyone is in no public list.
    """
    return bool(normal(attempt.caption)) and may_fit(attempt, video)


def resembles(attempt: Attempt, video: RemotePost) -> bool:
    """As `fits`, but made within a day of the intent before or after it: this machine's clock may be hours off.

    Enough to doubt a failure, too little to bind the video to the post.
    """
    near = abs(video.created_at - attempt.created_at) <= timedelta(hours=limits.ADOPT_WINDOW_HOURS)
    return bool(normal(attempt.caption)) and near and _is_alike(attempt, video)


def may_fit(attempt: Attempt, video: RemotePost) -> bool:
    """Whether nothing known of `attempt` speaks against `video`; a caption that is not on record does not."""
    since = video.created_at - attempt.created_at
    return -_SKEW <= since <= timedelta(hours=limits.ADOPT_WINDOW_HOURS) and _is_alike(attempt, video)


def _is_alike(attempt: Attempt, video: RemotePost) -> bool:
    if not same_length(attempt.duration, video.duration):
        return False
    if attempt.mode is Mode.DIRECT and attempt.privacy not in {"", Privacy.EVERYONE}:
        return False
    return not normal(attempt.caption) or same_caption(attempt.caption, video.caption or video.title)


def candidates(attempt: Attempt, videos: Iterable[RemotePost]) -> list[RemotePost]:
    return [video for video in videos if fits(attempt, video)]


class Lookalikes:
    """Public videos that belong to no post, to be asked many times which of them are like a post.

    Alike are the same caption, as far as TikTok shows it, and the same length, as far as both are known: TikTok tells
    whole seconds, and none of photos; nobody knows the length of what TikTok fetches. Where neither has a caption
    only the length speaks, so both lengths have to be known.
    """

    def __init__(self, videos: Iterable[RemotePost]) -> None:
        self._whole: dict[str, list[RemotePost]] = {}
        self._cut: list[tuple[str, RemotePost]] = []
        for video in sorted(videos, key=lambda v: (v.created_at, v.post_id), reverse=True):
            for listed in {video.caption or video.title, video.title or video.caption}:
                self._whole.setdefault(normal(listed), []).append(video)
                if beginning := _beginning(listed):
                    self._cut.append((beginning, video))

    def of(self, post: DesiredPost, *, any_length: bool = False) -> tuple[str, ...]:
        """The ids of the videos that are like a post, newest first. any_length: by the caption alone."""
        texts = list(filter(None, map(normal, (post.caption, post.title))))
        seconds = _seconds(post)
        found = [video for text in texts for video in self._with(text)]
        if not texts and seconds is not None:
            found = [video for video in self._whole.get("", ()) if video.duration]
        alike = [video for video in found if any_length or same_length(seconds, video.duration)]
        alike.sort(key=lambda video: (video.created_at, video.post_id), reverse=True)
        return tuple(dict.fromkeys(video.post_id for video in alike))

    def _with(self, text: str) -> list[RemotePost]:
        return [*self._whole.get(text, ()), *(video for cut, video in self._cut if text.startswith(cut))]


def _seconds(post: DesiredPost) -> float | None:
    """How long a post's video is; None for photos, and where no probe could say."""
    facts = post.media[0].facts if post.media and post.kind is Kind.VIDEO else None
    return facts.duration if facts else None


def same_length(ours: float | None, listed: int) -> bool:
    """Whether two lengths may be one: TikTok rounds to whole seconds; one that is not known may be any."""
    return ours is None or not listed or abs(ours - listed) <= 1
