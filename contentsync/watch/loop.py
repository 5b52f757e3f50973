"""The loop: sleep until something may be due, look, send what may be sent, and report what happened.

Clocks, hints, threads and files are handed in, so that a test runs weeks in seconds. The loop looks (without a
request) in its own thread; sending and asking TikTok have a thread each, so that neither keeps it from looking.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from contentsync.attempt.waiting import Stop
from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, ManifestError, Problem
from contentsync.frozen import frozen
from contentsync.notices import Notify, tell_nobody
from contentsync.operations.plan import Made
from contentsync.plan.action import Kind
from contentsync.plan.schedule import CLOCKS_APART
from contentsync.settings import Approve
from contentsync.watch.announcements import Announcements
from contentsync.watch.feed import Feed
from contentsync.watch.folder_check import FolderCheck
from contentsync.watch.following import NO_NEWS, REFRESH_EVERY, Following
from contentsync.watch.kept_project import KeptProject
from contentsync.watch.outlook import APPROVAL, Concern, see
from contentsync.watch.reports import Reports
from contentsync.watch.retries import Retries
from contentsync.watch.sending import Sending
from contentsync.watch.settled_files import SettledFiles
from contentsync.watch.timetable import FULL_EVERY, TICK, Instant, Timetable, Why, lead_of
from contentsync.watch.wakeups import Hint, Wakeups
from contentsync.watch.work import OpenProject, ask, refresh, send, take_approvals
from contentsync.watch.workers import Worker
from contentsync.watch_event import Word
from contentsync.watch_health import Health

GROUND_EVERY: Final = 2.0  # seconds between two looks for a project that is gone, or for a git that is at work


class Files(Protocol):
    """What gives hints about files. A seam: watchdog or polling in production, a script in tests."""

    @property
    def mode(self) -> str:
        """`events` or `polling`."""
        ...

    def tend(self, now: float) -> Problem | None:
        """Keep watching, also folders that are new or came back; what a person should know. now: monotonic."""
        ...

    def close(self) -> None: ...


class NoFiles:
    """No hints about files: only full looks find changes."""

    mode = "none"

    def tend(self, now: float) -> Problem | None:  # noqa: ARG002
        return None

    def close(self) -> None:
        """Nothing to close."""


@frozen
class Parts:
    """What the loop works with."""

    root: Path
    open_project: OpenProject
    clock: Clock
    wakeups: Wakeups
    sender: Worker
    asker: Worker
    stop: Stop
    files: Files = field(default_factory=NoFiles)
    feed: Feed = field(default_factory=Feed)
    notify: Notify = tell_nobody
    #: Around the first look, which may take minutes and changes nothing that another one would miss: a stop that is
    #: asked for meanwhile may end it at once, by a KeyboardInterrupt.
    ended_at_once: Callable[[], AbstractContextManager[None]] = nullcontext
    #: Gives numbers about 1, so that many watchers don't act in step.
    jitter: Callable[[], float] = lambda: 1.0
    #: The processor's seconds that this thread has used: what looks cost decides how often they come.
    spent: Callable[[], float] = time.thread_time
    #: Seconds, at most, between two readings of the clocks.
    tick: float = TICK
    #: Seconds, at least, between two full looks.
    full_every: float = FULL_EVERY
    #: Seconds, about, between two readings of TikTok into the state.
    refresh_every: float = REFRESH_EVERY


class Watch:
    """One watcher of one project."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._clock = parts, parts.clock
        self._kept = KeptProject(parts.open_project)
        self._folder_check = FolderCheck(parts.root, lambda: parts.clock.now().timestamp())
        self._reports = Reports(parts.feed, parts.notify, parts.clock)
        self._announcements = Announcements(self._reports)
        self._looks = Retries(longest=60.0)
        self._accounts, watching = Retries(longest=300.0), self._kept.watching
        self._table = Timetable(watching.debounce.total_seconds(), lead_of(watching.settle), parts.full_every)
        self._sending = Sending(
            parts.root,
            lambda made, keys, tell, stop: send(parts.open_project, made, keys, tell, stop),
            parts.sender,
            parts.stop,
            self._reports,
            self._accounts,
            SettledFiles(watching.settle.total_seconds()),
            parts.jitter,
        )
        self._following = Following(
            lambda keys: ask(parts.open_project, keys, parts.stop),
            lambda names: refresh(parts.open_project, names, parts.stop),
            lambda: take_approvals(parts.open_project, parts.stop),
            parts.asker,
            self._reports,
            self._accounts,
            parts.jitter,
            parts.refresh_every,
        )
        self._before = Instant(parts.clock.now(), parts.clock.monotonic())
        self._stamp: tuple[int, int] | None = None
        self._health = Health(started_at=self._before.wall)

    def health(self) -> Health:
        """The health of this watch; any thread may ask."""
        standing = self._reports.standing
        failing = {name.partition(":")[2]: p for name, p in standing.items() if name.startswith("account:")}
        silent = self._following.long_silent(self._clock.monotonic())
        failing = {name: p for name in silent if (p := standing.get(f"{NO_NEWS}:{name}"))} | failing
        error = next((p for name, p in standing.items() if name in {"look", "ground", "all", "asking"}), None)
        return replace(
            self._health,
            accounts_failing=failing,
            error=error,
            is_sending=self._sending.is_busy,
            results=dict(self._reports.results),
            files=self._parts.files.mode,
            next_due=self._table.next_due,
        )

    def run(self) -> None:
        """Watch until a stop is asked for; then finish the chunk under way, and return."""
        self._reports.event(Word.WATCHING, f"watching {self._parts.root}")
        self._table.plan(Why.START, self._now().mono)
        try:
            with suppress(KeyboardInterrupt):  # only the first look is ended by one
                while not self._parts.stop.is_set():
                    self.turn()
            is_sending = self._say_stopping()
        finally:
            now = self._now()
            self._sending.finish(now)
            self._following.finish(now)
            self._parts.files.close()
            self._kept.close()
        words = (
            "stopped; the next watch or apply continues there" if is_sending else "stopped; nothing was being sent"
        )
        self._reports.event(Word.STOPPED, words)

    def _say_stopping(self) -> bool:
        """Say that it stops; whether something is being sent."""
        is_sending = self._sending.is_busy
        busy = "stopping after the chunk under way; Ctrl-C once more leaves now, which is safe too"
        words = busy if is_sending else "stopping; nothing is being sent"
        self._reports.event(Word.STOPPING, words, sending=is_sending)
        return is_sending

    def turn(self) -> None:
        """Do what is due now, then sleep until the next moment at which something may be due."""
        self._notice_jumps()
        now = self._now()
        self._take_results(now)
        self._tend_files(now)
        at, why = self._table.next(now)
        if at <= now.mono:
            self._look(why)
            now = self._now()
        moments = [self._table.next(now)[0], *self._step(now)]
        if self._sending.is_done or self._following.is_done:
            return
        left = max(0.0, min(moments) - self._now().mono)
        self._hear(self._parts.wakeups.wait(min(left, self._parts.tick)))

    def _step(self, now: Instant) -> list[float]:
        """Send and ask what may be sent and asked now; the moments of the next steps."""
        if "ground" in self._reports.standing:
            return []
        was_busy = self._sending.is_busy
        steps = (self._sending.step(now, self._parts.feed.tell), self._following.step(now))
        if self._sending.is_busy and not was_busy:
            self._table.sending_began(now.mono)
        return [moment for moment in steps if moment is not None]

    # What wakes it.

    def _now(self) -> Instant:
        """Now: by this machine's clock, or by TikTok's where this machine's is wrong."""
        return Instant(self._clock.now() + self._kept.ahead, self._clock.monotonic())

    def _notice_jumps(self) -> None:
        now = Instant(self._clock.now(), self._clock.monotonic())
        if now.has_jumped_since(self._before):
            self._table.plan(Why.CLOCK, now.mono)
            self._accounts.keep(frozenset())
            self._sending.forget_pauses()
            self._following.doubt_clock(now)
        self._before = now
        self._take_time()
        stamp = self._kept.stamp()
        if stamp != self._stamp and stamp is not None:
            self._table.state_changed(now.mono)

    def _take_time(self) -> None:
        """Look by TikTok's clock from now on, where this machine's is wrong."""
        ahead = self._following.ahead
        self._kept.ahead = ahead if abs(ahead) >= CLOCKS_APART else timedelta()

    def _take_results(self, now: Instant) -> None:
        sent, asked = self._sending.take(now), self._following.take(now)
        self._take_time()
        if sent or asked:
            self._table.plan(Why.DONE, now.mono)

    def _tend_files(self, now: Instant) -> None:
        if "ground" in self._reports.standing:
            return
        if problem := self._parts.files.tend(now.mono):
            self._reports.stands("files", problem)

    def _hear(self, hint: Hint) -> None:
        now = self._now()
        if hint.files:
            self._table.files_changed(now.mono)
            self._sending.observe(hint.paths, now)
        if hint.lost:
            self._table.plan(Why.FULL, now.mono)

    # Looking.

    def _look(self, why: Why) -> None:
        began = self._now()
        self._table.looked(began, 0.0, self._parts.jitter())
        if not self._stands_on_ground(began):
            return
        spent = self._parts.spent()
        fresh = why in {Why.FULL, Why.START, Why.CLOCK}
        with nullcontext() if self._health.looks else self._parts.ended_at_once():
            looked = self._kept.look(fresh=fresh, gives_slots=self._following.has_refreshed)
        took = self._parts.spent() - spent
        self._table.looked(began, took, self._parts.jitter())
        self._stamp = self._kept.stamp()
        problem = (
            looked.error.problems[0] if looked.error else self._folder_check.emptied(looked.has_manifests is True)
        )
        if problem is not None or looked.made is None:
            self._failed(problem or Problem("watch-trouble", "nothing could be read"), looked.error, began)
            return
        self._looks.succeeded("look")
        self._reports.is_over("look")
        self._saw(looked.made, began, took)

    def _stands_on_ground(self, now: Instant) -> bool:
        """Whether the project is there and git leaves it alone; if not, it is looked for again soon."""
        problem = self._folder_check.missing()
        if problem is None and self._kept.approve is Approve.AUTO:
            problem = self._folder_check.git_at_work()
        if problem is not None:
            self._reports.stands("ground", problem)
        else:
            self._reports.is_over("ground")
        if problem is None and not self._folder_check.is_locked_by_git():
            return True
        self._put_off(now.mono + GROUND_EVERY)
        return False

    def _put_off(self, until: float) -> None:
        """Send nothing before another look, which comes at that monotonic moment."""
        self._sending.forget()
        self._table.due(())
        self._table.plan(Why.RETRY, until)

    def _failed(self, problem: Problem, err: ContentsyncError | None, now: Instant) -> None:
        """A look failed: nothing is sent until one succeeds.

        The project file may be half saved, so that a mistake is reported once a second look sees it too.
        """
        if isinstance(err, ManifestError) and self._looks.until("look") is None:
            self._looks.failed("look", now.mono, jitter=self._parts.jitter())
            self._put_off(now.mono + self._table.debounce)
            return
        self._reports.stands("look", problem)
        self._put_off(self._looks.failed("look", now.mono, jitter=self._parts.jitter()))

    def _saw(self, made: Made, began: Instant, took: float) -> None:
        watching = self._kept.watching
        self._table.debounce, self._table.lead = watching.debounce.total_seconds(), lead_of(watching.settle)
        self._sending.settled_files.settle = watching.settle.total_seconds()
        now = self._now()
        lead = timedelta(seconds=self._table.lead + TICK)
        world = made.world
        outlook = see(made.plan, made.posts, world.accounts, made.faults, world.now, lead, world.faulty)
        self._table.due(outlook.due)
        self._following.saw(outlook.followed, tuple(made.world.accounts), now)
        self._following.shares, self._following.pauses = self._kept.shares, self._kept.pauses
        self._announcements.pauses(made.world.accounts)
        if self._following.has_refreshed or not made.world.accounts:
            only_approved = self._kept.approve is not Approve.AUTO
            if self._following.knows_approvals:
                self._announcements.next(made.plan, made.world.accounts, made.world.now, approved=only_approved)
            if self._reports.concerns(self._to_report(outlook.concerns, now)):
                self._table.plan(Why.RETRY, now.mono + self._table.debounce)
            self._sending.saw(made, outlook, now)
        else:  # first TikTok is asked who the accounts are, and what time it is
            self._sending.forget()
        self._parts.feed.tell(made)
        self._health = replace(
            self._health,
            last_look_at=began.wall,
            look_seconds=took,
            next_look_by=self._wall_of(self._table.next(now)[0] + 120.0, now),
            open_attempts=len(outlook.followed),
            waiting=outlook.counts.get(Kind.WAIT, 0),
            blocked=outlook.counts.get(Kind.BLOCKED, 0),
            unknown=outlook.counts.get(Kind.UNKNOWN, 0),
            looks=self._health.looks + 1,
        )

    def _to_report(self, concerns: Iterable[Concern], now: Instant) -> list[Concern]:
        """Those to report now. One about a file that is being written comes with a later look, once that is still."""
        ready = []
        for one in concerns:
            still_at = self._sending.still_at(one.files, now) if one.files and not self._reports.is_told(one) else 0.0
            if still_at > now.mono:
                self._table.plan(Why.RETRY, still_at)
            elif not self._is_outdated(one):
                ready.append(one)
        return ready

    def _is_outdated(self, concern: Concern) -> bool:
        """Whether it may only say that the approval was used: by the attempt that is under way."""
        return concern.problem.code in APPROVAL and self._sending.is_sending(concern.post)

    def _wall_of(self, mono: float, now: Instant) -> datetime:
        return (now.wall + timedelta(seconds=mono - now.mono)).astimezone(UTC)
