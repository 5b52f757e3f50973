"""Which posts can't be sent because a file of theirs is only a pointer here, as Git LFS leaves it in a clone?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contentsync.errors import Problem
from contentsync.lfs import lfs_command
from contentsync.plan.action import Action, Kind, World
from contentsync.plan.scene import unsettled
from contentsync.plan.unfinished import is_live
from contentsync.post import DesiredPost

_SENDS = frozenset({Kind.CREATE, Kind.RESUME})


def held_for_files(actions: Iterable[Action], posts: Mapping[str, DesiredPost], world: World) -> tuple[Action, ...]:
    """The actions, with those blocked that would send a file which is not here; each names the command for all."""
    doing = tuple(actions)
    lacking = {action.post: names for action in doing if (names := _lacking(action, posts, world))}
    if not lacking:
        return doing
    hint = f"run: {lfs_command(world.git_prefix, [name for names in lacking.values() for name in names])}"
    return tuple(_held(action, lacking[action.post], hint) if action.post in lacking else action for action in doing)


def _lacking(action: Action, posts: Mapping[str, DesiredPost], world: World) -> list[str]:
    post = posts.get(action.post)
    if post is None or not action.kinds & _SENDS:
        return []
    if Kind.RESUME in action.kinds and _is_only_followed(post, world):
        return []
    return [item.path for item in post.media if item.pointer]


def _is_only_followed(post: DesiredPost, world: World) -> bool:
    """Whether TikTok has all of it, so that its file is not needed any more."""
    facts = world.accounts.get(post.account)
    row = next((row for row in facts.rows if row.name == post.name), None) if facts else None
    last = unsettled(row) if row else None
    return last is not None and is_live(last)


def _held(action: Action, names: list[str], hint: str) -> Action:
    what = f"{names[0]} is a Git LFS pointer, not the file" if len(names) == 1 else f"{len(names)} files are pointers"
    others = tuple(problem for problem in action.problems if problem.code != "media-lfs-pointer")
    problem = Problem("media-lfs-pointer", what, hint)
    return replace(action, kind=Kind.BLOCKED, then=None, reason=what, problems=(problem, *others))
