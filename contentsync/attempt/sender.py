"""Which bytes are sent next, and what follows from TikTok's answer? Sends one attempt's chunks in order.

The danger: bytes that are sent after the upload's hour, after the row changed hands, or at a wrong offset complete a
post that nobody follows, or spoil the file. The rule: sending always continues where TikTok's own count ends. After
an unclear answer TikTok is asked before anything is sent again. Right before the last bytes, the row and the upload's
hour are read once more.

`upload` proves the bytes themselves; `steps` decides what an ended upload means.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from contentsync.attempt.step import HourOver, Step, WindowOver, said
from contentsync.attempt.upload import MediaReader, OtherBytes
from contentsync.attempt.window import window_over
from contentsync.errors import NotSent, Problem, Unanswered
from contentsync.lifecycle import Event
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.tiktok import chunks
from contentsync.tiktok.bodies import content_type
from contentsync.tiktok.client import PutAnswer
from contentsync.times import in_words
from contentsync.upload_hour import HOUR, Hour, judge, may_arrive_until

if TYPE_CHECKING:
    from contentsync.attempt.steps import Steps

WAITS: Final = (1.0, 2.0, 4.0, 8.0)  # seconds before the same bytes go again; then this run gives up
RATE_SAMPLE: Final = timedelta(seconds=20)
EXPIRED: Final = Problem(
    "upload-expired", "its upload address has expired; TikTok keeps it for one hour", "run apply again"
)
POSTED: Final = Problem(
    "posted-meanwhile",
    "an earlier attempt of this post turned out to be published",
    "nothing to do: the post is published",
)
PASSING: Final = frozenset({408, 416, 429})  # and every 5xx: look what TikTok has, then go on from there


class Sender:
    """Sends one attempt's chunks until TikTok has acknowledged all, or this run can do no more."""

    def __init__(self, steps: Steps, attempt: Attempt, reader: MediaReader, post: DesiredPost) -> None:
        self._steps, self.attempt, self._reader, self._post = steps, attempt, reader, post
        self._content_type = content_type(post.media[0])
        self._plan = chunks.ChunkPlan(attempt.chunk_size, attempt.chunk_count)
        self._began, self._given, self._at = steps.clock.monotonic(), 0, attempt.sent_bytes
        self._furthest, self._tries = attempt.sent_bytes, 0

    def run(self) -> Step:
        """Send, chunk by chunk. Raises MediaChanged, OtherBytes, Superseded and Stopped."""
        self._reader.open()
        self._reader.take_in(self.attempt.wire_bytes, self.attempt.wire_sha256, self._plan.chunk_size)
        while True:
            if self._steps.stop.is_set():
                return Step(self._steps.note(self.attempt, "stopped"))
            if ended := self._must_end() or self._too_slow() or self._paused():
                return ended
            step = self._send_next()
            if step is not None:
                return step

    def _send_next(self) -> Step | None:
        """Send the next chunk by TikTok's count; returns None to continue."""
        if not self._reader.knows(self.attempt.sent_bytes):
            what = f"TikTok has {self.attempt.sent_bytes} bytes, but the state does not record which bytes were sent"
            raise OtherBytes(what)
        chunk = chunks.chunk_at(self._plan, self.attempt.size, self.attempt.sent_bytes)
        before, announced = self.attempt.last_put_at, self._reader.announce(chunk)
        if chunk.last == self.attempt.size - 1:
            self.attempt = self._steps.about_to_commit(self.attempt, announced)
        else:
            known = {"wire_bytes": chunk.last + 1, "wire_sha256": announced}
            if self.attempt.wire_bytes <= chunk.last:
                self.attempt = self._steps.note(self.attempt, "chunk", **known)
        return self._send(chunk, before)

    def _too_slow(self) -> Step | None:
        """End an upload whose rest can't arrive within the hour of its URL, at the measured rate.

        An upload that needs more than an hour is refused for good; one that began too late starts over.
        """
        attempt, passed = self.attempt, self._steps.clock.monotonic() - self._began
        if passed < RATE_SAMPLE.total_seconds() or not self._given or attempt.last_put_at is not None:
            return None
        rate, left = self._given / passed, attempt.size - attempt.sent_bytes
        takes, date = timedelta(seconds=left / rate), self._steps.tiktok_now(attempt)
        ends_at, there = self._steps.clock.now() + takes, date + takes if date else None
        if attempt.upload_expires_at is None or judge(attempt, ends_at, there) is Hour.RUNS:
            return None
        what = f"{left} bytes are left; at {rate / 1e6:.3f} MB/s they can't arrive before the upload address expires"
        if attempt.size / rate <= HOUR.total_seconds():
            late = Problem("upload-late", what, "run apply again; it starts over with a new hour")
            return Step(self._steps.end_upload(attempt, late), problem=late)
        slow = Problem(
            "upload-too-slow",
            what,
            "use a faster connection or make the file smaller, then run: contentsync apply --retry POST",
        )
        return Step(self._steps.end_upload(attempt, slow, Event.FAILED), problem=slow)

    def _send(self, chunk: chunks.Chunk, before: datetime | None) -> Step | None:
        """Send one PUT and act on its answer; returns None to continue. before: when an earlier last PUT began."""
        self._at = chunk.first
        try:
            answer = self._steps.client.put_chunk(
                self.attempt.upload_url,
                self._reader.chunk(chunk, self._progress),
                chunk.first,
                chunk.last,
                self.attempt.size,
                self._content_type,
                self._last_look if chunk.last == self.attempt.size - 1 else None,
            )
        except HourOver:
            return self._url_dead(EXPIRED)
        except WindowOver as err:
            return self._url_dead(err.problem)
        except NotSent as err:
            self._keep(last_put_at=before)
            return self._ask(err.problem)
        except Unanswered as err:
            if err.problem.code != "upload-url-not-trusted":
                return self._ask(err.problem)
            self._keep(last_put_at=before)
            return Step(self.attempt, problem=err.problem)
        return self._took(chunk, answer) if answer.accepted else self._not_taken(answer)

    def _paused(self) -> Step | None:
        """A stop before the next chunk, where a person paused the account. Once the last PUT began it goes on."""
        problem = None if self.attempt.last_put_at else self._steps.paused(self.attempt)
        return Step(self._steps.note(self.attempt, "paused"), problem=problem) if problem else None

    def _must_end(self) -> Step | None:
        """End an upload without a last PUT if its hour or window is over, or if the post is published by now.

        Once the last PUT began, the end of the window leaves only asking.
        """
        problem = window_over(self._steps, self.attempt, self._post)
        if self.attempt.last_put_at is not None:
            return self._url_dead(problem) if problem else None
        if self._steps.hour_is_over(self.attempt):
            problem = EXPIRED
        if self._steps.is_out(self.attempt):
            problem = POSTED
        return Step(self._steps.end_upload(self.attempt, problem), problem=problem) if problem else None

    def _last_look(self) -> None:
        self._steps.still_may(self.attempt, self._post)

    def _keep(self, **known: object) -> None:
        """Save the attempt if it has changed."""
        if any(getattr(self.attempt, name) != value for name, value in known.items()):
            self.attempt = self._steps.note(self.attempt, "chunk-not-sent", **known)

    def _progress(self, count: int) -> None:
        self._given += count
        self._at += count
        self._steps.told("progress", self.attempt, at=self._at, given=self._given, total=self.attempt.size)

    def _took(self, chunk: chunks.Chunk, answer: PutAnswer) -> Step | None:
        size, told = self.attempt.size, answer.acknowledged_bytes
        has = chunk.last + 1 if told is None else chunks.snap(self._plan, size, told)
        if chunk.last == size - 1:
            sure = has == size and (told is not None or answer.http_status == 201)
            return self._steps.all_sent(self.attempt) if sure else self._ask(None)
        if has <= chunk.first or has == size:
            return self._ask(None)
        self._go_on_from(self.attempt.noting(self._steps.now, sent_bytes=has))  # on disk with the next chunk
        return None

    def _go_on_from(self, attempt: Attempt) -> None:
        """Continue from TikTok's count; only bytes that it never had before count as progress."""
        self.attempt = attempt
        if attempt.sent_bytes > self._furthest:
            self._furthest, self._tries = attempt.sent_bytes, 0

    def _not_taken(self, answer: PutAnswer) -> Step | None:
        status = answer.http_status
        problem = _put_problem(status)
        if status in {403, 404}:
            return self._url_dead(problem)
        if status in PASSING or status >= 500:
            return self._ask(problem)
        return Step(self.attempt, problem=problem)

    def _url_dead(self, problem: Problem) -> Step:
        """Handle a dead URL (R4a): before the last PUT the attempt ends; after it only asking is left."""
        if self.attempt.last_put_at is None:
            return Step(self._steps.end_upload(self.attempt, problem), problem=problem)
        problem = self._may_still_arrive(problem)
        gone = self._steps.note(self.attempt, "upload-address-gone", upload_url="", **said(problem))
        return Step(gone, again_in=self._steps.at_work.poll_initial, problem=problem)

    def _may_still_arrive(self, problem: Problem) -> Problem:
        """The refusal of an address whose last PUT began: what TikTok has, and until when more may arrive."""
        attempt, until = self.attempt, may_arrive_until(self.attempt)
        there = f"{problem.what}; {attempt.sent_bytes:,} of {attempt.size:,} bytes are known to be there"
        if until is None:
            return replace(problem, what=there)
        what = f"{there}, and the last request may still arrive until {in_words(until, now=self._steps.now)}"
        return replace(problem, what=what, hint="nothing to do until then; after it, run contentsync apply")

    def _ask(self, problem: Problem | None) -> Step | None:
        """Ask TikTok about an unclear chunk, and continue from its answer; the same chunk is repeated a few times."""
        if self._tries >= len(WAITS):
            what = f"TikTok did not take the bytes from {self.attempt.sent_bytes} on, {self._tries + 1} times"
            stuck = Problem("upload-stuck", what, "run apply again; it continues from there")
            return Step(self.attempt, problem=problem or stuck)
        self._steps.clock.sleep(WAITS[self._tries])
        self._tries += 1
        looked = self._steps.look(self.attempt, settle=True)
        if not looked.attempt.upload_url or looked.problem is not None:
            return looked
        self._go_on_from(looked.attempt)
        return None


def _put_problem(status: int) -> Problem:
    meanings = {
        403: "the upload address has expired",
        404: "TikTok knows no upload at this address",
        408: "the bytes arrived too slowly",
        416: "the byte range is not the one that TikTok expects",
        429: "too many requests at once",
        400: "TikTok can't read the chunk's headers; this is a bug in contentsync",
    }
    what = meanings.get(status, "TikTok had an internal error")
    return Problem(f"upload-{status}", f"TikTok answered {status} to a chunk: {what}", "run apply again")
