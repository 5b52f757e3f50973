"""What does a person want to see besides a plan? What was approved, and pictures of the media."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path

from contentsync.approval import Approval, against
from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.media.kept_pictures import KeptPictures
from contentsync.operations.approvals import SENT_LATER
from contentsync.operations.pictures import Pictures, pictures
from contentsync.operations.plan import Made
from contentsync.operations.saved_plan import as_saved
from contentsync.plan import planfile
from contentsync.plan.action import DOES_SOMETHING, AccountFacts, Action, Kind, Plan
from contentsync.post import DesiredPost, Media
from contentsync.project import Project
from contentsync.settings import Limits
from contentsync.times import in_words
from contentsync.trust import hide


class Section(StrEnum):
    """The parts of a page, in their order: what needs a person comes first."""

    NEEDS_A_PERSON = "needs-a-person"
    GOES_OUT = "goes-out"
    WAITS = "waits"
    LEFT_ALONE = "left-alone"


@frozen
class Preview:
    """A plan with all that a page or a comment about it shows."""

    plan: Plan
    #: Of the plan as `--out` saves it, which `apply` checks.
    digest: str
    #: The declared posts by their keys; none where only the plan is known.
    posts: Mapping[str, DesiredPost] = field(default_factory=dict)
    #: The IANA name of each account's zone.
    zones: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    #: In words, by the post's key.
    approvals: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Pictures] = field(default_factory=dict)
    #: What is wrong with a saved plan; the plan's own notes are apart.
    problems: tuple[Problem, ...] = ()

    @property
    def sections(self) -> dict[Section, list[Action]]:
        return sections(self.plan)


def sections(plan: Plan) -> dict[Section, list[Action]]:
    """The actions of a plan, grouped by what a person must do; those that are as declared are left out."""
    found: dict[Section, list[Action]] = {section: [] for section in Section}
    for action in plan.actions:
        if action.kind is not Kind.UNCHANGED:
            found[section_of(action)].append(action)
    return found


def section_of(action: Action) -> Section:
    if action.kinds & {Kind.BLOCKED, Kind.UNKNOWN}:
        return Section.NEEDS_A_PERSON
    if action.kinds & DOES_SOMETHING:
        return Section.GOES_OUT
    return Section.WAITS if action.kind is Kind.WAIT else Section.LEFT_ALONE


def preview(project: Project, made: Made, *, with_pictures: bool) -> Preview:
    """A plan that was just made, ready to be shown."""
    text, digest = as_saved(project, made.plan)
    plan, hidden = _as_shown(project, made.plan, text), project.settings.hidden
    order = [action for listed in sections(plan).values() for action in listed] if with_pictures else []
    return Preview(
        plan=plan,
        digest=digest,
        posts={key: _without(post, hidden) for key, post in made.posts.items()} if hidden else made.posts,
        zones=made.zones,
        limits={name: facts.account.limits for name, facts in made.world.accounts.items()},
        approvals=_approvals(project, made),
        pictures=pictures(
            project.root,
            order,
            made.posts,
            _has_size,
            kept=kept_pictures(project),
            on_progress=project.on_progress,
        ),
    )


def _as_shown(project: Project, plan: Plan, text: str) -> Plan:
    """The plan with names where a value stood that must not be shown, before a page takes its texts apart.

    text: the plan as it is saved, in which that was done.
    """
    if not any(f"${{{name}}}" in text for name in project.settings.hidden):
        return plan
    return replace(planfile.read(text, "the plan").plan, notes=plan.notes)


def _without(post: DesiredPost, hidden: Mapping[str, str]) -> DesiredPost:
    """The post with names where its texts hold a value that must not be shown."""
    caption, title = hide(post.caption, hidden), hide(post.title, hidden)
    return post if (caption, title) == (post.caption, post.title) else replace(post, caption=caption, title=title)


def kept_pictures(project: Project) -> KeptPictures:
    """The pictures that earlier pages were made with."""
    return KeptPictures(project.data_folder / "pictures")


def _has_size(path: Path, item: Media) -> bool:
    """Whether a file that was read for this very plan is still there."""
    try:
        return path.stat().st_size == item.size
    except OSError:
        return False


def is_file(path: Path, item: Media) -> bool:
    """Whether a file holds the bytes that a saved plan names."""
    if not _has_size(path, item):
        return False
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == item.sha256
    except OSError:
        return False


def _approvals(project: Project, made: Made) -> dict[str, str]:
    """What holds of the approval of each post that may be sent, in words."""
    given = {(one.open_id, one.name, one.generation): one for one in project.reading_store.approvals.all()}
    by_account: dict[str, list[Action]] = {}
    for action in made.plan.actions:
        if action.kinds & SENT_LATER and action.post in made.posts:
            by_account.setdefault(action.account, []).append(action)
    found: dict[str, str] = {}
    for name, facts in made.world.accounts.items():
        found |= _of_account(by_account.get(name, []), made, facts, given)
    return found


def _of_account(
    actions: list[Action], made: Made, facts: AccountFacts, given: Mapping[tuple[str, str, int], Approval]
) -> dict[str, str]:
    attempts = {row.name: row.attempts for row in facts.rows}
    found = {}
    for action in actions:
        post = made.posts[action.post]
        approval = given.get((facts.open_id or "", post.name, post.generation))
        problem = against(approval, post, facts.open_id, attempts.get(post.name, ()), facts.account.timezone)
        if problem:
            found[action.post] = problem.what
        elif approval:
            found[action.post] = _given(approval, facts, made)
    return found


def _given(approval: Approval, facts: AccountFacts, made: Made) -> str:
    at = in_words(approval.at, facts.account.timezone, made.world.now)
    return f"approved by {approval.who} ({approval.how}) on {at}"
