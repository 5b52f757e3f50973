"""Does a saved plan still hold, and which of its actions may be carried out?

A saved plan is its own approval, so nothing is done that it does not show, and nothing is done differently.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from contentsync import __version__
from contentsync.errors import ContentsyncError, Level, Problem, StalePlan
from contentsync.files import output_place
from contentsync.frozen import frozen
from contentsync.operations.plan import Made
from contentsync.operations.selection import Wish
from contentsync.plan import planfile
from contentsync.plan.action import DOES_SOMETHING, Action, Kind, Plan
from contentsync.plan.planner import make_plan
from contentsync.plan.same_plan import account_difference, action_difference, notes_differ
from contentsync.project import Project
from contentsync.times import in_words

MOST: Final = 100_000_000  # bytes of a plan file: some 30,000 posts
_AGAIN: Final = "make a new plan: contentsync plan --out FILE"


@frozen
class Saved:
    """A plan from a file. name: the file. digest: identifies it once it is used."""

    plan: Plan
    digest: str
    name: str

    @property
    def wish(self) -> Wish:
        """What must be asked anew, to be compared with it: its accounts, whole, with its guards lifted."""
        return Wish(accounts=tuple(view.name for view in self.plan.accounts), allow=self.plan.allow)

    @property
    def posts(self) -> frozenset[str]:
        """The keys that it names."""
        return frozenset(action.post for action in self.plan.actions)

    def check_state(self, project: Project) -> None:
        """Before TikTok is asked: same state, unchanged since, same accounts, not expired. Raises StalePlan.

        A plan that was begun may be applied again: then its own attempts are finished, and nothing else is created.
        """
        store = project.reading_store
        if store.lineage != self.plan.lineage:
            raise self.stale("plan-of-another-state", "was made from another state (its lineage differs)")
        if missing := [view.name for view in self.plan.accounts if view.name not in project.settings.accounts]:
            raise self.stale("plan-stale", f"is for account {missing[0]}, which this project does not have")
        if store.plan_used_at(self.digest):
            return
        if project.clock.now() >= self.plan.expires_at:
            raise self.stale("plan-expired", f"expired {in_words(self.plan.expires_at, project.settings.timezone)}")
        if store.serial != self.plan.serial:
            what = f"was made at serial {self.plan.serial}; the state is at {store.serial} now"
            raise self.stale("plan-stale", what)

    def stale(self, code: str, what: str) -> StalePlan:
        return StalePlan(Problem(code, f"{self.name} {what}", _AGAIN))


def open_saved(path: Path) -> Saved:
    """The plan in a file. Raises StalePlan where it can't be read, or was altered."""
    plan, digest = planfile.load(read_saved(path), str(path))
    return Saved(plan, digest, str(path))


def read_saved(path: Path, most: int = MOST) -> str:
    """The text of a plan file. Raises StalePlan where it can't be read, or is longer than any plan."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise StalePlan(Problem("plan-unreadable", f"{path} is longer than a plan can be", _AGAIN))
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise StalePlan(Problem("plan-unreadable", f"{path} can't be read: {err}", _AGAIN)) from err


def save_plan(project: Project, plan: Plan, path: Path) -> None:
    """Write a plan where `open_saved` will find it. Raises UnwritablePlan."""
    path = output_place(project.root, path)
    try:
        path.write_text(as_saved(project, plan)[0], encoding="utf-8")
    except OSError as err:
        what = f"the plan can't be written to {path}: {err.strerror or err}"
        raise UnwritablePlan(
            Problem("plan-unwritable", what, "name a file in a folder that you may write to")
        ) from err


def as_saved(project: Project, plan: Plan) -> tuple[str, str]:
    """The text of a saved plan, and its digest.

    Notes about the whole plan are left out: they may change before the plan is applied, and every note in a saved
    plan must still hold then.
    """
    plan = replace(plan, notes=tuple(note for note in plan.notes if note.level is Level.ERROR))
    return planfile.sealed(plan, __version__, project.settings.hidden)


class UnwritablePlan(ContentsyncError):
    """A plan can't be written to its file."""


