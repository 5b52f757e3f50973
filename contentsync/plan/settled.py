"""What counts as declared once a post is settled? History is never judged again.

The danger: a changed default, an account that goes from drafts to direct posts, a clip that was deleted once it was
out, or a stricter rule would make every published post an edited or a faulty one, and stop what is due.
The rule: of a settled post only what its own manifest says is compared with what was sent. What the manifest leaves
out is as it was sent; a file that is not here is the one that was sent; what is wrong with it today forbids nothing.
Other bytes, and another text in the manifest, stay an edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from contentsync.evidence.compare import is_settled
from contentsync.faulty import Faulty
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.plan.scene import unsettled
from contentsync.post import ABSENT, DesiredPost, Disclosure, Interaction, Media, Mode, Privacy
from contentsync.post_state import Attempt, PostState

#: How a value that was sent is read back, by its name in what was sent.
_READ: Final[dict[str, Any]] = {
    "caption": str,
    "title": str,
    "privacy": lambda value: None if value is None else Privacy(value),
    "allow": lambda value: frozenset(map(Interaction, value)),
    "disclosure": lambda value: frozenset(map(Disclosure, value)),
    "ai_generated": bool,
    "auto_music": bool,
    "cover": lambda value: value,
}


def settling(row: PostState, generation: int) -> Attempt | None:
    """The attempt that settles this generation, or a later one: a success, else one that was left for good."""
    ended = [a for a in row.attempts if a.generation >= generation and a.phase in SUCCESS | {Phase.ABANDONED}]
    return max(ended, key=lambda a: (a.phase in SUCCESS, a.generation), default=None)


def sent_media(row: PostState) -> tuple[str, int] | None:
    """The digest and the size of the file that the settled post of a row was sent with; None for any other row."""
    done = settling(row, 1)
    is_sent = done is not None and done.phase in SUCCESS and done.sha256
    if done is None or not is_sent or row.removed_at is not None or unsettled(row) is not None:
        return None
    return done.sha256, done.size


def is_history(row: PostState | None, post: DesiredPost) -> bool:
    """Whether nothing is to be sent any more for what the manifest asks, whatever is wrong with it today."""
    return row is not None and row.removed_at is None and unsettled(row) is None and is_settled(row, post.generation)


def split(
    faulty: Iterable[Faulty], rows: Mapping[str, PostState]
) -> tuple[dict[str, DesiredPost], tuple[Faulty, ...]]:
    """The settled ones among faulty posts, as they can be read, by key; and the others. rows: by key."""
    settled: dict[str, DesiredPost] = {}
    others = []
    for one in faulty:
        if one.post is not None and is_history(rows.get(one.key), one.post):
            settled[one.key] = as_compared(one.post, rows[one.key])
        else:
            others.append(one)
    return settled, tuple(others)


def as_compared(post: DesiredPost, row: PostState | None) -> DesiredPost:
    """A settled post with what its manifest leaves out as it was sent; any other post as it is."""
    done = settling(row, post.generation) if row else None
    if row is None or done is None or post.digest in {done.digest, row.acked_digest}:
        return post
    sent = _sent(done)
    if not sent or not post.places or not is_history(row, post):
        return post
    try:
        return _with_sent(post, sent)
    except (ValueError, TypeError):
        return post  # a row of another version: compared by its digest alone


def _with_sent(post: DesiredPost, sent: Mapping[str, Any]) -> DesiredPost:
    written = {key for key, _ in post.places}
    given = written | ({"cover"} if "cover_at" in written else set())
    values = {name: read(sent[name]) for name, read in _READ.items() if name in sent and name not in given}
    mode = post.mode if "mode" in given or "mode" not in sent else Mode(sent["mode"])
    return replace(post, mode=mode, media=_media(post, written, sent.get("media", [])), **values)


def _media(post: DesiredPost, written: set[str], sent: list[str]) -> tuple[Media, ...]:
    """The media as they count: those that were sent, where what is here of them fits."""
    if not written & {"video", "photos"}:
        return _as_sent(post.media, sent)
    here = [item for item in post.media if item.pointer != ABSENT]
    if len(here) == len(post.media) and len(here) == len(sent):
        return post.media
    is_whole_list = len(post.media) == len(sent)
    fits = (
        all(item.pointer == ABSENT or item.identity == was for item, was in zip(post.media, sent, strict=True))
        if is_whole_list
        else not post.lists_photos and _is_part([item.identity for item in here], sent)
    )
    return _as_sent(post.media, sent) if fits else post.media


def _is_part(some: list[str], every: list[str]) -> bool:
    """Whether `some` is what is left of `every` once others were taken away."""
    rest = iter(every)
    return all(one in rest for one in some)


def _as_sent(media: tuple[Media, ...], sent: list[str]) -> tuple[Media, ...]:
    known = {item.identity: item for item in media if item.pointer != ABSENT}
    return tuple(
        known.get(was) or (Media(url=was) if "://" in was else Media(sha256=was, pointer=ABSENT)) for was in sent
    )


def _sent(attempt: Attempt) -> dict[str, Any]:
    try:
        told = json.loads(attempt.sent)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
