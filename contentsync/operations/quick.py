"""How does an operation leave resting posts out? With what the last plan found (resting.py has the theory)."""

from __future__ import annotations

from contentsync.clock import SystemClock
from contentsync.operations import resting
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.project import Project


def view_of(project: Project) -> NothingToDo | None:
    """What the last plan found, for make_plan; None where a stat does not show every write."""
    return NothingToDo.around(project.root, project.environ, SystemClock())  # files get their times by that clock


def manifests_to_read(project: Project) -> list[str] | None:
    """The manifests that declare any post that does not rest; None for all.

    Each post of the others has a row. For an operation that needs the keys of all posts.
    """
    still = view_of(project)
    if still is None:
        return None
    still.begin(project)
    known = resting.known(still, project)
    return known.names if known else None
