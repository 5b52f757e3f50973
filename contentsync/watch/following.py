"""What became of the posts that TikTok is processing? Asked at growing intervals; and TikTok is read now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contentsync.apply.outcome import RESULT_OF
from contentsync.attempt.waiting import Stopped
from contentsync.errors import ManifestError, Problem
from contentsync.lifecycle import Phase
from contentsync.post_state import PostState
from contentsync.watch.reports import Reports
from contentsync.watch.retries import Retries
from contentsync.watch.sending import take_account
from contentsync.watch.timetable import Instant
from contentsync.watch.work import Asked
from contentsync.watch.workers import Job, Worker

SHARE_EVERY: Final = 60.0  # seconds between two looks for what other machines said
REFRESH_EVERY: Final = 900.0  # seconds between two readings of TikTok into the state
SILENT_FOR: Final = 20.0  # seconds without news of an open attempt after which the watch does not count as healthy
SHARE: Final = 0.05  # of an attempt's age: a post that is processed for hours is asked about every few minutes
AGAIN: Final = 2.0  # seconds after which a project file with a mistake is read again: it may be half saved
CLOCK_WRONG: Final = "clock-wrong"  # told in other words each minute
NO_NEWS: Final = "no-news"  # the subject of the problem that TikTok gives no news of an account's attempts
Ask = Callable[[tuple[str, ...]], Asked]
Refresh = Callable[[tuple[str, ...]], Asked]


@dataclass(slots=True)
class _Open:
    """An attempt that is followed. Monotonic seconds."""

    since: float
    next_at: float
    pause: float


class Following:
    """Asks TikTok about open attempts, and reads what other machines wrote; one request at a time."""

    def __init__(
        self,
        ask: Ask,
        refresh: Refresh,
        take_approvals: Callable[[], Asked],
        worker: Worker,
        reports: Reports,
        accounts: Retries,
        jitter: Callable[[], float],
        refresh_every: float = REFRESH_EVERY,
    ) -> None:
        """refresh_every: seconds between two readings of TikTok into the state."""
        self._refresh_every = refresh_every
        self._ask, self._refresh, self._reports = ask, refresh, reports
        self._accounts, self._jitter = accounts, jitter
        self._job: Job[Asked] = Job(worker)
        self._open: dict[str, _Open] = {}
        self._told: dict[str, tuple[str, Phase]] = {}  # how attempts ended that the last look saw as open
        self._silent: dict[str, float] = {}  # by account: since when TikTok gives no news of its attempts
        self._names: tuple[str, ...] = ()
        self._reads_all = False  # whether TikTok is being read for all accounts
        self._notes: set[str] = set()  # the subjects of what such a reading showed last
        self._refresh_at = self._share_at = 0.0
        self._take_approvals = take_approvals
        #: Whether TikTok was asked, with success or without, since the clock was last doubted.
        self.has_refreshed = False
        #: How far TikTok's clock is ahead of this machine's, by its last answer.
        self.ahead = timedelta()
        #: Whether approvals and pauses may come from other machines.
        self.shares = False
        self._has_taken_approvals = False
        self._knows_no_time = False  # whether the question under way began before the clock was doubted
        self._may_be_half_saved = False  # whether the last question found a mistake in the project file
        #: The shortest and the longest pause between two questions, in seconds.
        self.pauses = (2.0, 30.0)

    @property
    def is_busy(self) -> bool:
        return self._job.is_busy

    @property
    def is_done(self) -> bool:
        """Whether a result waits to be taken in."""
        return self._job.is_done

    @property
    def knows_approvals(self) -> bool:
        """Whether those that come from other machines, or from a branch, were looked for since the start."""
        return self._has_taken_approvals or not self.shares

    def saw(self, followed: frozenset[str], accounts: tuple[str, ...], now: Instant) -> None:
        """Take in which attempts are open, and which accounts have posts."""
        first = self.pauses[0]
        self._open = {
            key: self._open.get(key) or _Open(now.mono, now.mono + first, first) for key in sorted(followed)
        }
        self._told = {key: end for key, end in self._told.items() if key in followed}
        self._end_silence(frozenset(self._silent) - {key.partition("/")[0] for key in followed})
        if set(accounts) - set(self._names):
            self._refresh_at = now.mono
        self._names = accounts

    def doubt_clock(self, now: Instant) -> None:
        """Read TikTok at the next opportunity, because its answers contain the time."""
        self._refresh_at = now.mono
        self._knows_no_time = self._job.is_busy
        self.has_refreshed = False
        self.ahead = timedelta()

    def step(self, now: Instant) -> float | None:
        """Send the request that is due now. Returns the monotonic moment of the next one; None for none."""
        if not self._job.is_busy:
            self._begin(now)
        moments = [self._asks_at(key, one, now) for key, one in self._open.items()]
        moments += [self._refresh_at] if self._names else []
        moments += [self._share_at] if self.shares else []
        return None if self._job.is_busy else min(moments, default=None)

    def _begin(self, now: Instant) -> None:
        due = tuple(key for key, one in self._open.items() if one.next_at <= now.mono and self._may(key, now))
        self._reads_all = False
        if self._names and self._refresh_at <= now.mono:
            names = tuple(name for name in self._names if self._accounts.may(name, now.mono))
            self._refresh_at = now.mono + self._refresh_every * self._jitter()
            self._reads_all = names == self._names
            self._job.start(lambda: self._refresh(names))
        elif self.shares and self._share_at <= now.mono:
            self._share_at = now.mono + SHARE_EVERY * self._jitter()
            self._job.start(self._take_approvals)
        elif due:
            for key in due:
                self._put_off(self._open[key], now)
            self._job.start(lambda: self._ask(due))

    def _asks_at(self, key: str, one: _Open, now: Instant) -> float:
        """When TikTok may be asked about it next: not while its account has a pause, or the loop would not sleep."""
        until = self._accounts.until(key.partition("/")[0])
        return one.next_at if until is None or self._may(key, now) else max(one.next_at, until)

    def _may(self, key: str, now: Instant) -> bool:
        return self._accounts.may(key.partition("/")[0], now.mono)

    def _put_off(self, one: _Open, now: Instant) -> None:
        longest = max(self.pauses[1], SHARE * (now.mono - one.since))
        one.pause = min(one.pause * 1.5, longest)
        one.next_at = now.mono + one.pause

    def take(self, now: Instant) -> bool:
        """Take in an answer; whether there was one that may have changed the state."""
        asked = self._job.take()
        return asked is not None and self._take_in(asked, now)

    def finish(self, now: Instant) -> None:
        """Wait for the question under way."""
        asked = self._job.finish()
        if asked is not None:
            self._take_in(asked, now)

    def _take_in(self, asked: Asked, now: Instant) -> bool:
        if isinstance(asked.error, Stopped):
            return False
        knows_time, self._knows_no_time = not self._knows_no_time, False
        self.has_refreshed |= knows_time and not asked.took_approvals
        self._has_taken_approvals |= asked.took_approvals
        if isinstance(asked.error, ManifestError) and not self._may_be_half_saved:
            self._may_be_half_saved = True  # asked again soon, and told if it is still so
            self._refresh_at = min(self._refresh_at, now.mono + AGAIN)
            return False
        if asked.error is not None:
            self._reports.stands("asking", asked.error.problems[0])
            return False
        self._may_be_half_saved = False
        self._reports.is_over("asking")
        self.ahead = asked.ahead if asked.ahead is not None and knows_time else self.ahead
        for name in asked.accounts:
            take_account(name, asked.failures.get(name), self._accounts, self._reports, now, self._jitter())
        self._note_silence(asked, now)
        again = [at for name in asked.failures if (at := self._accounts.until(name)) is not None]
        self._refresh_at = min([self._refresh_at, *again])
        self._take_notes(asked)
        for key, row in asked.after.items():
            self._tell_end(key, asked.before.get(key), row)
        return True

    def _take_notes(self, asked: Asked) -> None:
        """Report what TikTok's answers to a reading showed, once; and its end, once all accounts answered."""
        subjects = {f"note {note.code if note.code == CLOCK_WRONG else note.what}": note for note in asked.notes}
        for subject, note in subjects.items():
            self._reports.stands(subject, note)
        if self._reads_all and not asked.failures:
            for subject in self._notes - subjects.keys():
                self._reports.is_over(subject)
            self._notes = set()
        self._notes |= subjects.keys()

    def _note_silence(self, asked: Asked, now: Instant) -> None:
        """Note of which accounts' attempts TikTok gives no news; told once, and again when there is news."""
        for name, problem in asked.no_news.items():
            self._silent.setdefault(name, now.mono)
            self._reports.stands(f"{NO_NEWS}:{name}", problem, name)
        self._end_silence(asked.heard)

    def _end_silence(self, names: frozenset[str]) -> None:
        for name in names & self._silent.keys():
            del self._silent[name]
            self._reports.is_over(f"{NO_NEWS}:{name}")

    def long_silent(self, mono: float) -> frozenset[str]:
        """The accounts of whose attempts there was no news for long; any thread may ask. mono: now."""
        return frozenset(name for name, since in self._silent.copy().items() if mono - since >= SILENT_FOR)

    def _tell_end(self, key: str, before: PostState | None, after: PostState | None) -> None:
        was, last = (before.last if before else None), (after.last if after else None)
        if was is None or last is None or was.phase is last.phase or last.phase is Phase.PROCESSING:
            return
        if self._told.get(key) == (last.id, last.phase):
            return  # the state could not be written, so it is asked about again
        self._told[key] = (last.id, last.phase)
        self._open.pop(key, None)
        problem = Problem(last.problem_code, last.problem_what) if last.problem_code else None
        self._reports.result(key, RESULT_OF[last.phase], problem, last.post_id)
