"""Which posts are sent now? Those that could be, whose files are still, and that did not just fail.

The danger: one slow upload, or one post that always fails, keeps another from going out on time. The rule: every post
has pauses of its own, so does every account; and when a post of an account that is not busy becomes due, the upload
under way stops after its chunk and both go on side by side.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from contentsync.attempt.told import Outcome, Result, Tell, Told
from contentsync.attempt.waiting import Stop, Stopped
from contentsync.errors import ContentsyncError, Level, ManifestError, Problem, StoreLocked
from contentsync.frozen import frozen
from contentsync.operations.apply import Report
from contentsync.operations.plan import Made
from contentsync.plan.action import Action, Kind
from contentsync.remote import clock_wrong
from contentsync.watch.outlook import Candidate, Concern, Outlook
from contentsync.watch.reports import Reports
from contentsync.watch.retries import Retries
from contentsync.watch.settled_files import SettledFiles
from contentsync.watch.timetable import Instant
from contentsync.watch.work import Sent, stat_of
from contentsync.watch.workers import Job, Worker
from contentsync.watch_event import Word

Send = Callable[[Made, tuple[str, ...], Tell, Stop], Sent]
ALL = "all"  # the subject of a problem that keeps anything from being sent
GOOD = frozenset({Result.PUBLISHED, Result.DELIVERED, Result.ADOPTED, Result.MOVED, Result.OBSERVED})


@frozen
class EitherStop:
    """Set once one of the two is."""

    one: Stop
    other: Stop

    def is_set(self) -> bool:
        return self.one.is_set() or self.other.is_set()


class Sending:
    """Chooses what is sent, has it sent, and takes in the results."""

    def __init__(
        self,
        root: Path,
        send: Send,
        worker: Worker,
        stop: Stop,
        reports: Reports,
        accounts: Retries,
        settled_files: SettledFiles,
        jitter: Callable[[], float],
    ) -> None:
        self._root, self._send, self._stop, self._reports = root, send, stop, reports
        self._accounts, self._jitter = accounts, jitter
        self.settled_files = settled_files
        self._job: Job[Sent] = Job(worker)
        self._retries = Retries()
        self._made: Made | None = None
        self._ready: tuple[Candidate, ...] = ()
        self._preempt = threading.Event()
        self._unfinished: set[str] = set()  # keys; the sending thread takes out what is done
        self._under_way: set[str] = set()  # whose sending was reported; the sending thread writes it too
        self._marks: Mapping[str, str] = {}
        self._said: dict[str, tuple[str, str, str]] = {}  # of failed tries: what was told last

    @property
    def is_busy(self) -> bool:
        return self._job.is_busy

    def is_sending(self, post: str) -> bool:
        """Whether the post is being sent, or was just now, so that a plan may know only a part of it."""
        return self._job.is_busy and post in self._marks

    @property
    def is_done(self) -> bool:
        """Whether a result waits to be taken in."""
        return self._job.is_done

    def saw(self, made: Made, outlook: Outlook, now: Instant) -> None:
        """Take in what a look saw."""
        self._made, self._ready = made, outlook.ready
        self._retries.keep(frozenset({ALL}) | {one.post for one in outlook.ready})
        if not outlook.ready:  # another command may have sent what waited for its lock
            self._reports.is_over(ALL)
        self._observe((*outlook.ready, *outlook.soon), now)

    def forget(self) -> None:
        """Nothing may be sent until the next look."""
        self._ready = ()

    def forget_pauses(self) -> None:
        """What waited for a time by a clock that was wrong may be tried now."""
        self._retries.keep(frozenset())

    def observe(self, names: frozenset[str], now: Instant) -> None:
        """Take in the stats of these files; paths from the root."""
        self.settled_files.observe({name: stat_of(f"{self._root}/{name}") for name in names}, now.mono)

    def still_at(self, files: tuple[str, ...], now: Instant) -> float:
        """The monotonic moment at which these files count as still, as far as is known now."""
        self.observe(frozenset(files), now)
        return self.settled_files.still_at(files) or now.mono

    def step(self, now: Instant, tell: Tell) -> float | None:
        """Send what may be sent now; the monotonic moment of the next step, None where only a look changes that."""
        if not self._ready or self._made is None or not self._retries.may(ALL, now.mono):
            return self._retries.until(ALL) if self._ready else None
        free = [one for one in self._ready if self._may(one, now)]
        self._observe(free, now)
        moments = [(self.settled_files.still_at(one.files) or now.mono, one) for one in free]
        going = [one for at, one in moments if at <= now.mono]
        later = [at for at, _ in moments if at > now.mono] + self._pauses(now)
        if self._job.is_busy:
            self._make_way(going)
        elif going:
            self._begin(going, tell)
        return min(later, default=None)

    def take(self, now: Instant) -> Sent | None:
        """The result of what was sent, once; taken in."""
        sent = self._job.take()
        if sent is not None:
            self._take_in(sent, now)
        return sent

    def finish(self, now: Instant) -> None:
        """Wait for what is being sent; it stops after its chunk where a stop is asked for."""
        sent = self._job.finish()
        if sent is not None:
            self._take_in(sent, now)

    # Before.

    def _may(self, one: Candidate, now: Instant) -> bool:
        return self._retries.may(one.post, now.mono, one.digest) and self._accounts.may(one.account, now.mono)

    def _pauses(self, now: Instant) -> list[float]:
        """The ends of the pauses of what is ready."""
        ends = [
            end
            for one in self._ready
            if not self._may(one, now)
            for end in (self._retries.until(one.post), self._accounts.until(one.account))
            if end is not None and end > now.mono
        ]
        return ends[:1] if len(ends) < 2 else [min(ends)]

    def _observe(self, candidates: tuple[Candidate, ...] | list[Candidate], now: Instant) -> None:
        self.observe(frozenset(name for one in candidates for name in one.files), now)

    def _make_way(self, going: list[Candidate]) -> None:
        """Let the upload under way stop after its chunk, if an account that is not busy has something to send."""
        busy = {key.partition("/")[0] for key in tuple(self._unfinished)}
        if any(one.account not in busy for one in going):
            self._preempt.set()

    def _begin(self, going: list[Candidate], tell: Tell) -> None:
        keys = tuple(one.post for one in going)
        self._marks = {one.post: one.digest for one in going}
        self._preempt.clear()
        self._unfinished = set(keys)
        self._reports.ended -= self._unfinished
        made, stop = self._made, EitherStop(self._stop, self._preempt)
        assert made is not None

        def told(event: Told) -> None:
            if event.event in {"done", "processing", "incomplete"}:
                self._unfinished.discard(event.post)
            self._say_sending(event)
            tell(event)

        self._job.start(lambda: self._send(made, keys, told, stop))

    def _say_sending(self, event: Told) -> None:
        """Say that a post is being sent, once it has begun; not again where an upload that stopped goes on."""
        if event.event == "begun" or (event.event == "resume" and event.post not in self._under_way):
            self._under_way.add(event.post)
            self._reports.event(Word.SENDING, f"sending {event.post}", posts=[event.post])

    # After.

    def _take_in(self, sent: Sent, now: Instant) -> None:
        self._unfinished = set()
        if sent.error is not None:
            self._failed_at_all(sent.error, now)
            return
        self._retries.succeeded(ALL)
        self._reports.is_over(ALL)
        if sent.report is not None:
            self._take_report(sent.keys, sent.report, now)

    def _failed_at_all(self, err: ContentsyncError, now: Instant) -> None:
        if isinstance(err, Stopped):
            return
        longest = 5.0 if isinstance(err, StoreLocked) else None
        until = now.mono + longest if longest else None
        is_first = self._retries.until(ALL) is None
        self._retries.failed(ALL, now.mono, until=until, jitter=self._jitter())
        if not (is_first and isinstance(err, ManifestError)):  # the project file may be half saved
            self._reports.stands(ALL, err.problems[0])

    def _take_report(self, keys: tuple[str, ...], report: Report, now: Instant) -> None:
        names = {key.partition("/")[0] for key in keys}
        for name in names:
            take_account(name, report.failures.get(name), self._accounts, self._reports, now, self._jitter())
        outcomes = {outcome.post: outcome for outcome in report.outcomes}
        actions = {action.post: action for action in report.proposal.actions}
        for key in keys:
            if key in outcomes:
                self._take_outcome(outcomes[key], now)
            elif key in actions:
                self._take_left(actions[key], report, now)

    def _take_outcome(self, outcome: Outcome, now: Instant) -> None:
        if outcome.result is Result.PROCESSING and outcome.post in self._reports.ended:
            return  # its end was told while others were still being sent
        stopped = self._preempt.is_set() or self._stop.is_set()
        if outcome.result in GOOD:
            self._under_way.discard(outcome.post)
            self._retries.succeeded(outcome.post)
            self._said.pop(outcome.post, None)
            self._reports.result(outcome.post, outcome.result, None, outcome.post_id)
            return
        if stopped and outcome.result in {Result.UPLOADING, Result.NOT_STARTED}:
            return  # it goes on at once, or after a restart
        self._under_way.discard(outcome.post)
        known = now.at(outcome.again_at) if outcome.again_at else None
        mark = self._marks.get(outcome.post, "")
        self._retries.failed(outcome.post, now.mono, mark, until=known, jitter=self._jitter())
        said = (mark, str(outcome.result), outcome.problem.code if outcome.problem else "")
        if self._said.get(outcome.post) != said:
            self._said[outcome.post] = said
            self._reports.result(outcome.post, outcome.result, outcome.problem, outcome.post_id)

    def _take_left(self, action: Action, report: Report, now: Instant) -> None:
        """A post that the plan held back during sending, because of something that only TikTok knows."""
        if not action.kinds & {Kind.BLOCKED, Kind.WAIT, Kind.UNKNOWN}:
            return
        first = self._retries.until(action.post) is None
        until = self._by_both_clocks(action, report, now)
        mark = self._marks.get(action.post, "")
        self._retries.failed(action.post, now.mono, mark, until=until, jitter=self._jitter())
        by_clock = () if until is None else _held_by_clock(action, report)
        for problem in (*action.blockers, *by_clock) if first else ():
            self._reports.concern(Concern(problem, action.post, action.account, action.digest))

    def _by_both_clocks(self, action: Action, report: Report, now: Instant) -> float | None:
        """When a post is due that is due by one of the two clocks only: the one that is behind decides."""
        world = report.proposal.made.world
        facts = world.accounts.get(action.account)
        if action.due_at is None or facts is None:
            return None
        behind: datetime = min(world.now, facts.tiktok_now or world.now)
        return now.mono + max(1.0, (action.due_at - behind).total_seconds())


def _held_by_clock(action: Action, report: Report) -> tuple[Problem, ...]:
    """The problem of a post that TikTok's clock calls due and this machine's does not, or the other way round."""
    world = report.proposal.made.world
    facts = world.accounts.get(action.account)
    wrong = clock_wrong(world.now, facts.tiktok_now) if facts else None
    if wrong is None or Kind.WAIT not in action.kinds:
        return ()
    what = f"not sent yet: it is sent once it is due by both clocks, and {wrong.what}"
    return (replace(wrong, what=what, hint="correct this machine's clock", level=Level.ERROR),)


def take_account(
    name: str, err: ContentsyncError | None, accounts: Retries, reports: Reports, now: Instant, jitter: float
) -> None:
    """Note whether an account can be used; reported once, and again when the problem is over."""
    subject = f"account:{name}"
    if isinstance(err, Stopped):
        return
    if err is None:
        accounts.succeeded(name)
        reports.is_over(subject)
        return
    accounts.failed(name, now.mono, jitter=jitter)
    problem: Problem = err.problems[0].addressed(name)
    reports.stands(subject, problem, name)
