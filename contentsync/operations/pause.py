"""Pause one or all accounts at once, and end a pause. Takes no lock, because a running apply must see the pause."""

from __future__ import annotations

from contentsync.pause import ALL, Pause, pause_of
from contentsync.project import Project


def pause(project: Project, account: str | None, why: str) -> Pause:
    """Begin nothing more for an account, or for all, from now on. Returns the pause that holds.

    Raises UsageError for a name that is not in the project.
    """
    project.catch_up()
    if account is None:
        return project.store.pauses.add(ALL, "", why, project.clock.now())
    project.account(account)
    open_id = project.at_work(account).open_id or ""
    return project.store.pauses.add(account, open_id, why, project.clock.now())


def resume(project: Project, account: str | None) -> tuple[list[Pause], Pause | None]:
    """End the pause of an account; without one, every pause.

    Returns the pauses that ended, and the one that still holds for the account. Raises UsageError for a name that is
    neither paused nor in the project.
    """
    project.catch_up()
    pauses = project.store.pauses.all()
    if account is None:
        ending = list(pauses)
    else:
        if account not in {pause.account for pause in pauses}:
            project.account(account)
        open_id = project.at_work(account).open_id if account in project.settings.accounts else None
        ending = [one for one in pauses if one.account != ALL and one.holds_for(account, open_id)]
    ended = [one for one in ending if project.store.pauses.lift(one.account, project.clock.now())]
    left = None if account is None else pause_of(project.store.pauses.all(), account, None)
    return ended, left
