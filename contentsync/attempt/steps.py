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

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from contentsync.attempt import doubt
from contentsync.attempt.left_behind import LeftBehind
from contentsync.attempt.looking import Looking
from contentsync.attempt.sender import EXPIRED, Sender
from contentsync.attempt.starter import Starter
from contentsync.attempt.step import HourOver, Step, WindowOver, said
from contentsync.attempt.upload import MediaChanged, MediaReader, OtherBytes
from contentsync.attempt.waiting import Stopped
from contentsync.attempt.window import window_over
from contentsync.errors import Problem
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.pause import pause_of
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.conflicts import Superseded
from contentsync.upload_hour import Hour, judge, left_by_tiktok, may_arrive_until, words

LOOK_AGAIN: Final = 5.0  # seconds after which an upload looks anew whether another machine paused the account


@dataclass
class Steps(Looking):
    """The steps of one account's attempts. A wait ends with Stopped soon after `stop` is set."""

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
            return self._left_behind(attempt)
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

    def _left_behind(self, attempt: Attempt) -> Step:
        """Wait for an upload that can't be continued here; its last request began, so its rest may still arrive."""
        left = LeftBehind(
            attempt,
            self.store.attempt(attempt.id).updated_at,  # the look at TikTok counts as a change of `attempt`
            self.store.machine,
            self.at_work.takeover,
            self.now,
            self.tiktok_now(attempt),
        )
        problem = self._clocks_differ(attempt) or left.problem(self.at_work.timezone)
        return Step(attempt, self.at_work.poll_max, problem, no_end_before=left.no_end_before)

    def _clocks_differ(self, attempt: Attempt) -> Problem | None:
        """Why an upload must wait although its hour is over by this machine's clock."""
        left = left_by_tiktok(attempt, self.tiktok_now(attempt), may_arrive_until(attempt))
        past = attempt.upload_expires_at is not None and self.now >= attempt.upload_expires_at
        if not past or left is None or left <= timedelta():
            return None
        return Problem(
            "clocks-differ", words(left), "correct this machine's clock, and run apply again after that time"
        )

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
        reader = MediaReader(self.at_work.path_of(post), post.media[0].path, attempt.size, attempt.sha256)
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
