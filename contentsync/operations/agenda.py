"""Which posts go out when, and what may stop them? Reads only the manifests and the state."""

from __future__ import annotations

from datetime import datetime, timedelta

from contentsync.approval import Approval
from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.operations.approvals import lack
from contentsync.operations.gaps import Gap, gaps
from contentsync.operations.known_here import with_what_is_known_here
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.quick import view_of
from contentsync.operations.selection import Wish
from contentsync.plan.action import Action, Kind
from contentsync.plan.schedule import window_of
from contentsync.project import Project

_AHEAD = frozenset({Kind.CREATE, Kind.RESUME, Kind.WAIT, Kind.BLOCKED})


@frozen
class Entry:
    """One post that is to go out."""

    action: Action
    #: When it goes out; None where that is not settled.
    at: datetime | None
    #: After which it is not posted any more; None for no end.
    ends_at: datetime | None
    #: The IANA name of its account's zone.
    timezone: str
    #: The approval that holds for it, or why there is none.
    approval: Approval | None
    not_approved: Problem | None
    #: What may stop it, as far as that is known without TikTok.
    in_the_way: tuple[Problem, ...]


@frozen
class Agenda:
    """What goes out until a time, the earliest first."""

    made: Made
    until: datetime
    entries: tuple[Entry, ...]
    #: How many posts go out after that time.
    later: int
    #: Whether anything was ever approved from this state.
    has_approvals: bool
    #: The empty slots and days of each account until then.
    gaps: tuple[Gap, ...] = ()


def agenda(project: Project, days: int) -> Agenda:
    """What goes out in the next days. Raises ManifestError for a faulty project file."""
    made = make_plan(project, Wish(refresh=False), view_of(project))
    now = project.clock.now()
    until = now + timedelta(days=days)
    actions = with_what_is_known_here(project, made)
    found = [_entry(project, made, action, now) for action in actions if action.kinds & _AHEAD]
    near = [entry for entry in found if entry.at is None or entry.at <= until]
    near.sort(key=lambda entry: (entry.at is None, entry.at or now))
    has_approvals = bool(project.reading_store.approvals.all())
    going_out: dict[str, list[datetime]] = {}
    for entry in near:
        if entry.at and not entry.action.blockers:
            going_out.setdefault(entry.action.account, []).append(entry.at)
    empty = gaps(made, project.settings.accounts, going_out, until)
    return Agenda(made, until, tuple(near), len(found) - len(near), has_approvals, empty)


def _entry(project: Project, made: Made, action: Action, now: datetime) -> Entry:
    post = made.posts.get(action.post)
    facts = made.world.accounts.get(action.account)
    row = next((row for row in facts.rows if row.name == post.name), None) if facts and post else None
    window = window_of(post, row, None) if post else None
    at = action.due_at or (window.opens_at if window else None)
    if at is None and action.kinds & {Kind.CREATE, Kind.RESUME}:
        at = now
    lacking = lack(project, made, action.post) if post else None
    approval = None
    if post and facts and facts.open_id and lacking is None:
        approval = project.reading_store.approvals.find(facts.open_id, post.name, post.generation)
    return Entry(
        action=action,
        at=at,
        ends_at=window.ends_at if window else None,
        timezone=made.zones.get(action.account, "UTC"),
        approval=approval,
        not_approved=lacking,
        in_the_way=tuple(problem for problem in action.problems if problem.level is not Level.NOTE),
    )
