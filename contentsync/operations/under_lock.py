"""Which use cases need the apply lock? They take it themselves, so that every caller meets it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from contentsync.project import Project

P = ParamSpec("P")
R = TypeVar("R")


def under_lock(
    doing: str,
) -> Callable[[Callable[Concatenate[Project, P], R]], Callable[Concatenate[Project, P], R]]:
    """Hold the project's lock while the function runs. Its callers get StoreLocked while another process has it.

    doing: what the lock's note says. A caller that wants to wait for the lock, or to ask a person under it, holds it
    around the call. What a person decided is shared with other machines before the lock goes: StoreError where they
    can't be told.
    """

    def decorate(function: Callable[Concatenate[Project, P], R]) -> Callable[Concatenate[Project, P], R]:
        @wraps(function)
        def locked(project: Project, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with project.lock(doing):
                done = function(project, *args, **kwargs)
                project.store.share(project.clock.now())
                return done

        return locked

    return decorate
