"""What is wrong with a post that has the right shape? Checks offline what TikTok and the schedule require.

Pure. A finding is a path in the manifest (of a missing key: where it would be) and a problem without a
place; the caller, who knows the document, adds the place.
A post that is bound to an existing video is never sent, so few rules apply to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from contentsync import limits
from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.manifest.document import Path
from contentsync.post import Disclosure, Interaction, Kind, Mode, Privacy
from contentsync.settings import Account, Defaults
from contentsync.visible import unseen, visible

if TYPE_CHECKING:
    from contentsync.manifest.schema import Manifest

Finding = tuple[Path, Problem]
_LOOKED_AT: Final = 10_000  # characters: more than any text may have
_HASHTAG: Final = re.compile(r"(?<!\S)#\w")
_PHOTO_KEYS: Final = frozenset({Interaction.DUET, Interaction.STITCH})


@frozen
class Frame:
    """What a post is judged against: its account, the project's defaults, and the zone of its times."""

    account: Account
    defaults: Defaults
    zone: tzinfo = UTC


def mode_of(post: Manifest, frame: Frame) -> Mode | None:
    """What the post does: the manifest's word, else the account's, else the default's."""
    return post.mode or frame.account.mode or frame.defaults.mode


def value_of(post: Manifest, key: str) -> Any:
    """What the post says of a key that not every kind of post has; None where it says nothing.

    Not getattr: for a key that is missing pydantic's is slow.
    """
    return post.__dict__.get(key)


def kind_of(post: Manifest) -> Kind:
    """What the post is made of."""
    return Kind.VIDEO if value_of(post, "photos") is None else Kind.PHOTOS


def is_bound(post: Manifest) -> bool:
    """Whether the post is at TikTok already."""
    return value_of(post, "post_id") is not None


def check(post: Manifest, frame: Frame) -> Iterator[Finding]:
    """All problems of `post` for this account, apart from its media."""
    yield from _schedule(post, frame)
    if is_bound(post):
        return
    yield from _lengths(post)
    yield from _hidden_characters(post)
    yield from _mode(post, frame)
    yield from _openness(post, frame)
    if post.moved_from == post.name:
        yield ("moved_from",), Problem("moved-from-itself", "moved_from is the post's own name", "take it out")


def _lengths(post: Manifest) -> Iterator[Finding]:
    photos = kind_of(post) is Kind.PHOTOS
    most = limits.PHOTO_CAPTION_UNITS if photos else limits.CAPTION_UNITS
    yield from _too_long("caption", post.caption or "", most)
    yield from _too_long("title", value_of(post, "title") or "", limits.PHOTO_TITLE_UNITS)
    tags = len(_HASHTAG.findall(post.caption[:_LOOKED_AT])) if post.caption else 0
    if tags > limits.HASHTAGS_ADVISED:
        what = f"caption has {tags} hashtags; TikTok's app takes {limits.HASHTAGS_ADVISED}"
        hint = "keep the best five; what TikTok does with more is not documented"
        yield ("caption",), Problem("many-hashtags", what, hint, level=Level.WARNING)


def _hidden_characters(post: Manifest) -> Iterator[Finding]:
    for key in ("caption", "title", "video"):
        text = (value_of(post, key) or "")[:_LOOKED_AT]
        found = unseen(text)
        if found:
            count = "an invisible character" if len(found) == 1 else f"{len(found):,} invisible characters"
            what = f'{key} contains {count}: "{_around(text, found[0])}"; it is sent exactly as written'
            yield (key,), Problem("hidden-character", what, "delete what you did not mean", level=Level.NOTE)


def _around(text: str, index: int) -> str:
    """The text around a character, on one line, with invisible characters as escapes."""
    start, end = max(0, index - 12), index + 13
    return ("…" if start else "") + visible(text[start:end].replace("\n", " ")) + ("…" if end < len(text) else "")


def _too_long(key: str, text: str, most: int) -> Iterator[Finding]:
    if 2 * len(text) <= most:  # each character is two units at most
        return
    over = limits.utf16_units(text) - most
    if over > 0:
        what = f"{key} is {over:,} over the {most:,} that TikTok takes"
        yield (key,), Problem(f"{key}-too-long", what, f"cut {over:,} characters; most emoji count as two")


