"""Which row belongs to a manifest with a new name?

The danger: a renamed manifest looks like a new post, and its video would be published a second time.

The rule: a new name continues a row if `moved_from` names that row, or if exactly one vanished row and exactly one
new name share the same media or video. If several rows or names fit, or if the row's own manifest now has other media
or errors, the new name is blocked until a person says what was renamed.

Why that is enough: the state keeps the digests of all media that a row sent, may have sent or was seen to have. So a
post with such media, under any name, is a move or is blocked. Media that nobody sent can't be posted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from contentsync.errors import Problem
from contentsync.lifecycle import OPEN, Phase
from contentsync.plan.caps import MAY_SHOW
from contentsync.post import DesiredPost
from contentsync.post_state import PostState


class Moves:
    """Pairs new names with vanished ones, within one identity: by moved_from, else by the same media or video.

    A row whose declared post has other media by now is displaced: its own media under a new name may be a rename too.
    """

    def __init__(
        self, posts: Mapping[str, DesiredPost], rows: Mapping[str, PostState], faulty: frozenset[str] = frozenset()
    ) -> None:
        self._posts = posts
        self._rows = rows
        self._faulty = faulty
        self._declared = posts.keys() | faulty
        new = [posts[name] for name in sorted(posts) if name not in rows or rows[name].removed_at]
        self._claims = Counter(post.moved_from for post in new if post.moved_from)
        others = [post for post in new if not post.moved_from]
        free = [row for name, row in sorted(rows.items()) if not row.removed_at and name not in self._claims]
        gone = [row for row in free if row.name not in self._declared]
        self._gone = _by_mark(row for row in gone if has_past(row))
        self._slots = _by_mark(row for row in gone if not has_past(row) and row.slot_at)
        kept = [row for row in free if others and row.name in self._declared]
        self._displaced = _by_mark((row for row in kept if self._lost_its_media(row)), sent_marks)
        self._wanting: dict[str, set[str]] = {}
        for post in others:
            for mark in marks_of(post):
                self._wanting.setdefault(mark, set()).add(post.name)
        self._sources = {post.name: row for post in new if (row := self._source(post))}
        self._moved = {row.uid for row in self._sources.values()}

    def source_of(self, post: DesiredPost) -> PostState | None:
        """The row that this new name continues; None if there is none, or if it is unclear."""
        return None if self._name_is_taken(post) else self._sources.get(post.name)

    def problem_of(self, post: DesiredPost) -> Problem | None:
        """Why the post may be a renamed one, or can't have this name, and how to fix it."""
        if post.name in self._sources:
            return self._removed_name(post) if self._name_is_taken(post) else None
        if self._name_is_taken(post):
            return None
        if post.moved_from:
            return self._nothing_to_move(post.moved_from)
        if old := _sharing(post, self._gone):
            return _ambiguous(old)
        return self._displacing(post)

    def takes(self, row: PostState) -> bool:
        """Whether a vanished row is, or may be, continued under another name."""
        if row.uid in self._moved:
            return True
        settled = row.last is None or row.last.phase not in OPEN | {Phase.UNKNOWN}
        return settled and has_past(row) and bool(self._names_wanting(row) or self._claims[row.name])

    def _source(self, post: DesiredPost) -> PostState | None:
        if post.moved_from:
            row = self._rows.get(post.moved_from)
            gone = row is not None and row.name not in self._declared and not row.removed_at
            return row if gone and self._claims[post.moved_from] == 1 else None
        old = _sharing(post, self._gone) or _sharing(post, self._slots)
        return old[0] if len(old) == 1 and len(self._names_wanting(old[0])) == 1 else None

    def _names_wanting(self, row: PostState) -> set[str]:
        return {name for mark in marks_of_row(row) for name in self._wanting.get(mark, ())}

    def _lost_its_media(self, row: PostState) -> bool:
        """Whether the media of a row may stand under another name: its own post has others, or can't be read."""
        post = self._posts.get(row.name)
        return lost_its_media(post, row) if post else has_past(row)

    def _name_is_taken(self, post: DesiredPost) -> bool:
        return post.name in self._rows

    def _removed_name(self, post: DesiredPost) -> Problem:
        what = f"was {self._sources[post.name].name}, but another post of this name was removed from the state"
        return Problem("name-of-removed-post", what, "give it another name")

    def _displacing(self, post: DesiredPost) -> Problem | None:
        held = [row for row in _sharing(post, self._displaced) if row.generation >= post.generation]
        if not held:
            return None
        names = ", ".join(row.name for row in held)
        unread = any(row.name in self._faulty for row in held)
        now = f"the manifest of {names} has errors" if unread else f"{names} has other media now"
        what = f"has the media that {names} sent, and {now}; this may be the same post, renamed"
        hint = (
            "rename one post at a time, and run apply in between; or raise this one's `generation` to post it again"
        )
        return Problem("move-ambiguous", what, hint)

    def _nothing_to_move(self, name: str) -> Problem:
        if self._claims[name] > 1:
            what = f"{self._claims[name]} manifests say moved_from: {name}"
            return Problem("move-ambiguous", what, "keep moved_from in the one that was renamed")
        if name in self._declared:
            what = f"moved_from names {name}, which is still declared"
            return Problem("moved-from-declared", what, "remove the old manifest, or this moved_from")
        if name in self._rows:
            what = f"moved_from names {name}, which was removed from the state"
            return Problem("moved-from-removed", what, "remove moved_from, and raise `generation` to post it again")
        what = f"moved_from names {name}, which this state does not know"
        return Problem("moved-from-unknown", what, "correct the name, or remove moved_from if this is a new post")


def has_past(row: PostState) -> bool:
    """Whether a row has an attempt or a video, and not only a declared post."""
    return bool(row.attempts or row.bound_post_id)


def marks_of(post: DesiredPost) -> set[str]:
    """The marks that identify a post under any name: its media, its video, and all that it sends."""
    sent = {post.media_digest, post.digest} if post.media else set()
    return sent | ({post.post_id} if post.post_id else set())


def marks_of_row(row: PostState) -> set[str]:
    """The marks of a row: what it sent, may have sent, and the edits that were accepted or seen."""
    return sent_marks(row) | set(row.edited_media.split())


def sent_marks(row: PostState) -> set[str]:
    """The marks of a row without edits that were only seen in its manifest."""
    sent = {attempt.media_digest for attempt in row.attempts if attempt.phase in MAY_SHOW}
    return {mark for mark in {row.media_digest, row.acked_digest, row.post_id, *sent} if mark}


def _by_mark(
    rows: Iterable[PostState], marks: Callable[[PostState], set[str]] = marks_of_row
) -> dict[str, list[PostState]]:
    found: dict[str, list[PostState]] = {}
    for row in rows:
        for mark in marks(row):
            found.setdefault(mark, []).append(row)
    return found


def _sharing(post: DesiredPost, rows: Mapping[str, list[PostState]]) -> list[PostState]:
    """The rows that share a mark with the post, each once, by name."""
    found = {row.name: row for mark in marks_of(post) for row in rows.get(mark, ())}
    return [found[name] for name in sorted(found)]


def lost_its_media(post: DesiredPost, row: PostState) -> bool:
    if not post.media or not has_past(row):
        return False
    ours = sent_marks(row)
    return post.media_digest not in ours and not marks_of(post) & ours


def _ambiguous(old: list[PostState]) -> Problem:
    names = ", ".join(row.name for row in old)
    what = f"has the media of {names}; it is unclear which post was renamed"
    return Problem(
        "move-ambiguous",
        what,
        "write moved_from: OLD_NAME in each renamed post, or run: contentsync state mv OLD NEW",
    )
