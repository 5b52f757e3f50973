"""What is in a film, and is it whole? Its structure decides whether it is whole, the probe what it is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from contentsync.errors import Level, Problem
from contentsync.media import mp4, webm
from contentsync.media.probe import Tracks, decimal, facts_of, film_track
from contentsync.media.zeros import Digest, Span
from contentsync.post import MediaFacts

_AGAIN: Final = "copy or export it again"
_HOLLOW: Final = 0.001  # of what the frames take up: less may be the padding of an encoder


def examine(
    path: Path, handle: int, size: int, container: str, digest: Digest, tracks: Tracks
) -> tuple[MediaFacts | None, list[Problem]]:
    """The facts of a film, and what is wrong with it."""
    duration = frame_rate = None
    spans: list[Span] = []
    if container in ("mp4", "mov"):
        found = mp4.examine(handle, size)
        is_cut, damage, spans = found.is_cut, found.damage, found.spans
    elif container == "webm":
        seen = webm.examine(handle, size)
        is_cut, damage, spans = seen.is_cut, seen.damage, seen.spans
        duration = seen.duration
        frame_rate = seen.frames / duration if duration else None
    else:
        is_cut, damage = False, ""  # TikTok takes none of the others
    if problem := _broken(path, size, is_cut, damage, digest, spans):
        return MediaFacts(container), [problem]
    told = tracks(path)
    if told is None:
        return None, [_not_checked(path)]
    video = film_track(told)
    if not told:
        what = f"{path.name} is damaged: no program can say what is in it"
        return MediaFacts(container), [Problem("media-damaged", what, _AGAIN)]
    if video is None:
        return MediaFacts(container), [
            Problem("no-video-track", f"{path.name} has no video track", "name a file with a video track")
        ]
    return _judged(path, facts_of(container, video), video, duration, frame_rate)


def _broken(path: Path, size: int, is_cut: bool, damage: str, digest: Digest, spans: list[Span]) -> Problem | None:
    if is_cut:
        return Problem("media-truncated", f"{path.name} is incomplete", _AGAIN)
    everywhere = digest.zeros_within(0, size)
    if damage and everywhere > size // 100:  # the zeros hide where the content goes on
        return hollow(path, everywhere, size)
    empty = digest.zeros_in(sorted(spans))
    if empty > _HOLLOW * sum(end - start for start, end in spans):
        return hollow(path, empty, size)
    if damage:
        return Problem("media-damaged", f"{path.name} is damaged: {damage}", _AGAIN)
    return None


def hollow(path: Path, empty: int, size: int) -> Problem:
    """The problem of a file with its full length, but with zeros where its content should be."""
    share = max(1, round(100 * empty / size))
    what = f"{path.name} has zeros where its content should be ({share} % of it): its copy was not finished"
    return Problem("media-hollow", what, "copy it again, and wait until the copy is done")


def _not_checked(path: Path) -> Problem:
    what = f"{path.name} is not checked: libmediainfo is missing"
    return Problem("media-not-checked", what, "install pymediainfo's wheel or libmediainfo", level=Level.NOTE)


def _judged(
    path: Path, facts: MediaFacts, video: dict[str, Any], duration: float | None, frame_rate: float | None
) -> tuple[MediaFacts | None, list[Problem]]:
    facts = replace(facts, duration=facts.duration or duration, frame_rate=facts.frame_rate or _rounded(frame_rate))
    if facts.container in ("mp4", "mov", "webm") and not (facts.codec and facts.width and facts.height):
        what = f"{path.name} is damaged: its codec or the size of its picture can't be read"
        return facts, [Problem("media-damaged", what, _AGAIN)]
    return facts, _varying(path, video)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 3)


def _varying(path: Path, video: dict[str, Any]) -> list[Problem]:
    least, most = decimal(video.get("FrameRate_Minimum")), decimal(video.get("FrameRate_Maximum"))
    if video.get("FrameRate_Mode") != "VFR" or least is None or most is None:
        return []
    what = f"{path.name} has a varying frame rate, {least:g} to {most:g}; TikTok takes 23 to 60"
    return [
        Problem(
            "varying-frame-rate",
            what,
            "TikTok may check either rate; encode the video at a constant 30",
            level=Level.NOTE,
        )
    ]
