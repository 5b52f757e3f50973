"""Which row belongs to a manifest with a new name? A rename must never make a second post."""

from __future__ import annotations

from collections.abc import Mapping

from contentsync.errors import Problem
from contentsync.post import DesiredPost, PostState


class Moves:
    """Pairs new names with vanished ones, within one identity: by moved_from, else by the same media."""

    def __init__(self, posts: Mapping[str, DesiredPost], rows: Mapping[str, PostState]) -> None:
        self._rows = rows
        gone = [row for name, row in rows.items() if name not in posts and _has_past(row)]
        new = [post for name, post in posts.items() if name not in rows]
        self._named = {p.name: rows[p.moved_from] for p in new if p.moved_from and rows.get(p.moved_from) in gone}
        taken = {row.uid for row in self._named.values()}
        self._old: dict[str, list[PostState]] = {}
        for row in gone:
            if row.uid not in taken and row.removed_at is None and row.media_digest:
                self._old.setdefault(row.media_digest, []).append(row)
        self._new: dict[str, list[DesiredPost]] = {}
        for post in new:
            if post.name not in self._named and post.media_digest in self._old:
                self._new.setdefault(post.media_digest, []).append(post)

    def source_of(self, post: DesiredPost) -> PostState | None:
        """The row that this new name continues, where there is no doubt."""
        if post.name in self._named:
            return self._named[post.name]
        old, new = self._old.get(post.media_digest, []), self._new.get(post.media_digest, [])
        return old[0] if len(old) == len(new) == 1 and post in new else None

    def problem_of(self, post: DesiredPost) -> Problem | None:
        """Why it can't be told whether this is a new post, and what to write."""
        if post.moved_from and post.name not in self._named:
            return self._nothing_to_move(post)
        old, new = self._old.get(post.media_digest, []), self._new.get(post.media_digest, [])
        if post not in new or len(old) == len(new) == 1:
            return None
        names = ", ".join(sorted(row.name for row in old))
        what = f"may be a new name of {names}, whose media it has; which of them can't be told"
        return Problem(
            "move-ambiguous", what, "write moved_from: and the old name, in each manifest that was renamed"
        )

    def takes(self, row: PostState) -> bool:
        """Whether a vanished row is, or may be, continued under another name."""
        return any(row.uid == named.uid for named in self._named.values()) or row.media_digest in self._new

    def _nothing_to_move(self, post: DesiredPost) -> Problem:
        if post.moved_from in self._rows:
            what = f"moved_from names {post.moved_from}, which is still declared"
            return Problem("moved-from-declared", what, "remove the old manifest, or this moved_from")
        what = f"moved_from names {post.moved_from}, which this state does not know"
        return Problem("moved-from-unknown", what, "mend the name, or remove moved_from if this is a new post")


def _has_past(row: PostState) -> bool:
    return bool(row.attempts or row.bound_post_id)
