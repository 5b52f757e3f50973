"""What must be done about each post? Takes desired, state, remote, quota and `now`; returns a frozen Plan.

Nothing here reads a file, asks TikTok or reads the clock. Apply follows the plan and decides nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from contentsync import limits
from contentsync.errors import Problem
from contentsync.natural_order import Key, natural
from contentsync.plan import binding
from contentsync.plan.action import AccountFacts, AccountView, Action, Kind, Plan, World, fingerprint, inputs_digest
from contentsync.plan.caps import quota_of
from contentsync.plan.faulty_posts import faulty_action
from contentsync.plan.finished import NEVER_STARTED, bound_drift, finished
from contentsync.plan.guards import Wanted, ration
from contentsync.plan.renamed import Rename, after, move, rename_of
from contentsync.plan.scene import Scene, unsettled
from contentsync.plan.sending import wanted
from contentsync.plan.settled import as_compared
from contentsync.plan.unfinished import unfinished, vanished
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.remote_post import Creator


def make_plan(posts: Iterable[DesiredPost], world: World, selected: frozenset[str] | None = None) -> Plan:
    """The plan for all posts, or for the selected keys of them; the others still count as declared.

    Posts of accounts that are not in `world` are left out. The order of what is given makes no difference.
    """
    desired = {
        post.key: post for post in sorted(posts, key=lambda post: natural(post.key)) if post.account in world.accounts
    }
    rows = {f"{name}/{row.name}": row for name, facts in world.accounts.items() for row in facts.rows}
    desired = {key: as_compared(post, rows.get(key)) for key, post in desired.items()}
    scenes = _scenes(desired, world)
    renames = {key: rename_of(scenes[post.account], post) for key, post in desired.items()}
    renamed = {name: after(scene, _of(scene, renames)) for name, scene in scenes.items()}
    actions, asked = [], []
    for key, post in desired.items():
        if selected is not None and key not in selected:
            continue
        decided = _decided(scenes[post.account], renamed[post.account], post, renames[key])
        if isinstance(decided, Wanted):
            asked.append(replace(decided, facts=renamed[post.account].facts))
        else:
            actions.append(decided)
    asked.sort(key=lambda want: (want.due, natural(want.post.key)))
    actions += ration(asked, world)
    actions = [_with_move(scenes, desired[action.post], action, renames[action.post]) for action in actions]
    left_out = sum(selected is None or key in selected for key in world.resting)
    unchanged = left_out + sum(action.kind is Kind.UNCHANGED for action in actions)
    for scene in scenes.values():
        actions += [action for action in vanished(scene) if selected is None or action.post in selected]
    for one in (one for several in world.faulty.values() for one in several):
        if selected is None or one.key in selected:
            actions.append(faulty_action(scenes.get(one.account), one))
    return Plan(
        created_at=world.now,
        expires_at=world.now + timedelta(hours=limits.PLAN_LIFE_HOURS),
        lineage=world.lineage,
        serial=world.serial,
        accounts=tuple(_view(scene.facts, world) for scene in scenes.values()),
        actions=tuple(
            sorted(
                (action for action in actions if action.kind is not Kind.UNCHANGED),
                key=lambda action: _order(action, desired, scenes, world.now),
            )
        ),
        unchanged=unchanged,
        inputs=inputs_digest(
            {**world.resting, **{key: fingerprint(post) for key, post in desired.items()}},
            {name: scene.facts.open_id for name, scene in scenes.items()},
        ),
        allow=tuple(sorted(world.allow)),
    )


def _decided(scene: Scene, renamed: Scene, post: DesiredPost, rename: Rename | Problem | None) -> Action | Wanted:
    """The decision for a post under its present or new name."""
    if isinstance(rename, Problem):
        return scene.blocked(post, rename)
    if rename is None:
        return decide(scene, post)
    return decide(renamed, as_compared(post, rename.row))


def decide(scene: Scene, post: DesiredPost) -> Action | Wanted:
    """The one action that brings this post nearer to what its manifest asks, once its row has its name."""
    row = scene.rows.get(post.name)
    if post.post_id:
        return _bound(scene, post, row)
    if row is None:
        return wanted(scene, post, None, NEVER_STARTED)
    open_one = unsettled(row)
    if open_one is not None:
        return unfinished(scene, post, row, open_one)
    return finished(scene, post, row)


def _of(scene: Scene, renames: Mapping[str, Rename | Problem | None]) -> dict[str, Rename]:
    """The renames of one account, by the new name."""
    mine = ((name, renames[post.key]) for name, post in scene.posts.items())
    return {name: rename for name, rename in mine if isinstance(rename, Rename)}


def _with_move(
    scenes: Mapping[str, Scene], post: DesiredPost, action: Action, rename: Rename | Problem | None
) -> Action:
    return move(scenes[post.account], post, rename, action) if isinstance(rename, Rename) else action


def _bound(scene: Scene, post: DesiredPost, row: PostState | None) -> Action:
    action = binding.bound(scene, post, row)
    if row is None:
        return action
    return bound_drift(scene, post, row) or action if action.kind is Kind.UNCHANGED else action


def _scenes(desired: Mapping[str, DesiredPost], world: World) -> dict[str, Scene]:
    """A scene for each account, by its name, in the order of names."""
    posts: dict[str, dict[str, DesiredPost]] = {name: {} for name in sorted(world.accounts)}
    for post in desired.values():
        posts[post.account][post.name] = post
    return {name: Scene(world.accounts[name], mine, world) for name, mine in posts.items()}


def _order(
    action: Action, desired: Mapping[str, DesiredPost], scenes: Mapping[str, Scene], now: datetime
) -> tuple[datetime, Key]:
    """Oldest due first, then by key."""
    scene, post = scenes.get(action.account), desired.get(action.post)
    opens_at = scene.opens_at(post) if scene and post else None
    return (action.due_at or opens_at or now, natural(action.post))


def _in_view(creator: Creator) -> Creator:
    """What the header says; what the answers lack, the posts and notes say that need it."""
    return replace(creator, denied=frozenset(), list_unread="", union_id="")


def _view(facts: AccountFacts, world: World) -> AccountView:
    return AccountView(
        name=facts.account.name,
        open_id=facts.open_id,
        creator=facts.creator and _in_view(facts.creator),
        quota=quota_of(facts, world),
        public=facts.creator.is_public if facts.creator else None,
        list_read_at=facts.remote.read_at,
        sandbox=facts.sandbox,
    )
