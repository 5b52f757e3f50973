"""Does a saved plan still hold? What must be as it was, and which of its actions may be carried out.

A saved plan is its own approval, so nothing is done that it does not name, and nothing in another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contentsync.errors import Problem, StalePlan
from contentsync.plan import planfile
from contentsync.plan.action import DOES_SOMETHING, Action, Kind, Plan
from contentsync.project import Project
from contentsync.sync import Made, Wish

_AGAIN = "make a new plan: contentsync plan --out FILE"


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan from a file. name: the file. digest: what it is known by once it is used."""

    plan: Plan
    digest: str
    name: str

    @property
    def wish(self) -> Wish:
        """What a fresh plan must be asked for, to be compared with it."""
        return Wish(allow=self.plan.allow)

    def check_state(self, project: Project) -> None:
        """Before TikTok is asked: same state, unchanged since, not expired. Raises StalePlan.

        A plan that was begun may be given again: what it began is then finished, and nothing else created.
        """
        store = project.store
        if store.lineage != self.plan.lineage:
            raise self._stale("plan-of-another-state", "was made from another state (its lineage differs)")
        if store.plan_used_at(self.digest):
            return
        if project.clock.now() >= self.plan.expires_at:
            raise self._stale("plan-expired", f"expired at {self.plan.expires_at:%Y-%m-%d %H:%M} UTC")
        if store.serial != self.plan.serial:
            what = f"was made at serial {self.plan.serial}; the state is at {store.serial} by now"
            raise self._stale("plan-stale", what)

    def _stale(self, code: str, what: str) -> StalePlan:
        return StalePlan(Problem(code, f"{self.name} {what}", _AGAIN))


def open_saved(path: Path) -> Saved:
    """The plan in a file. Raises StalePlan where it can't be read, or was altered."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise StalePlan(Problem("plan-unreadable", f"{path} can't be read: {err}", _AGAIN)) from err
    plan, digest = planfile.load(text, str(path))
    return Saved(plan, digest, str(path))


def to_do(saved: Saved, made: Made, project: Project) -> tuple[tuple[Action, ...], list[StalePlan]]:
    """The actions that the saved plan names and a fresh one confirms, and what is told of the others.

    Raises StalePlan where a manifest, a byte of media or an account is not as it was.
    """
    if project.store.plan_used_at(saved.digest):
        return _rest_of(saved, made)
    if difference := _difference(saved, made):
        raise StalePlan(Problem("plan-stale", f"{saved.name} no longer holds: {difference}", _AGAIN))
    fresh = {action.post: action for action in made.plan.actions}
    doing, refused = [], []
    for action in saved.plan.actions:
        now = fresh.get(action.post)
        if now is not None and (now.kind is action.kind or now.kind not in DOES_SOMETHING):
            doing.append(now)  # what turned into a wait or a block since is held, and counts as such
        elif action.kind in DOES_SOMETHING:
            refused.append(_not_as_planned(saved, action, now))
    return tuple(doing), refused


def _difference(saved: Saved, made: Made) -> str | None:
    """The first thing that is not as it was."""
    for view in saved.plan.accounts:
        facts = made.world.accounts.get(view.name)
        if facts is not None and facts.open_id != view.open_id:
            return f"account {view.name} is another identity"
    if made.plan.inputs == saved.plan.inputs:
        return None
    fresh = {action.post: action for action in made.plan.actions}
    for action in saved.plan.actions:
        now = fresh.get(action.post)
        if now is None or now.digest != action.digest:
            media = now is not None and [m.identity for m in now.media] != [m.identity for m in action.media]
            return f"the {'media' if media else 'manifest'} of {action.post} changed"
    return "a manifest was added, changed or removed"


def _rest_of(saved: Saved, made: Made) -> tuple[tuple[Action, ...], list[StalePlan]]:
    """What a plan that was begun still has to finish: its own attempts, and nothing new."""
    mine = {
        row.key
        for facts in made.world.accounts.values()
        for row in facts.rows
        if row.last and row.last.plan_digest == saved.digest
    }
    named = {action.post for action in saved.plan.actions if action.kind in DOES_SOMETHING}
    doing = [a for a in made.plan.actions if a.kind is Kind.RESUME and a.post in mine]
    left = sorted(a.post for a in made.plan.actions if a.kind in DOES_SOMETHING and a.post in named - mine)
    refused = []
    if left or not doing:
        rest = f"; a new plan is needed for {', '.join(left)}" if left else ""
        refused.append(StalePlan(Problem("plan-used", f"{saved.name} was used before{rest}", _AGAIN)))
    return tuple(doing), refused


def _not_as_planned(saved: Saved, action: Action, now: Action | None) -> StalePlan:
    found = f"{now.kind}: {now.reason}" if now else "nothing to do"
    what = f"{saved.name} says {action.kind} for {action.post}, but now it is {found}"
    return StalePlan(Problem("plan-stale", what, _AGAIN))
