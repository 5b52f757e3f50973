"""What went out when, and what goes out when? Reads only the manifests and the state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from contentsync.approval import Approval
from contentsync.calendar_entry import Shown
from contentsync.errors import Level, Problem
from contentsync.figures import Figures, by_post
from contentsync.frozen import frozen
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.links import url_of
from contentsync.operations.approvals import lack_of
from contentsync.operations.gaps import free_slots_of, scenes_of
from contentsync.operations.known_here import with_what_is_known_here
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.selection import Wish
from contentsync.plan.action import Action, Kind
from contentsync.plan.forecast import forecast_of
from contentsync.plan.scene import Scene
from contentsync.plan.sending import stopped
from contentsync.post import DesiredPost, Mode, Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.project import Project
from contentsync.trust import hide

BACK: Final = 31
AHEAD: Final = 62
_AHEAD: Final = frozenset({Kind.CREATE, Kind.RESUME, Kind.WAIT, Kind.BLOCKED})
_PAST: Final = SUCCESS | {Phase.UNKNOWN, Phase.ABANDONED}


@frozen
class Entry:
    """One post in the calendar."""

    post: str
    account: str
    #: Empty while TikTok was never asked.
    open_id: str
    #: The IANA name of its account's zone.
    timezone: str
    #: When it went out, goes out, or would; None where no time is known.
    at: datetime | None
    #: Its phase, or the plan's action for a post that is to be sent.
    stands: str
    #: Why, in words.
    reason: str
    caption: str
    mode: Mode
    privacy: Privacy | None
    is_past: bool
    generation: int = 1
    #: As in plan.forecast.Forecast; of a past post both are true.
    goes_out: bool = True
    is_fixed: bool = True
    ends_at: datetime | None = None
    where: str = ""
    url: str | None = None
    #: What TikTok said of the video, oldest first.
    figures: tuple[Figures, ...] = ()
    #: The approval that holds for it, or why there is none.
    approval: Approval | None = None
    not_approved: Problem | None = None
    in_the_way: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        return self.post.partition("/")[2]


@frozen
class FreeSlot:
    """A slot that no post has."""

    account: str
    at: datetime
    timezone: str


@frozen
class Calendar:
    """What went out and goes out in a span of days, the earliest first."""

    made: Made
    now: datetime
    since: datetime
    until: datetime
    #: The zone of the project.
    timezone: str
    entries: tuple[Entry, ...]
    free: tuple[FreeSlot, ...]
    #: Whether anything was ever approved from this state.
    has_approvals: bool
    #: How many posts to come are after `until`.
    later: int = 0


def calendar(project: Project, back: int = BACK, ahead: int | None = AHEAD, made: Made | None = None) -> Calendar:
    """The calendar of whole UTC days, from `back` days ago to `ahead` days from now.

    ahead: None for as long as a post is planned. made: a plan that was made just now. Raises ManifestError for a
    faulty project file.
    """
    made = made or make_plan(project, Wish(refresh=False))
    now = made.plan.created_at
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    scenes = scenes_of(made)
    found = [*_ahead(project, made, scenes), *_behind(project, made)]
    if hidden := project.settings.hidden:
        found = [_without(one, hidden) for one in found]
    since = today - timedelta(days=back)
    until = _last_day(found, today) if ahead is None else today + timedelta(days=ahead + 1)
    near = [one for one in found if one.at is None or since <= one.at < until]
    near.sort(key=lambda one: (one.at is None, one.at or now, one.post))
    free = sorted(_free(made, scenes, until), key=lambda one: (one.at, one.account))
    has_approvals = bool(project.reading_store.approvals.all())
    zone = project.settings.timezone
    later = sum(one.at is not None and one.at >= until for one in found)
    return Calendar(made, now, since, until, zone, tuple(near), tuple(free), has_approvals, later)


def _ahead(project: Project, made: Made, scenes: Mapping[str, Scene]) -> Iterator[Entry]:
    """The posts that are still to be sent."""
    for action in with_what_is_known_here(project, made):
        if action.kinds & _AHEAD:
            post, scene = made.posts.get(action.post), scenes.get(action.account)
            lacking = lack_of(project, post, scene.facts) if post and scene else None
            approval = None
            if post and scene and scene.facts.open_id and lacking is None:
                approval = project.reading_store.approvals.find(scene.facts.open_id, post.name, post.generation)
            entry = entry_ahead(action, post, scene, made.plan.created_at)
            zone = made.zones.get(action.account, "UTC")
            yield replace(entry, timezone=zone, approval=approval, not_approved=lacking)


def entry_ahead(action: Action, post: DesiredPost | None, scene: Scene | None, now: datetime) -> Entry:
    """A post that is still to be sent, without its approval.

    post: None where the manifest is gone or can't be read. scene: None for an account that is not known.
    """
    row = scene.rows.get(post.name) if scene and post else None
    stops = stopped(scene) if scene and Kind.WAIT in action.kinds else ()
    told = forecast_of(action, post, row, now, stopped=bool(stops))
    return Entry(
        post=action.post,
        account=action.account,
        open_id=(scene.facts.open_id or "") if scene else "",
        timezone=scene.facts.account.timezone if scene else "UTC",
        at=told.at,
        stands=str(action.then or action.kind),
        reason=action.reason,
        caption=post.caption or post.title if post else "",
        mode=action.mode or Mode.DRAFT,
        privacy=post.privacy if post else None,
        is_past=False,
        generation=post.generation if post else 1,
        goes_out=told.goes_out,
        is_fixed=told.is_fixed,
        ends_at=told.ends_at,
        where=action.where,
        in_the_way=(*stops, *(problem for problem in action.problems if problem.level is not Level.NOTE)),
    )


def _behind(project: Project, made: Made) -> Iterator[Entry]:
    """What was sent, or may have been."""
    store = project.reading_store
    usernames = {open_id: creator.username for open_id, creator, _ in store.creators().values()}
    for name, facts in made.world.accounts.items():
        if not facts.open_id:
            continue
        figures = by_post(store.figures.all(facts.open_id))
        listed = {video.post_id: video.created_at for video in facts.remote.videos}
        username = usernames.get(facts.open_id, "")
        sent = ((row, attempt) for row in facts.rows for attempt in row.attempts if attempt.phase in _PAST)
        for row, attempt in sent:
            entry = _sent(replace(row, account=name), attempt, listed, facts.account.timezone)
            url = url_of(row, username) if attempt is row.success else None
            yield replace(entry, url=url, figures=figures.get(attempt.post_id, ()))


def _sent(row: PostState, attempt: Attempt, listed: dict[str, datetime], zone: str) -> Entry:
    at = listed.get(attempt.post_id) or attempt.finished_at or attempt.updated_at
    return Entry(
        post=row.key,
        account=row.account,
        open_id=row.open_id,
        timezone=zone,
        at=at if at.timestamp() > 0 else attempt.finished_at or attempt.updated_at,
        stands=str(attempt.phase),
        reason=attempt.problem_what if attempt.phase is Phase.UNKNOWN else str(attempt.phase),
        caption=attempt.caption,
        mode=attempt.mode,
        privacy=Privacy(attempt.privacy) if attempt.privacy else None,
        is_past=True,
        generation=attempt.generation,
    )


def _last_day(found: Iterable[Entry], today: datetime) -> datetime:
    """The end of the last day that has a post."""
    last = max((one.at for one in found if one.at is not None), default=today)
    return max(last, today + timedelta(days=AHEAD)) + timedelta(days=1)


def _without(one: Entry, read: Mapping[str, str]) -> Entry:
    """The entry with names where its texts hold a value that must not be shown, before anything cuts them."""
    way = tuple(replace(problem, what=hide(problem.what, read)) for problem in one.in_the_way)
    return replace(one, caption=hide(one.caption, read), reason=hide(one.reason, read), in_the_way=way)


def _free(made: Made, scenes: Mapping[str, Scene], until: datetime) -> Iterator[FreeSlot]:
    """The slots of all accounts that no post has, nor gets by this plan."""
    for name, scene in scenes.items():
        for slot in free_slots_of(made, name, scene.slots, until):
            yield FreeSlot(name, slot, scene.facts.account.timezone)


def remember(
    project: Project, shown: Mapping[str, Mapping[str, Shown]], earlier: Mapping[str, Mapping[str, Shown]]
) -> dict[str, dict[str, Shown]]:
    """Remember what a calendar file says now of posts, by owner and name; as the state has it by now.

    earlier: what the file said until now, which may have been written by a machine with another state.
    """
    memory, now = project.reading_store.calendar, project.clock.now()
    for owner, entries in earlier.items():
        memory.learn(owner, entries)
    found = {owner: memory.show(owner, entries, now) for owner, entries in shown.items()}
    if not memory.share(now):
        what = "what the calendar file says is remembered on this machine only"
        hint = "the next command shares it; if another machine writes the next file, copy this one there first"
        project.on_note(Problem("calendar-not-shared", what, hint, level=Level.NOTE))
    return found
