"""Which posts did a person approve, and which may be sent because of that?

`apply --approved` sends only posts with a valid approval. This module filters the plan. Right before each intent,
`last_look` reads the approval again, for every caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from contentsync.approval import Approval, against, approval_of
from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.policy_gate import judged
from contentsync.operations.quick import view_of
from contentsync.operations.selection import Wish, load_all
from contentsync.operations.sent_media import SentMedia
from contentsync.operations.slots import give_slots
from contentsync.plan.action import AccountFacts, Action, Kind
from contentsync.plan.planner import make_plan as plan_of
from contentsync.plan.unfinished import is_live
from contentsync.post import DesiredPost
from contentsync.project import Project

SENT_LATER = frozenset({Kind.CREATE, Kind.RESUME, Kind.WAIT})


@frozen
class Question:
    """What a person is asked to approve."""

    made: Made
    #: The actions of the posts that have no valid approval yet.
    actions: tuple[Action, ...]
    #: The keys of those that have one.
    approved: tuple[str, ...]
    #: The actions of the posts that can't be sent as they are.
    blocked: tuple[Action, ...]


def question(project: Project, wish: Wish) -> Question:
    """The posts that a person may approve: those that apply sends now or later."""
    made = make_plan(project, wish, view_of(project))
    sent = [a for a in made.plan.actions if a.kinds & SENT_LATER and is_to_be_sent(made, a)]
    lacking = tuple(action for action in sent if lack(project, made, action.post))
    approved = tuple(action.post for action in sent if action not in lacking)
    return Question(made, lacking, approved, tuple(a for a in made.plan.actions if Kind.BLOCKED in a.kinds))


def record(project: Project, made: Made, actions: Iterable[Action], how: str) -> list[Approval]:
    """Record a person's yes to these posts, as they were shown; each gets the slot that was shown."""
    given, approved = [], tuple(actions)
    for action in approved:
        open_id = made.world.accounts[action.account].open_id
        if open_id:
            post = made.posts[action.post]
            given.append(approval_of(post, open_id, project.store.who, how, project.clock.now()))
    project.store.approvals.save(*given)
    give_slots(project, made, approved)
    return given


def revoke(project: Project, globs: Iterable[str]) -> list[Approval]:
    """Revoke the approvals of the matching posts. Returns the revoked ones."""
    project.catch_up()
    wanted = tuple(globs)
    fit = [
        one
        for one in project.store.approvals.all()
        if any(fnmatchcase(one.key, glob) or fnmatchcase(one.name, glob) for glob in wanted)
    ]
    return [one for one in fit if project.store.approvals.revoke(one, project.clock.now())]


def listed(project: Project) -> list[tuple[Approval, Problem | None]]:
    """Every approval, and why it does not hold any more; None if it holds."""
    project.catch_up()
    store = project.reading_store
    posts = {post.key: post for post in load_all(project, sent_by=SentMedia(project)).posts}
    open_ids = {account.name: account.open_id for account in project.all_at_work()}
    found: list[tuple[Approval, Problem | None]] = []
    for one in store.approvals.all():
        post = posts.get(one.key)
        row = store.post_named(one.open_id, one.name)
        if post is None:
            gone = Problem("approval-lapsed", "its approval lapsed: its manifest is gone, or has errors")
            found.append((one, gone))
        else:
            problem = against(one, post, open_ids.get(post.account), row.attempts if row else ())
            found.append((one, problem))
    return found


def only_approved(project: Project, made: Made) -> Made:
    """The plan with unapproved posts held back: they are blocked once due, and do not count for caps."""
    lacks = {
        action.post: problem
        for action in made.plan.actions
        if action.kinds & SENT_LATER
        and is_to_be_sent(made, action)
        and (problem := made.refused.get(action.post) or lack(project, made, action.post))
    }
    if not lacks:
        return replace(made, approved_only=True)
    kept = frozenset(action.post for action in made.plan.actions) - lacks.keys()
    posts = made.posts.values()
    plan, world = judged(project, lambda known: (plan_of(posts, known, kept), known), made.world)
    again = {action.post: action for action in plan.actions}
    actions = [
        held(action, lacks[action.post]) if action.post in lacks else again.get(action.post, action)
        for action in made.plan.actions
    ]
    return replace(made, plan=replace(made.plan, actions=tuple(actions)), world=world, approved_only=True)


def lack(project: Project, made: Made, key: str) -> Problem | None:
    """Why the post may not be sent by an approval; None where it may."""
    post = made.posts[key]
    return lack_of(project, post, made.world.accounts[post.account])


def lack_of(project: Project, post: DesiredPost, facts: AccountFacts) -> Problem | None:
    """The same by facts that were read just now."""
    if not facts.open_id:
        return against(None, post, None)
    row = next((row for row in facts.rows if row.name == post.name), None)
    approval = project.reading_store.approvals.find(facts.open_id, post.name, post.generation)
    return against(approval, post, facts.open_id, row.attempts if row else (), facts.account.timezone)


def is_to_be_sent(made: Made, action: Action) -> bool:
    """Whether bytes or an init would be sent for it. Following what TikTok has completely needs no approval."""
    if action.post not in made.posts:
        return False
    name = action.post.partition("/")[2]
    row = next((row for row in made.world.accounts[action.account].rows if row.name == name), None)
    last = row.last if row else None
    return not (Kind.RESUME in action.kinds and last is not None and is_live(last))


def held(action: Action, problem: Problem) -> Action:
    """The action of a post that nobody approved: blocked where it is due, else it waits on."""
    if Kind.WAIT in action.kinds and not action.left:
        # A slot is not given to what may never be approved.
        return replace(action, reason=f"{action.reason}; {problem.what}", due_at=None)
    held = replace(action, reason=problem.what, problems=(problem, *action.problems), due_at=None, left=False)
    if action.kind is Kind.MOVE:
        return replace(held, then=Kind.BLOCKED)
    return replace(held, kind=Kind.BLOCKED)
