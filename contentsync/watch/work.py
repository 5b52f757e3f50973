"""What does watch ask of `operations/`? Look without a request, send, and ask TikTok what became of posts.

Each call that sends or asks opens the project anew: its thread, its settings and its connection to the state are its
own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from contentsync.attempt.told import Tell
from contentsync.attempt.waiting import Stop, StoppableClock
from contentsync.errors import ContentsyncError, Problem, UsageError
from contentsync.operations import status
from contentsync.operations.apply import Report, apply
from contentsync.operations.approvals import only_approved
from contentsync.operations.auto_approve import approve_as_it_lies, without_revoked
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.refresh import refresh_all
from contentsync.operations.selection import Wish
from contentsync.operations.slots import give_slots
from contentsync.post import PostState
from contentsync.project import Project
from contentsync.watch.stillness import Seen

OpenProject = Callable[[], Project]


class Trouble(ContentsyncError):
    """The machine, not a post, stood in the way: a disk that fails, a folder that vanished."""


@contextlib.contextmanager
def machine_errors() -> Iterator[None]:
    """Raise what the operating system refuses as Trouble."""
    try:
        yield
    except OSError as err:
        what = f"{err.strerror or err}" + (f": {err.filename}" if err.filename else "")
        raise Trouble(Problem("watch-trouble", what, "watch tries again by itself; check the disk")) from err


@contextlib.contextmanager
def opened(open_project: OpenProject, stop: Stop | None = None) -> Iterator[Project]:
    """The project, closed in the end. stop: ends its waits."""
    with machine_errors():
        project = open_project()
        if stop is not None:
            project.clock = StoppableClock(project.clock, stop)
        try:
            yield project
        finally:
            project.close()
            project.close_state()


class Approving(Protocol):
    """How posts come to be approved: a seam, one for each value of `watch.approve`."""

    def seen(self, project: Project, made: Made) -> Made:
        """The plan with what may not be sent held back."""
        ...

    def before_sending(self, project: Project, made: Made, keys: tuple[str, ...]) -> None:
        """Called right before these posts are sent, without the lock."""
        ...


class ByPerson:
    """A person approves beforehand: `approve: manual`."""

    def seen(self, project: Project, made: Made) -> Made:
        return only_approved(project, made)

    def before_sending(self, project: Project, made: Made, keys: tuple[str, ...]) -> None:
        """Nothing: the approvals are there, or the posts are not sent."""


class AsItLies:
    """Whoever writes the files approves them: `approve: auto`."""

    def seen(self, project: Project, made: Made) -> Made:
        return without_revoked(project, made)

    def before_sending(self, project: Project, made: Made, keys: tuple[str, ...]) -> None:
        approve_as_it_lies(project, made, keys)


@dataclass(frozen=True, slots=True)
class Looked:
    """The result of a look: the plan, or why there is none."""

    made: Made | None = None
    error: ContentsyncError | None = None
    #: Whether any manifest is there; None where that is not known.
    has_manifests: bool | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of a try to send."""

    keys: tuple[str, ...]
    report: Report | None = None
    error: ContentsyncError | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What TikTok was asked, and what came of it."""

    #: The posts before and after, by key.
    before: Mapping[str, PostState | None] = field(default_factory=dict)
    after: Mapping[str, PostState | None] = field(default_factory=dict)
    #: The accounts that were asked, and those that could not be.
    accounts: frozenset[str] = frozenset()
    failures: Mapping[str, ContentsyncError] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    error: ContentsyncError | None = None


def send(
    open_project: OpenProject, approving: Approving, made: Made, keys: tuple[str, ...], tell: Tell, stop: Stop
) -> Sent:
    """Send these posts; not one without an approval that holds. TikTok's final word is asked for later."""
    try:
        with opened(open_project) as project:
            approving.before_sending(project, made, keys)
            wish = Wish(only=keys)
            report = apply(project, wish, approve=lambda _: True, tell=tell, stop=stop, wait=0.0, approved_only=True)
    except UsageError:  # a post went away since the look; the next look says so
        return Sent(keys)
    except ContentsyncError as err:
        return Sent(keys, error=err)
    return Sent(keys, report)


def ask(open_project: OpenProject, keys: tuple[str, ...], stop: Stop) -> Asked:
    """Ask TikTok what became of these posts."""
    try:
        with opened(open_project, stop) as project:
            wish = Wish(only=keys)
            before = {row.key: row for name in project.settings.accounts for row in _rows(project, name)}
            after, failures = status.look(project, wish, 0.0)
    except ContentsyncError as err:
        return Asked(error=err)
    names = frozenset(key.partition("/")[0] for key in keys)
    return Asked({key: before.get(key) for key in after}, after, names, failures)


def refresh(open_project: OpenProject, accounts: tuple[str, ...], stop: Stop) -> Asked:
    """Read TikTok into the state for these accounts: who they are, what is public, which ids came late."""
    try:
        with opened(open_project, stop) as project:
            known = tuple(name for name in accounts if name in project.settings.accounts)
            seen, failures = refresh_all(project, known, full_list=False) if known else ({}, {})
    except ContentsyncError as err:
        return Asked(error=err)
    notes = tuple(dict.fromkeys(note for one in seen.values() for note in one.notes))
    return Asked(accounts=frozenset(known), failures=failures, notes=notes)


def _rows(project: Project, name: str) -> list[PostState]:
    account = project.at_work(name)
    return project.reading_store.posts(account.open_id) if account.open_id else []


def stat_of(path: str) -> Seen:
    """What tells whether a file changes; None where it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - thousands in a storm
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def look(project: Project, approving: Approving) -> Looked:
    """The plan from what is on disk and in the state; no request, no lock. Slots that it shows are given out."""
    try:
        with machine_errors():
            made = approving.seen(project, make_plan(project, Wish(refresh=False)))
            give_slots(project, made, made.plan.actions)
            return Looked(made, has_manifests=bool(made.posts) or project.has_manifests())
    except ContentsyncError as err:
        return Looked(error=err)
    finally:
        project.close()
