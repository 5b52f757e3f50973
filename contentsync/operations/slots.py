"""Who gets which slot, and who gives one up? Writes down what the plan decided, in one step for each account.

A slot that was given out stays with its post: another post, added or edited, never takes it. `plan.schedule` says
when a post gives its slot up.
"""

from __future__ import annotations

from collections.abc import Iterable

from contentsync.operations.plan import Made
from contentsync.plan.action import Action, Kind
from contentsync.plan.scene import Scene
from contentsync.plan.schedule import rule_of
from contentsync.project import Project
from contentsync.store.port.values import Pin


def give_slots(project: Project, made: Made, actions: Iterable[Action]) -> None:
    """Give the posts of these actions the slots that the plan shows."""
    by_account: dict[str, list[Action]] = {}
    for action in actions:
        by_account.setdefault(action.account, []).append(action)
    for name, facts in made.world.accounts.items():
        if not facts.open_id or name not in by_account:
            continue
        mine = {post.name: post for post in made.posts.values() if post.account == name}
        ahead = any(row.slot_at and row.slot_at > made.world.now for row in facts.rows)
        if not (ahead or any(post.next_slot for post in mine.values())):
            continue
        scene = Scene(facts, mine, made.world)
        slots = {row.name: row.slot_at for row in scene.rows.values()}
        given = [pin for pin in _pins(made, by_account[name]) if slots.get(pin[0].name) != pin[1]]
        late = [row for row in facts.rows if row.slot_at and row.name in {post.name for post, _ in given}]
        freed = {row.uid: row for row in (*scene.freed(), *late)}
        if freed or given:
            project.store.give_slots(facts.open_id, freed.values(), given, rule_of(facts.account), made.world.now)


def _pins(made: Made, actions: Iterable[Action]) -> list[Pin]:
    """The posts that wait for a slot, each with it; one that a cap puts off has none yet."""
    found = []
    for action in actions:
        post = made.posts.get(action.post)
        if action.kind is Kind.WAIT and post and post.next_slot and action.due_at and not action.left:
            found.append((post, action.due_at))
    return found
