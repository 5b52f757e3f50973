"""Does a plan's action still hold, in the moment before it is carried out? The same decision again, with fresh facts.

The danger: a plan is made once and carried out over minutes or hours. Meanwhile a window closes, another checkout
sends the same post, a colleague's receipt arrives, a person pauses the account or edits the manifest.

The rule: right before an intent the planner's own decision about this one post is made again. Only where it still
says what was approved does the intent follow. Caps and guards over many posts are not asked again: nothing of this
run can have used them up but what the plan counted already.

Why that is enough: whatever the planner would have refused a moment ago is refused now, by the same code. What comes
to be known after the intent can't be acted on: TikTok has no undo.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.plan.action import AccountFacts, Kind, Plan, World, fingerprint
from contentsync.plan.guards import Wanted, lookalike
from contentsync.plan.planner import decide
from contentsync.plan.policy import TimeRules, errors
from contentsync.plan.scene import Scene
from contentsync.post import DesiredPost
from contentsync.times import in_words


@frozen
class Against:
    """Why an approved action may not be carried out any more."""

    #: In words, for the person.
    problem: Problem
    #: What a plan would say of the post now; None where the plan or the manifest themselves no longer hold.
    kind: Kind | None = None
    #: Whether something is left undone; a wait that the author meant leaves nothing.
    left: bool = True


def against(
    kind: Kind, post: DesiredPost, facts: AccountFacts, world: World, posts: Mapping[str, DesiredPost]
) -> Against | None:
    """Why this may not be done for the post now; None if it may.

    kind: CREATE for a new attempt, RESUME for one that is open. facts: of the account, just read. world: as it was
    for the plan, but of this moment. posts: those of the account, by name.
    """
    decided = decide(Scene(facts, posts, world), post)
    now = decided.action if isinstance(decided, Wanted) else decided
    if isinstance(decided, Wanted) and "lookalike" not in world.allow and (problem := lookalike(decided)):
        return Against(problem, Kind.BLOCKED)  # a video that was not listed yet when the plan was made
    if now.kind is kind:
        return _by_policy(decided, world) if isinstance(decided, Wanted) else None
    if now.blockers:
        return Against(now.blockers[0], now.kind)
    waits = now.kind is Kind.WAIT
    hint = "nothing to do: a later apply sends it" if waits else "see: contentsync plan"
    if facts.pause and now.reason == facts.pause.said(facts.account.timezone):
        hint = f"it continues after: {facts.pause.ends_by}"
    problem = Problem("not-as-planned", f"not sent now: {now.reason}", hint)
    return Against(problem, now.kind, left=now.left or not waits)


def _by_policy(wanted: Wanted, world: World) -> Against | None:
    """The rule about time that a create would break now: time went on, and others may have posted meanwhile."""
    broken = errors(TimeRules(world).problems(wanted.post, wanted.facts, world.now))
    return Against(broken[0], Kind.BLOCKED) if broken else None


def edited(approved: DesiredPost, now: DesiredPost | None) -> Against | None:
    """The problem of a post whose manifest, settings or media are no longer the approved ones."""
    if now is not None and fingerprint(now) == fingerprint(approved):
        return None
    what = (
        "its manifest was changed after the plan was approved" if now else "its manifest is gone, or has errors now"
    )
    return Against(Problem("edited-after-approval", f"not sent: {what}", "run apply again: it shows the new plan"))


def expired(plan: Plan, now: datetime, zone: str = "UTC") -> Against | None:
    """The problem of a plan that was approved too long ago. zone: of the account, an IANA name."""
    if now < plan.expires_at:
        return None
    what = f"not sent: the plan expired {in_words(plan.expires_at, zone, now)}, before this post's turn"
    return Against(Problem("plan-expired", what, "make a new plan: contentsync plan"))
