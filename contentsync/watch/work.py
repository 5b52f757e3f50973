"""What does watch ask of `operations/`? Look without a request, send, and ask TikTok what became of posts.

Each call that sends or asks opens the project again: its thread, its settings and its connection to the state are its
own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from contentsync.attempt.told import Tell
from contentsync.attempt.waiting import Stop, StoppableClock
from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, Problem, StoreError, UsageError
from contentsync.frozen import frozen
from contentsync.operations import status
from contentsync.operations.apply import Report, apply
from contentsync.operations.approvals import only_approved
from contentsync.operations.auto_approve import approve_as_it_lies, without_revoked
from contentsync.operations.branch_approvals import approve_by_branch
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.quick import view_of
from contentsync.operations.refresh import refresh_all
from contentsync.operations.selection import Wish
from contentsync.operations.slots import give_slots
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.settings import Approve
from contentsync.watch.settled_files import Seen

OpenProject = Callable[[], Project]


class Trouble(ContentsyncError):
    """The machine, not a post, is the cause: a disk that fails, a folder that vanished."""


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


@frozen
class Looked:
    """The result of a look: the plan, or why none could be made."""

    made: Made | None = None
    error: ContentsyncError | None = None
    #: Whether any manifest is there; None where that is not known.
    has_manifests: bool | None = None


@frozen
class Sent:
    """The result of a try to send."""

    keys: tuple[str, ...]
    report: Report | None = None
    error: ContentsyncError | None = None


@frozen
class Asked:
    """What TikTok was asked, and its answers."""

    #: The posts before and after, by key.
    before: Mapping[str, PostState | None] = field(default_factory=dict)
    after: Mapping[str, PostState | None] = field(default_factory=dict)
    #: The accounts that were asked, and those that could not be.
    accounts: frozenset[str] = frozenset()
    failures: Mapping[str, ContentsyncError] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    #: By account: why TikTok gave no news of one of its attempts; and the accounts of whose attempts there was news.
    no_news: Mapping[str, Problem] = field(default_factory=dict)
    heard: frozenset[str] = frozenset()
    error: ContentsyncError | None = None
    #: Whether it read, or tried to read, what approvals come from other machines or a branch.
    took_approvals: bool = False
    #: How far TikTok's clock is ahead of this machine's; None if that is unknown.
    ahead: timedelta | None = None


def send(open_project: OpenProject, made: Made, keys: tuple[str, ...], tell: Tell, stop: Stop) -> Sent:
    """Send these posts, each only with a valid approval. TikTok's final answer is asked for later."""
    try:
        with opened(open_project) as project:
            still = view_of(project)
            if project.settings.approve_by.way is Approve.AUTO:
                _approve(project, made, keys)
            wish = Wish(only=keys)
            report = apply(
                project,
                wish,
                approve=lambda _: True,
                tell=tell,
                stop=stop,
                wait=0.0,
                approved_only=True,
                still=still,
            )
    except UsageError:  # a post went away since the look; the next look says so
        return Sent(keys)
    except ContentsyncError as err:
        return Sent(keys, error=err)
    return Sent(keys, report)


def _approve(project: Project, made: Made, keys: tuple[str, ...]) -> None:
    """Approve the posts as they lie on disk. If the remote can't be reached, apply says so, and begins nothing."""
    try:
        approve_as_it_lies(project, made, keys)
    except StoreError as err:
        if err.problems[0].code != "not-shared":
            raise


def ask(open_project: OpenProject, keys: tuple[str, ...], stop: Stop) -> Asked:
    """Ask TikTok what became of these posts."""
    try:
        with opened(open_project, stop) as project:
            before, found = status.ask_about(project, keys)
    except ContentsyncError as err:
        return Asked(error=err)
    names = frozenset(key.partition("/")[0] for key in keys)
    no_news = _by_account(found.no_news)
    heard = names - set(no_news) - set(found.failures)
    return Asked(before, found.rows, names, found.failures, no_news=no_news, heard=heard)


def refresh(open_project: OpenProject, accounts: tuple[str, ...], stop: Stop) -> Asked:
    """Read TikTok into the state for these accounts: who they are, what is public, which ids came late."""
    try:
        with opened(open_project, stop) as project:
            known = tuple(name for name in accounts if name in project.settings.accounts)
            seen, failures = refresh_all(project, known, full_list=False) if known else ({}, {})
            ahead = _ahead(project, known)
    except ContentsyncError as err:
        return Asked(error=err)
    notes = tuple(dict.fromkeys(note for one in seen.values() for note in one.notes))
    return Asked(accounts=frozenset(known), failures=failures, notes=notes, ahead=ahead)


def _by_account(no_news: Mapping[str, Problem]) -> dict[str, Problem]:
    """One problem for each account."""
    said = "TikTok gives no news of what it is processing; watch asks again by itself"
    return {key.partition("/")[0]: replace(one, what=f"{said}: {one.what}", hint="") for key, one in no_news.items()}


def take_approvals(open_project: OpenProject, stop: Stop) -> Asked:
    """Read a shared state, and approve what the branch declares that approves; where the project has either."""
    try:
        with opened(open_project, stop) as project:
            project.catch_up()
            approve_by_branch(project, make_plan(project, Wish(refresh=False), view_of(project)))
    except ContentsyncError as err:
        return Asked(error=err, took_approvals=True)
    return Asked(took_approvals=True)


def _ahead(project: Project, names: tuple[str, ...]) -> timedelta | None:
    """How far TikTok's clock is ahead of ours, by its last answers."""
    told = [date for name in names if (date := project.at_work(name).client.tiktok_now)]
    return max(told) - project.clock.now() if told else None


def stat_of(path: str) -> Seen:
    """The stat by which a change of a file is seen; None if there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - thousands in a storm
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


@frozen
class ClockAhead:
    """A clock that is ahead of another one, as TikTok's is where this machine's is wrong."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.by

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


def look(project: Project, *, gives_slots: bool) -> Looked:
    """The plan from disk and state, without a request or a lock; it also gives out slots, if it is asked to."""
    try:
        with machine_errors():
            made = make_plan(project, Wish(refresh=False), view_of(project))
            is_auto = project.settings.approve_by.way is Approve.AUTO
            made = without_revoked(project, made) if is_auto else only_approved(project, made)
            if gives_slots:
                give_slots(project, made, made.plan.actions)
            return Looked(made, has_manifests=bool(made.posts) or project.has_manifests())
    except ContentsyncError as err:
        return Looked(error=err)
    finally:
        project.close()
