"""What does a plan file say, and does it still hold? Reads the file, and the state where there is a project.

A plan file may come from anyone. So it is read within bounds and against its schema, shown even where it was altered
(with that said first), and opens no file but media of the project whose bytes are exactly those that it names.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from contentsync.errors import Problem, StalePlan
from contentsync.frozen import frozen
from contentsync.operations.pictures import Pictures, pictures
from contentsync.operations.preview import Preview, is_file, kept_pictures
from contentsync.operations.saved_plan import Saved, read_saved
from contentsync.plan import planfile
from contentsync.plan.action import Plan
from contentsync.project import Project
from contentsync.times import in_words


@frozen
class Shown:
    """A plan file, with what is wrong with it."""

    preview: Preview
    #: The file as it is.
    body: planfile.Told

    @property
    def holds(self) -> bool:
        """Whether apply would take it, as far as that is known without asking TikTok."""
        return not self.preview.problems


def show(path: Path, project: Project | None, now: datetime) -> Shown:
    """What is in a plan file. project: the one around the current folder; None if there is none.

    Raises StalePlan for a file that is no plan.
    """
    told = planfile.read(read_saved(path), str(path))
    problems = tuple(_against(told, path, project, now))
    zones = {name: account.timezone for name, account in project.settings.accounts.items()} if project else {}
    limits = {name: account.limits for name, account in project.settings.accounts.items()} if project else {}
    return Shown(Preview(told.plan, told.digest, zones=zones, limits=limits, problems=problems), told)


def with_pictures(shown: Shown, project: Project | None) -> Preview:
    """The same with pictures of the media, where they are here and as the plan names them."""
    preview = shown.preview
    if project is None:
        why = "no preview: there is no project here"
        return replace(preview, pictures={action.post: Pictures(why=why) for action in preview.plan.actions})
    order = [action for listed in preview.sections.values() for action in listed]
    kept, told = kept_pictures(project), project.on_progress
    return replace(preview, pictures=pictures(project.root, order, {}, is_file, kept=kept, on_progress=told))


def _against(told: planfile.Told, path: Path, project: Project | None, now: datetime) -> list[Problem]:
    """Why apply would refuse the file."""
    found = [told.altered] if told.altered else []
    if project is None:
        return found + _expired(told.plan, path, now)
    try:
        Saved(told.plan, told.digest, str(path)).check_state(project)
    except StalePlan as err:
        found += err.problems
    used_at = project.reading_store.plan_used_at(told.digest)
    if used_at:
        at = in_words(used_at, project.settings.timezone)
        what = f"{path} was used on {at}: apply only finishes what it began"
        found.append(Problem("plan-used", what, "make a new plan: contentsync plan --out FILE"))
    return found


def _expired(plan: Plan, path: Path, now: datetime) -> list[Problem]:
    if now < plan.expires_at:
        return []
    what = f"{path} expired {in_words(plan.expires_at)}"
    return [Problem("plan-expired", what, "make a new plan: contentsync plan --out FILE")]
