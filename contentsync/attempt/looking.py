"""What became of an attempt? TikTok is only asked here, and its answer saved; nothing is ever started (R7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from contentsync.attempt import doubt
from contentsync.attempt.at_work import AtWork
from contentsync.attempt.step import Step, said
from contentsync.attempt.told import Tell, Told
from contentsync.attempt.upload import incomplete, offset_of
from contentsync.attempt.waiting import Stop, StoppableClock
from contentsync.clock import Clock
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.lifecycle import Event, Phase
from contentsync.post_state import Attempt
from contentsync.store.port.store import Store
from contentsync.tiktok import refusals, wire
from contentsync.tiktok.client import Client
from contentsync.upload_hour import Hour, judge, may_arrive_until

UNKNOWN_ID_PATIENCE: Final = timedelta(seconds=60)  # a fresh publish_id may be unknown for a while
PASSING: Final = {row.problem().code for row in refusals.FAILURES.values() if row.again == refusals.AT_ONCE}


@dataclass
class Looking:
    """The looks at one account's attempts. A wait ends with Stopped soon after `stop` is set."""

    at_work: AtWork
    tell: Tell
    stop: Stop
    clock: Clock = field(init=False)
    _opened: set[str] = field(default_factory=set)  # attempts that this process began, and sent nothing for yet
    _last_puts: dict[str, float] = field(default_factory=dict)  # when this process began them, monotonic seconds
    _keys: dict[str, str] = field(default_factory=dict)
    _asked_at: float = field(init=False)  # when another machine's pause was last looked for, monotonic seconds
    _dates: dict[str, tuple[datetime, float]] = field(default_factory=dict)  # TikTok's clock, and when it told it

    def __post_init__(self) -> None:
        self.clock = StoppableClock(self.at_work.clock, self.stop)
        self._asked_at = self.clock.monotonic()

    @property
    def store(self) -> Store:
        return self.at_work.store

    @property
    def client(self) -> Client:
        return self.at_work.client

    def end_upload(self, attempt: Attempt, problem: Problem, event: Event = Event.UPLOAD_ENDED) -> Attempt:
        """End an upload that can't finish. event: FAILED if a new attempt needs a person."""
        ended = attempt.after(event, self.now, upload_url="", **said(problem))
        return self.save(ended, "upload-ended")

    def note(self, attempt: Attempt, what: str, **known: object) -> Attempt:
        """Save more facts about the attempt."""
        return self.save(attempt.noting(self.now, **known), what)

    def look(self, attempt: Attempt, *, settle: bool = False) -> Step:
        """Ask TikTok for the attempt's status and save the answer. Never starts anything (R7).

        settle: also draw conclusions about an open upload from what TikTok lacks or does not know. Only for whoever
        carries the attempt on, who knows that no PUT is under way.
        """
        if not attempt.publish_id:
            return Step(attempt)  # an unknown without a publish_id: only the list or a person can tell
        self.heard(attempt, None)
        try:
            status = self.client.status(attempt.publish_id)
        except Refused as err:
            return self._status_refused(attempt, err, settle)
        except (Unanswered, NotSent) as err:
            return Step(attempt, again_in=self.at_work.poll_max, problem=err.problem)
        except SignInNeeded as err:
            return Step(attempt, problem=err.problems[0], sign_in=True, stop=True)
        return self._heard(attempt, status, settle)

    def late_id(self, attempt: Attempt) -> Step:
        """Ask for the id of a published post, which may come hours after it, or never. Source: Get Post Status."""
        try:
            status = self.client.status(attempt.publish_id)
        except (Refused, Unanswered, NotSent) as err:
            return Step(attempt, problem=err.problem)
        if not status.post_ids:
            return Step(attempt)
        found = attempt.noting(self.now, post_id=status.post_ids[0])
        return Step(self.save(found, "post-id", post_ids=status.post_ids))

    def _heard(self, attempt: Attempt, status: wire.Status, settle: bool) -> Step:
        now = self.now
        self.heard(attempt, status.date)
        post_id = attempt.post_id or next(iter(status.post_ids), "")
        done = {"post_id": post_id, "upload_url": "", "problem_code": "", "problem_what": ""}
        if status.published:
            saved = self.save(attempt.after(Event.PUBLISHED, now, **done), "published", post_ids=status.post_ids)
            return self._ended(saved)
        if attempt.phase is Phase.DELIVERED:
            return Step(attempt)
        if status.delivered:
            return self._ended(self.save(attempt.after(Event.DELIVERED, now, **done), "delivered"))
        if status.failed:
            return self._failed(attempt, status)
        return self._in_progress(attempt, status, settle)

    def _ended(self, attempt: Attempt) -> Step:
        self.told(str(attempt.phase), attempt, post_id=attempt.post_id or None)
        return Step(attempt)

    def _failed(self, attempt: Attempt, status: wire.Status) -> Step:
        """Record a failure, unless there is, or was, evidence that the post exists."""
        there = doubt.words_of_id(status.post_ids) if status.post_ids else doubt.shown(self, attempt)
        if attempt.phase is Phase.UNKNOWN and (there or attempt.problem_code == doubt.THERE):
            return Step(attempt)
        if there:
            return doubt.doubt(self, attempt, there)
        reason = status.fail_reason
        row = refusals.failure(reason)
        problem = row.problem(photos=attempt.is_photos)
        again = row.again if row.again != refusals.AT_ONCE or self._first_passing_failure(attempt) else None
        later = None if again is None else self.now + again
        known = said(problem) | {"retry": later is not None, "not_before": later, "upload_url": ""}
        saved = self.save(attempt.after(Event.FAILED, self.now, **known), "failed", fail_reason=reason)
        return Step(saved, problem=problem, sign_in=row.family is refusals.Family.SIGN_IN)

    def _first_passing_failure(self, attempt: Attempt) -> bool:
        """Whether this is the first temporary failure of the post: it is tried once more, two attempts in all."""
        row = self.store.post(attempt.post_uid)
        others = [a for a in row.attempts if a.id != attempt.id] if row else []
        same = [a for a in others if a.digest == attempt.digest and a.generation == attempt.generation]
        return not any(a.phase is Phase.FAILED and a.problem_code in PASSING for a in same)

    def _in_progress(self, attempt: Attempt, status: wire.Status, settle: bool) -> Step:
        if attempt.phase is Phase.UNKNOWN:
            return self._seen_again(attempt, status)
        if attempt.phase is Phase.UPLOADING:
            return self._upload_progress(attempt, status, settle)
        if self._has_less_for_good(attempt, status):
            return self._lost_sight(
                attempt, "TikTok accepted the last byte, but reports fewer bytes after the upload's hour"
            )
        return self._again(attempt)

    def _has_less_for_good(self, attempt: Attempt, status: wire.Status) -> bool:
        """Whether TikTok counts fewer bytes than it acknowledged, and no more can arrive."""
        short = offset_of(attempt, status) not in {None, attempt.size}
        return not attempt.pulls and short and self._nothing_can_arrive(attempt) is Hour.OVER

    def _seen_again(self, attempt: Attempt, status: wire.Status) -> Step:
        """Handle an unknown attempt that TikTok knows again: processing if it has all bytes, else still unknown."""
        has, all_taken = offset_of(attempt, status), attempt.sent_bytes >= attempt.size
        if attempt.pulls or has == attempt.size or (has is None and all_taken):
            return self._again(self.save(attempt.after(Event.SEEN, self.now), "seen"))
        if status.uploaded_bytes is not None and not all_taken and self._nothing_can_arrive(attempt) is Hour.OVER:
            return Step(self.end_upload(attempt, incomplete(attempt, status.uploaded_bytes)))
        return Step(attempt)

    def _upload_progress(self, attempt: Attempt, status: wire.Status, settle: bool) -> Step:
        """Act on the status of an open upload: only a byte count is evidence (R4a)."""
        has, offset = status.uploaded_bytes, offset_of(attempt, status)
        if offset == attempt.size:
            return self.all_sent(attempt)
        hour = self._nothing_can_arrive(attempt) if settle else Hour.RUNS
        if hour is Hour.DISPUTED:
            return self._lost_sight(attempt, "can't tell whether the upload's hour is over: TikTok's clock went back")
        if hour is Hour.OVER:
            if has is None:
                return self._lost_sight(
                    attempt, "the upload's hour is over, and TikTok does not report how many bytes it has"
                )
            return Step(self.end_upload(attempt, incomplete(attempt, has)))
        if offset is not None:
            attempt = attempt.noting(self.now, sent_bytes=offset)
        return Step(attempt, again_in=0.0)

    def _nothing_can_arrive(self, attempt: Attempt) -> Hour:
        """Whether the last PUT began and can't arrive any more, by both clocks and by the counted seconds."""
        ends = may_arrive_until(attempt)
        if attempt.last_put_at is None or ends is None:
            return Hour.RUNS
        began = self._last_puts.get(attempt.id)
        if began is not None and timedelta(seconds=self.clock.monotonic() - began) < ends - attempt.last_put_at:
            return Hour.RUNS
        return judge(attempt, self.now, self.tiktok_now(attempt), ends)

    def all_sent(self, attempt: Attempt) -> Step:
        """Record that TikTok has every byte; from here on TikTok is only asked."""
        known = {"sent_bytes": attempt.size, "last_put_at": attempt.last_put_at or self.now, "upload_url": ""}
        sent = attempt.after(Event.ALL_SENT, self.now, problem_code="", problem_what="", **known)
        saved = self.save(sent, "all-sent")
        self.told("uploaded", saved, bytes=saved.size)
        return self._again(saved)

    def _again(self, attempt: Attempt) -> Step:
        return Step(attempt, again_in=self.at_work.poll_initial)

    def _status_refused(self, attempt: Attempt, err: Refused, settle: bool) -> Step:
        if err.error_code != "invalid_publish_id":
            row = refusals.refusal(err.error_code)
            sign_in = row is not None and row.family is refusals.Family.SIGN_IN
            again = None if sign_in else self.at_work.poll_max
            return Step(attempt, again_in=again, problem=err.problem, sign_in=sign_in, stop=sign_in)
        since = attempt.last_put_at or attempt.init_sent_at or attempt.created_at
        if attempt.phase is Phase.UPLOADING and attempt.last_put_at is None:
            return Step(attempt, again_in=0.0)  # nothing to lose: the upload itself will tell
        if attempt.phase in {Phase.UNKNOWN, Phase.DELIVERED} or self.now - since < UNKNOWN_ID_PATIENCE:
            return Step(attempt, again_in=self.at_work.poll_initial, problem=err.problem)
        if attempt.phase is Phase.UPLOADING and not settle:
            return Step(attempt, problem=err.problem)
        return self._lost_sight(attempt, "TikTok no longer knows its publish_id", err.log_id)

    def _lost_sight(self, attempt: Attempt, what: str, log_id: str = "") -> Step:
        problem = Problem("lost-sight", f"{what}; all bytes may have arrived", "check the TikTok app")
        lost = attempt.after(Event.LOST_SIGHT, self.now, upload_url="", **said(problem, log_id))
        return Step(self.save(lost, "lost-sight"), problem=problem)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def heard(self, attempt: Attempt, date: datetime | None) -> None:
        """Take in TikTok's clock from an answer about this attempt; None for an answer that does not tell it."""
        self._dates.pop(attempt.id, None)
        if date is not None:
            self._dates[attempt.id] = date, self.clock.monotonic()

    def tiktok_now(self, attempt: Attempt) -> datetime | None:
        """TikTok's clock by now, from its last answer about this attempt; None where that did not tell it."""
        date, at = self._dates.get(attempt.id, (None, 0.0))
        return None if date is None else date + timedelta(seconds=self.clock.monotonic() - at)

    def save(self, attempt: Attempt, what: str, **detail: Any) -> Attempt:
        """Save an attempt. Raises Superseded if another process was quicker."""
        return self.store.save(attempt, what, **detail)

    def told(self, event: str, attempt: Attempt, **detail: object) -> None:
        self.tell(Told(event, self._key_of(attempt), detail))

    def _key_of(self, attempt: Attempt) -> str:
        """ACCOUNT/NAME; empty where the row is gone."""
        if attempt.post_uid not in self._keys:
            row = self.store.post(attempt.post_uid)
            self._keys[attempt.post_uid] = row.key if row else ""
        return self._keys[attempt.post_uid]