def to_do(saved: Saved, made: Made, project: Project) -> tuple[tuple[Action, ...], list[StalePlan]]:
    """The actions of the saved plan that a new plan confirms, and the outcomes of the others.

    Raises StalePlan where a manifest, a byte of media or an account is not as it was; what kept one of its accounts
    from being asked, as it is.
    """
    for view in saved.plan.accounts:
        if view.name in made.failures:
            raise made.failures[view.name]
    if project.store.plan_used_at(saved.digest):
        return _rest_of(saved, made)
    if difference := _difference(saved, made, project):
        raise saved.stale("plan-stale", f"no longer holds: {difference}")
    fresh = _fresh(saved, made)
    doing, refused = [], []
    for action in saved.plan.actions:
        now = fresh.get(action.post)
        if now is not None and _is_as_planned(action, now):
            if now.kind in DOES_SOMETHING and (key := action_difference(action, now, project.settings.hidden)):
                raise saved.stale("plan-stale", f"shows another {key} for {action.post} than a new plan")
            doing.append(now)
        elif {action.kind, now.kind if now else None} & DOES_SOMETHING:
            refused.append(_not_as_planned(saved, action, now))
    return tuple(doing), refused


def _fresh(saved: Saved, made: Made) -> dict[str, Action]:
    """What is to be done now about the posts that the plan names, by key; no other takes their room under a cap."""
    plan = make_plan(made.posts.values(), made.world, saved.posts)
    return {action.post: action for action in plan.actions}


def _is_as_planned(action: Action, now: Action) -> bool:
    """Whether it is still the same thing; what turned into a wait or a block since is held, and counts as such."""
    if now.kind not in DOES_SOMETHING:
        return True
    if (now.kind, now.moved_from) != (action.kind, action.moved_from):
        return False
    bare = now.kind is Kind.MOVE and now.then not in DOES_SOMETHING
    return bare or (now.then, now.adopts) == (action.then, action.adopts)


def _difference(saved: Saved, made: Made, project: Project) -> str | None:
    """The first difference from the file, in words."""
    hidden = project.settings.hidden
    present = {view.name: view for view in made.plan.accounts}
    for view in saved.plan.accounts:
        now_view = present.get(view.name)
        if now_view is not None and (key := account_difference(view, now_view, hidden)):
            was = "is another identity" if view.open_id else "was not known by its open_id when it was made"
            return f"account {view.name} {was if key == 'open_id' else f'has another {key}'}"
    if notes_differ(saved.plan, made.plan, hidden):
        return "its notes differ"
    if made.plan.inputs == saved.plan.inputs:
        return None
    fresh = _fresh(saved, made)
    for action in saved.plan.actions:
        now = fresh.get(action.post)
        if action.digest and (now is None or now.digest != action.digest):
            media = now is not None and [m.identity for m in now.media] != [m.identity for m in action.media]
            return f"the {'media' if media else 'manifest'} of {action.post} changed"
    return "a manifest was added, changed or removed"


def _rest_of(saved: Saved, made: Made) -> tuple[tuple[Action, ...], list[StalePlan]]:
    """The rest of a plan that was begun: its own attempts, and nothing new."""
    mine = {
        f"{name}/{row.name}"
        for name, facts in made.world.accounts.items()
        for row in facts.rows
        if row.last and row.last.plan_digest == saved.digest
    }
    fresh = _fresh(saved, made).values()
    doing = [a for a in fresh if a.post in mine and (a.kind is Kind.RESUME or a.kind not in DOES_SOMETHING)]
    left = sorted({a.post for a in fresh if a.kind in DOES_SOMETHING} - {a.post for a in doing})
    refused = []
    if left or not any(action.kind is Kind.RESUME for action in doing):
        rest = f"; a new plan is needed for {', '.join(left)}" if left else ""
        refused.append(saved.stale("plan-used", f"was used before{rest}"))
    return tuple(doing), refused


def _not_as_planned(saved: Saved, action: Action, now: Action | None) -> StalePlan:
    found = f"{now.kind}: {now.reason}" if now else "nothing to do"
    return saved.stale("plan-stale", f"says {action.kind} for {action.post}, but now it is {found}")
