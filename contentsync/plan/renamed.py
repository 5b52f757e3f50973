"""What happens to a post after its rename? The same as if it had always had the new name.

A move sends nothing itself. What its row also needs is decided for the account as it will be after all moves. It is
shown and carried out with the move, so a rename never hides an open attempt or an attempt that needs a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from contentsync.errors import Problem
from contentsync.evidence.witness import Witness
from contentsync.frozen import frozen
from contentsync.plan.action import Action, Kind
from contentsync.plan.scene import Scene
from contentsync.post import DesiredPost
from contentsync.post_state import PostState

_TAKEN: Final = ("due_at", "changes", "problems", "left", "adopts")  # of what follows, by the move that tells it


@frozen
class Rename:
    """A row that gets another name, or another account's name, and why."""

    row: PostState
    reason: str


def rename_of(scene: Scene, post: DesiredPost) -> Rename | Problem | None:
    """The row that this post continues under a new key; why that can't be told; None where it has its key."""
    row = scene.rows.get(post.name)
    if (row is None or row.removed_at) and (problem := scene.moves.problem_of(post)):
        return problem
    source = scene.moves.source_of(post) if row is None else row
    if source is None or (row is not None and row.account == post.account):
        return None
    named = f"the account is called {post.account} now"
    if row is None and (problem := _held(scene, source)):
        return problem
    return scene.elsewhere.lost_by_moving(source) or Rename(source, f"was {source.key}" if row is None else named)


def _held(scene: Scene, source: PostState) -> Problem | None:
    """Why a vanished post does not count as renamed: an unreadable file may contain its manifest."""
    new = next((one for one in scene.faulty.values() if one.name not in scene.rows), None)
    if not scene.world.unread and new is None:
        return None
    where = scene.world.unread[0] if scene.world.unread else f"{new.where}" if new else ""
    what = f"has the media of {source.key}; the manifest of that post may be in {where}, which has errors"
    return Problem("move-held-back", what, f"fix {where}; then contentsync can tell a renamed post from a new one")


def after(scene: Scene, renames: Mapping[str, Rename]) -> Scene:
    """The account once its posts have their new names. renames: by the new name. Slots come from one pool."""
    if not renames:
        return scene
    facts = scene.facts
    named = {rename.row.uid: name for name, rename in renames.items()}
    rows = (replace(r, name=named.get(r.uid, r.name), account=facts.account.name) for r in facts.rows)
    old = {rename.row.name: name for name, rename in renames.items()}
    receipts = {old.get(name, name): told for name, told in facts.receipts.items()}
    changed = replace(facts, rows=tuple(rows), receipts=receipts | _own(scene, renames))
    moved = Scene(changed, scene.posts, scene.world)
    moved.slots = scene.slots
    return moved


def _own(scene: Scene, renames: Mapping[str, Rename]) -> dict[str, Witness]:
    """Receipts that stand under a new name already: they were moved by hand, and are the later word."""
    return {name: told for name, told in scene.facts.receipts.items() if name in renames}


def move(scene: Scene, post: DesiredPost, rename: Rename, follows: Action) -> Action:
    """The move, with what follows it."""
    bare = scene.action(Kind.MOVE, post, rename.reason, moved_from=rename.row.key)
    if follows.kind is Kind.UNCHANGED:
        return bare
    told = {name: getattr(follows, name) for name in _TAKEN}
    return replace(bare, reason=f"{rename.reason}; then {follows.kind}: {follows.reason}", then=follows.kind, **told)