def _mode(post: Manifest, frame: Frame) -> Iterator[Finding]:
    mode = mode_of(post, frame)
    if mode is None:
        what = f"neither the manifest, account {frame.account.name} nor the defaults say what the post does"
        yield ("mode",), Problem("mode-missing", what, "add mode: draft, or mode: direct")
    if mode is Mode.DIRECT and post.privacy is None:
        hint = "add privacy: everyone, friends, followers or only_me"
        yield ("privacy",), Problem("privacy-missing", "a direct post needs privacy; there is no default", hint)


def _openness(post: Manifest, frame: Frame) -> Iterator[Finding]:
    disclosure = frame.defaults.disclosure if post.disclosure is None else post.disclosure
    if Disclosure.BRANDED_CONTENT in disclosure:
        yield from _branded(post.privacy)
    if post.disclosure == () and not frame.defaults.disclosure:
        what = "disclosure is empty: you need to indicate if your content promotes yourself, a third party, or both"
        hint = "write your_brand or branded_content, or delete the key"
        yield ("disclosure",), Problem("disclosure-empty", what, hint, level=Level.WARNING)
    if kind_of(post) is Kind.PHOTOS:
        for number, item in enumerate(post.allow or ()):
            if item in _PHOTO_KEYS:
                what = f"photos have no {item}"
                yield ("allow", number), Problem("not-for-photos", what, "allow only comment")


def _branded(privacy: Privacy | None) -> Iterator[Finding]:
    if privacy is Privacy.ONLY_ME:
        what = "branded content can't be visible to only_me"
        hint = "choose everyone or friends: “Branded content visibility cannot be set to private.”"
        yield ("privacy",), Problem("branded-content-private", what, hint)
    elif privacy is Privacy.FOLLOWERS:
        what = "TikTok names only public and friends for branded content, not followers"
        hint = "choose everyone or friends"
        yield ("privacy",), Problem("branded-content-followers", what, hint, level=Level.WARNING)


def _schedule(post: Manifest, frame: Frame) -> Iterator[Finding]:
    for key in ("publish_at", "expires_at"):
        problem = clock_problem(value_of(post, key), frame)
        if problem:
            yield (key,), problem
    if wants_slot(post) and not frame.account.slots:
        what = f"account {frame.account.name} has no slots"
        yield (
            ("publish_at",),
            Problem("no-slots", what, "add slots in contentsync.yaml, or write the time in publish_at"),
        )
    if post.grace and not post.publish_at and not wants_slot(post):
        what = "grace says how long after publish_at a post may be sent, and there is no publish_at"
        yield ("grace",), Problem("grace-without-time", what, "add publish_at, or write expires_at instead of grace")
    if post.publish_at and post.expires_at:
        start, end = instant(post.publish_at, frame.zone), instant(post.expires_at, frame.zone)
        if end <= start:
            problem = Problem("expires-before-publish", "expires_at is not after publish_at", "move it later")
            yield ("expires_at",), problem


def wants_slot(post: Manifest) -> bool:
    """Whether the post asks for its account's next free slot."""
    return post.publish_at is None and "publish_at" in post.model_fields_set


def instant(moment: datetime, zone: tzinfo) -> datetime:
    """`moment` in UTC; a time without an offset is one of `zone`."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def clock_problem(moment: datetime | None, frame: Frame) -> Problem | None:
    """What is wrong with a local time on a day when the clocks change; None where it is good."""
    if moment is None or moment.tzinfo:
        return None
    first, second = (moment.replace(tzinfo=frame.zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return None
    exists = first.astimezone(UTC).astimezone(frame.zone).replace(tzinfo=None, fold=0) == moment
    options = sorted({first.isoformat(), second.isoformat()})
    if exists:
        what, code = f"{moment.isoformat()} exists twice in {frame.account.timezone}", "time-exists-twice"
    else:
        what, code = f"{moment.isoformat()} does not exist in {frame.account.timezone}", "time-does-not-exist"
    return Problem(code, f"{what}: the clocks change", f"write an offset: {options[0]} or {options[1]}")
