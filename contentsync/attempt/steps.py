"""What is the next step of an attempt? `advance` takes one step, from what is on disk, and says when to come back.

The danger: the process may die between any two lines, and another process may work on the same attempt.

The rule: before each request the row says what the request may do, and after it what it did (R1). An upload that
another process left is continued only after TikTok was asked (R3). An upload is given up only when no byte can arrive
any more (R4a). After the commit point every step only asks (R7).

Why that is enough: any process can call `advance` at any time. The row tells it what may have happened, and a write
to a row that has changed raises Superseded and changes nothing.

`begin` and the planner decide whether a new attempt may start.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from contentsync.attempt import doubt
from contentsync.attempt.at_work import AtWork
from contentsync.attempt.sender import EXPIRED, Sender
from contentsync.attempt.starter import Starter
from contentsync.attempt.step import HourOver, Step, WindowOver, said
from contentsync.attempt.told import Tell, Told
from contentsync.attempt.upload import MediaChanged, MediaReader, OtherBytes, incomplete, offset_of
from contentsync.attempt.waiting import Stop as Stop
from contentsync.attempt.waiting import StoppableClock, Stopped
from contentsync.attempt.window import window_over
from contentsync.clock import Clock
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.lifecycle import SUCCESS, Event, Phase
from contentsync.pause import pause_of
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.conflicts import Superseded
from contentsync.store.port.store import Store
from contentsync.tiktok import refusals, wire
from contentsync.tiktok.client import Client
from contentsync.upload_hour import Hour, judge, left_by_tiktok, may_arrive_until, words

UNKNOWN_ID_PATIENCE: Final = timedelta(seconds=60)  # a fresh publish_id may be unknown for a while
LOOK_AGAIN: Final = 5.0  # seconds after which an upload looks anew whether another machine paused the account
PASSING: Final = {row.problem().code for row in refusals.FAILURES.values() if row.again == refusals.AT_ONCE}


@dataclass
class Steps:
    """The steps of one account's attempts. A wait ends with Stopped soon after `stop` is set."""

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

    def advance(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        """Take one step of `attempt`. post: None if its manifest is gone; then TikTok is only asked."""
        step = self._advanced(attempt, post)
        if step.problem is None:
            return step
        return replace(step, problem=step.problem.addressed(self._key_of(attempt)))

    def _advanced(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        try:
            match attempt.phase:
                case Phase.INTENT:
                    return self._start(attempt, post)
                case Phase.UPLOADING:
                    return self._upload(attempt, post)
                case Phase.PROCESSING | Phase.UNKNOWN | Phase.DELIVERED:
                    return self.look(attempt)
                case _:
                    return Step(attempt)
        except Superseded:
            return Step(self.store.attempt(attempt.id), again_in=self.at_work.poll_initial)
        except Stopped:
            return Step(self.store.attempt(attempt.id))

    def _start(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        begun = Starter(self, attempt).run(post)
        if begun.attempt.phase is Phase.UPLOADING:
            self._opened.add(begun.attempt.id)
        return begun

    # From publish_id to the last byte.

    def _upload(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        """Continue an upload. TikTok is asked first (R3), unless this process has just opened the upload."""
        if attempt.id not in self._opened or attempt.last_put_at is not None:
            looked = self.look(attempt, settle=True)
            if looked.attempt.phase is not Phase.UPLOADING or looked.problem is not None:
                return looked
            attempt = looked.attempt
        self._opened.discard(attempt.id)  # whatever comes back from sending is asked about again
        if ended := self._past_its_hour(attempt):
            return ended
        if not attempt.upload_url:
            return Step(attempt, again_in=self.at_work.poll_max, problem=self._clocks_differ(attempt))
        if post is None or post.digest != attempt.digest:
            what = "the manifest was edited or removed during the upload; the upload is left to expire"
            differ = self._clocks_differ(attempt)
            what += f": {differ.what}" if differ else ""
            return Step(
                attempt,
                problem=Problem("edited-while-uploading", what, "run apply again when the upload's hour is over"),
            )
        if attempt.last_put_at is None and (over := window_over(self, attempt, post)):
            return Step(self.end_upload(attempt, over), problem=over)
        return self._send_all(attempt, post)

    def _past_its_hour(self, attempt: Attempt) -> Step | None:
        """End an upload without a last PUT whose URL is dead or past its hour (R4a)."""
        if attempt.last_put_at is None and (self.hour_is_over(attempt) or not attempt.upload_url):
            return Step(self.end_upload(attempt, EXPIRED), problem=EXPIRED)
        return None

    def _clocks_differ(self, attempt: Attempt) -> Problem | None:
        """Why an upload must wait although its hour is over by this machine's clock."""
        left = left_by_tiktok(attempt, self.tiktok_now(attempt), may_arrive_until(attempt))
        past = attempt.upload_expires_at is not None and self.now >= attempt.upload_expires_at
        if not past or left is None or left <= timedelta():
            return None
        return Problem(
            "clocks-differ", words(left), "correct this machine's clock, and run apply again after that time"
        )

    def end_upload(self, attempt: Attempt, problem: Problem, event: Event = Event.UPLOAD_ENDED) -> Attempt:
        """End an upload that can't finish. event: FAILED if a new attempt needs a person."""
        ended = attempt.after(event, self.now, upload_url="", **said(problem))
        return self.save(ended, "upload-ended")

    def note(self, attempt: Attempt, what: str, **known: object) -> Attempt:
        """Save more facts about the attempt."""
        return self.save(attempt.noting(self.now, **known), what)

    def about_to_commit(self, attempt: Attempt, sha256: str) -> Attempt:
        """Record that the PUT with the last byte is about to start (R1). sha256: of the whole file, as sent."""
        self._last_puts[attempt.id] = self.clock.monotonic()
        known = {"last_put_at": self.now, "wire_bytes": attempt.size, "wire_sha256": sha256}
        return self.note(attempt, "last-chunk", **known)

    def still_may(self, attempt: Attempt, post: DesiredPost) -> None:
        """Check again right before the last bytes are sent: this process may have been stopped for long.

        Raises Superseded if another process took the attempt over or the post is published, HourOver after the hour,
        WindowOver after the window of the post.
        """
        current = self.store.attempt(attempt.id)
        if current.version != attempt.version or self.is_out(current):
            raise Superseded(attempt.id)
        if self.hour_is_over(attempt):
            raise HourOver
        if over := window_over(self, attempt, post):
            raise WindowOver(over)

    def paused(self, attempt: Attempt) -> Problem | None:
        """Why nothing more may be sent for an attempt that has not passed its commit point."""
        return self.paused_account(self._key_of(attempt).partition("/")[0], attempt.open_id)

    def paused_account(self, account: str, open_id: str) -> Problem | None:
        """Why nothing is begun for an account: a person paused it, here or on another machine."""
        if self.store.machine and self.clock.monotonic() - self._asked_at > LOOK_AGAIN:
            self._asked_at = self.clock.monotonic()
            self.store.catch_up(self.now)  # another machine may have paused it
        pause = pause_of(self.store.pauses.all(), account, open_id)
        return Problem("paused", pause.said(), f"it continues after: {pause.ends_by}") if pause else None

    def hour_is_over(self, attempt: Attempt) -> bool:
        return judge(attempt, self.now, self.tiktok_now(attempt)) is not Hour.RUNS

    def is_out(self, attempt: Attempt) -> bool:
        """Whether another attempt of the post, of this generation or a later one, ended as a post or a draft."""
        row = self.store.post(attempt.post_uid)
        others = (a for a in (row.attempts if row else ()) if a.id != attempt.id)
        return any(a.phase in SUCCESS and a.generation >= attempt.generation for a in others)

    def _send_all(self, attempt: Attempt, post: DesiredPost) -> Step:
        reader = MediaReader(self.at_work.path_of(post), attempt.size, attempt.sha256)
        try:
            return Sender(self, attempt, reader, post).run()
        except OtherBytes as err:
            return self._give_up(attempt, post, str(err), reader.is_planned())
        except MediaChanged as err:
            hint = "restore the file, or make a new plan"
            what = f"{err}; the last chunk was not sent"
            problem = Problem("media-changed", what, hint, post.place_of("video"))
            current = self.store.attempt(attempt.id)
            return Step(self.note(current, "media-changed", **said(problem)), problem=problem)
        finally:
            reader.close()

    def _give_up(self, attempt: Attempt, post: DesiredPost, what: str, is_planned: bool) -> Step:
        """Give up an upload that may contain other bytes than the plan's: it must never be completed.

        is_planned: whether the file is the approved one now, so that a new attempt makes sense at once.
        """
        where = post.place_of("video")
        again = "run apply again; it starts over"
        if is_planned:
            problem = Problem("upload-altered", f"{what}; this upload will not be completed", again, where)
        else:
            hint = f"restore the file, then {again}; or make a new plan"
            problem = Problem("media-changed", f"{what}; this upload will not be completed", hint, where)
        current = self.store.attempt(attempt.id)
        if current.phase is not Phase.UPLOADING:  # another process was quicker
            return Step(current, again_in=self.at_work.poll_initial)
        if current.last_put_at is None:
            return Step(self.end_upload(current, problem), problem=problem)
        given_up = self.note(current, "upload-given-up", upload_url="", **said(problem))
        return Step(given_up, problem=problem)  # nothing can come of it before its hour is over

    # Before another attempt.

    def reconsider(self, row: PostState | None, generation: int) -> Step | None:
        """Find a failure of this generation that may be none, and so forbids a new attempt; None without one."""
        return doubt.reconsider(self, row, generation)

    # From the last byte to the end.

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
