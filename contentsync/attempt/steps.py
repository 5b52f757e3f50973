"""What is the next step of an attempt? `advance` takes one, from what is on disk, and says when to come back.

It may be called twice, from two processes, after any crash: what is on disk before a request says what that request
may have done, and a write that finds the row changed gives way. All rules about new attempts live in `apply`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from contentsync import limits
from contentsync.attempt.told import Tell, Told
from contentsync.attempt.upload import MediaChanged, MediaReader
from contentsync.clock import Clock
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.lifecycle import Event, Phase
from contentsync.post import Attempt, DesiredPost, Kind, Mode
from contentsync.store.state import Store, Superseded
from contentsync.tiktok import chunks, refusals, wire
from contentsync.tiktok.client import Client, PutAnswer

TRIES_A_CHUNK: Final = 5
WAITS: Final = (1.0, 2.0, 4.0, 8.0)
UNKNOWN_ID_PATIENCE: Final = timedelta(seconds=60)  # a fresh publish_id may be unknown for a while
IN_FLIGHT: Final = timedelta(seconds=60)  # what was sent before the hour ended may be counted a little later
RATE_SAMPLE: Final = timedelta(seconds=20)
PASSING: Final = {row.problem().code for row in refusals.FAILURES.values() if row.again == refusals.AT_ONCE}
HOUR: Final = timedelta(seconds=limits.UPLOAD_URL_SECONDS)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to. again_in: seconds after which another makes sense; None: this run can do no more.

    problem: why the attempt stands where it stands. sign_in: only a sign-in mends it. stop: the account's other
    posts would meet the same.
    """

    attempt: Attempt
    again_in: float | None = None
    problem: Problem | None = None
    sign_in: bool = False
    stop: bool = False


class Stop(Protocol):
    """Whether a person asked to stop: then the chunk under way is finished, and nothing new begins."""

    def is_set(self) -> bool: ...


@dataclass
class Steps:
    """The steps of one account's attempts.

    open_media: gives the path of a post's file. poll_initial, poll_max: seconds between two looks at a status.
    """

    store: Store
    client: Client
    clock: Clock
    tell: Tell
    stop: Stop
    open_media: Callable[[DesiredPost], Path]
    poll_initial: float = 2.0
    poll_max: float = 30.0
    _seen: set[str] = field(default_factory=set)  # attempts that this process began, or asked the status of
    _keys: dict[str, str] = field(default_factory=dict)

    def advance(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        """One step of `attempt`. post: None where its manifest is gone; then nothing but looking is done."""
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
            return Step(self.store.attempt(attempt.id), again_in=self.poll_initial)

    # From intent to publish_id.

    def _start(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        if attempt.init_sent_at is not None:
            return Step(self._lost_init(attempt, _CUT_OFF))
        if post is None:
            return Step(self._save(attempt.after(Event.NOT_SENT, self._now), "not-sent"))
        marked = _Marked(self, attempt)
        try:
            answer = self._init(post, marked.about_to_send)
        except Refused as err:
            return self._refused(marked.attempt, err)
        except NotSent as err:
            return self._not_sent(marked.attempt, err.problem)
        except SignInNeeded as err:
            return self._no_token(marked.attempt, err.problems[0])
        except Unanswered as err:
            return Step(self._lost_init(marked.attempt, err.problem, err.log_id), problem=err.problem)
        return self._accepted(marked.attempt, answer)

    def _init(self, post: DesiredPost, about_to_send: Callable[[], None]) -> wire.InitAnswer:
        if post.kind is Kind.PHOTOS:
            return self.client.init_photos(wire.PhotoPost.of(post), about_to_send)
        media = post.media[0]
        source = wire.UrlSource(media.url) if media.url else wire.FileSource.of(media)
        if post.mode is Mode.DRAFT:
            return self.client.init_inbox(source, about_to_send)
        return self.client.init_video(wire.PostInfo.of(post), source, about_to_send)

    def _accepted(self, attempt: Attempt, answer: wire.InitAnswer) -> Step:
        if not attempt.pulls and not answer.upload_url:
            what = "TikTok took the post, but gave no address to upload it to"
            return Step(self._lost_init(attempt, Problem("no-upload-url", what, "run it again")))
        event = Event.PULL_STARTED if attempt.pulls else Event.UPLOAD_OPENED
        known: dict[str, object] = {"publish_id": answer.publish_id}
        if not attempt.pulls:
            plan = chunks.plan_chunks(attempt.size)
            known |= {"upload_url": answer.upload_url, "upload_expires_at": _since(attempt) + HOUR}
            known |= {"chunk_size": plan.chunk_size, "chunk_count": plan.count}
        try:
            saved = self._save(attempt.after(event, self._now, **known), str(event))
        except Superseded:
            saved = self._accepted_late(attempt, known)
        self._seen.add(saved.id)
        self.told("accepted", saved, publish_id=answer.publish_id)
        return Step(saved, again_in=0.0 if not saved.pulls else self.poll_initial)

    def _accepted_late(self, attempt: Attempt, known: dict[str, object]) -> Attempt:
        """Another process held the answer to be lost. A pull goes on at TikTok: that it was taken must be kept."""
        now_on_disk = self.store.attempt(attempt.id)
        if now_on_disk.phase is not Phase.UNKNOWN or now_on_disk.publish_id:
            raise Superseded(attempt.id)
        return self._save(now_on_disk.after(Event.SEEN, self._now, **known), "seen")

    def _lost_init(self, attempt: Attempt, problem: Problem, log_id: str = "") -> Attempt:
        """R5: without its publish_id a file can't be published; what TikTok pulls may be on its way."""
        event = Event.LOST_AFTER_COMMIT if attempt.pulls else Event.LOST_BEFORE_COMMIT
        lost = attempt.after(event, self._now, **_said(problem, log_id))
        return self._save(lost, str(event))

    def _not_sent(self, attempt: Attempt, problem: Problem) -> Step:
        unsent = attempt.after(Event.NOT_SENT, self._now, init_sent_at=None, **_said(problem))
        return Step(self._save(unsent, "not-sent"), problem=problem)

    def _no_token(self, attempt: Attempt, problem: Problem) -> Step:
        """No token at all, or the one of a refused call could not be renewed: nothing was done either way."""
        refused = attempt.init_sent_at is not None
        event = Event.REFUSED if refused else Event.NOT_SENT
        ended = attempt.after(event, self._now, retry=True, **_said(problem))
        return Step(self._save(ended, str(event)), problem=problem, sign_in=True, stop=True)

    def _refused(self, attempt: Attempt, err: Refused) -> Step:
        row = refusals.refusal(err.error_code)
        assert row is not None  # the client raises Refused for known codes only
        sign_in = row.family is refusals.Family.SIGN_IN
        later = self._now + row.again if row.again is not None else None
        known = _said(err.problem, err.log_id) | {"retry": sign_in or later is not None, "not_before": later}
        saved = self._save(attempt.after(Event.REFUSED, self._now, **known), "refused", error_code=err.error_code)
        daily = row.again is not None and row.again > refusals.MINUTE
        stop = sign_in or daily or row.family in {refusals.Family.ACCOUNT, refusals.Family.APP}
        return Step(saved, problem=err.problem, sign_in=sign_in, stop=stop)

    # From publish_id to the last byte.

    def _upload(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        """R3: what TikTok has is asked first, unless this process has just opened the upload itself."""
        if attempt.id not in self._seen or attempt.last_put_at is not None:
            looked = self.look(attempt)
            if looked.attempt.phase is not Phase.UPLOADING or looked.problem is not None:
                return looked
            attempt = looked.attempt
            self._seen.add(attempt.id)
        if ended := self._past_its_hour(attempt):
            return ended
        if not attempt.upload_url:
            return Step(attempt, again_in=self.poll_max)
        if post is None or post.digest != attempt.digest:
            what = "the manifest changed or went while its upload is open; the upload is left to end"
            return Step(attempt, problem=Problem("edited-while-uploading", what, "run apply after its hour"))
        return self._send_all(attempt, post)

    def _past_its_hour(self, attempt: Attempt) -> Step | None:
        """R4a, before any byte is sent: the hour of the URL is gone, or the URL is dead, and no last PUT began."""
        gone = attempt.upload_expires_at is None or self._now >= attempt.upload_expires_at
        if attempt.last_put_at is None and (gone or not attempt.upload_url):
            why = attempt.problem_what or "the hour of its upload address is gone"
            code = attempt.problem_code or "upload-expired"
            return Step(self.end_upload(attempt, Problem(code, why, "")))
        return None

    def end_upload(self, attempt: Attempt, problem: Problem) -> Attempt:
        ended = attempt.after(Event.UPLOAD_ENDED, self._now, upload_url="", **_said(problem))
        return self._save(ended, "upload-ended")

    def _send_all(self, attempt: Attempt, post: DesiredPost) -> Step:
        reader = MediaReader(self.open_media(post), attempt.size, attempt.sha256)
        try:
            return _Sender(self, attempt, reader, wire.content_type(post.media[0])).run()
        except MediaChanged as err:
            hint = "restore the file, or make a new plan"
            problem = Problem("media-changed", f"{err}; its last chunk was not sent", hint, post.place_of("video"))
            current = self.store.attempt(attempt.id)
            return Step(self._save(current.noting(self._now, **_said(problem)), "media-changed"), problem=problem)
        finally:
            reader.close()

    # From the last byte to the end.

    def look(self, attempt: Attempt) -> Step:
        """Ask TikTok where the attempt stands, and write down what it says. Never starts anything (R7)."""
        if not attempt.publish_id:
            return Step(attempt)  # an unknown without a publish_id: only the list or a person can tell
        try:
            status = self.client.status(attempt.publish_id)
        except Refused as err:
            return self._status_refused(attempt, err)
        except (Unanswered, NotSent) as err:
            return Step(attempt, again_in=self.poll_max, problem=err.problem)
        except SignInNeeded as err:
            return Step(attempt, problem=err.problems[0], sign_in=True, stop=True)
        return self._heard(attempt, status)

    def late_id(self, attempt: Attempt) -> Step:
        """Ask for the id of a published post, which may come hours after it, or never. Source: Get Post Status."""
        try:
            status = self.client.status(attempt.publish_id)
        except (Refused, Unanswered, NotSent) as err:
            return Step(attempt, problem=err.problem)
        if not status.post_ids:
            return Step(attempt)
        found = attempt.noting(self._now, post_id=status.post_ids[0])
        return Step(self._save(found, "post-id", post_ids=status.post_ids))

    def _heard(self, attempt: Attempt, status: wire.Status) -> Step:
        now = self._now
        post_id = attempt.post_id or next(iter(status.post_ids), "")
        done = {"post_id": post_id, "upload_url": "", "problem_code": "", "problem_what": ""}
        if status.published:
            saved = self._save(attempt.after(Event.PUBLISHED, now, **done), "published", post_ids=status.post_ids)
            return self._ended(saved)
        if attempt.phase is Phase.DELIVERED:
            return Step(attempt)
        if status.delivered:
            return self._ended(self._save(attempt.after(Event.DELIVERED, now, **done), "delivered"))
        if status.failed:
            return self._failed(attempt, status.fail_reason)
        return self._in_progress(attempt, status)

    def _ended(self, attempt: Attempt) -> Step:
        self.told(str(attempt.phase), attempt, post_id=attempt.post_id or None)
        return Step(attempt)

    def _failed(self, attempt: Attempt, reason: str) -> Step:
        row = refusals.failure(reason)
        problem = row.problem()
        again = row.again if row.again != refusals.AT_ONCE or self._first_passing_failure(attempt) else None
        later = None if again is None else self._now + again
        known = _said(problem) | {"retry": later is not None, "not_before": later, "upload_url": ""}
        saved = self._save(attempt.after(Event.FAILED, self._now, **known), "failed", fail_reason=reason)
        return Step(saved, problem=problem, sign_in=row.family is refusals.Family.SIGN_IN)

    def _first_passing_failure(self, attempt: Attempt) -> bool:
        """What passes by itself is tried once more, two attempts in all."""
        row = self.store.post(attempt.post_uid)
        others = [a for a in row.attempts if a.id != attempt.id] if row else []
        same = [a for a in others if a.digest == attempt.digest and a.generation == attempt.generation]
        return not any(a.phase is Phase.FAILED and a.problem_code in PASSING for a in same)

    def _in_progress(self, attempt: Attempt, status: wire.Status) -> Step:
        if attempt.phase is Phase.UNKNOWN:
            return self._again(self._save(attempt.after(Event.SEEN, self._now), "seen"))
        if attempt.phase is Phase.UPLOADING:
            return self._upload_progress(attempt, status)
        return self._again(attempt)

    def _upload_progress(self, attempt: Attempt, status: wire.Status) -> Step:
        """What status says of the bytes; only a count tells, and a missing one proves nothing (R4a)."""
        has = status.uploaded_bytes
        if has is not None and has >= attempt.size:
            return self.all_sent(attempt)
        expired = attempt.upload_expires_at is not None and self._now >= attempt.upload_expires_at + IN_FLIGHT
        if attempt.last_put_at is not None and expired:
            if has is None:
                return self._lost_sight(attempt, "its upload is past its hour, and TikTok does not tell what it has")
            what = f"TikTok has {has} of {attempt.size} bytes, and the upload's hour is gone"
            return Step(self.end_upload(attempt, Problem("upload-expired", what, "")))
        if has is not None:
            plan = chunks.ChunkPlan(attempt.chunk_size, attempt.chunk_count)
            attempt = attempt.noting(self._now, sent_bytes=chunks.snap(plan, attempt.size, has))
        return Step(attempt, again_in=0.0)

    def all_sent(self, attempt: Attempt) -> Step:
        sent = attempt.after(Event.ALL_SENT, self._now, sent_bytes=attempt.size, upload_url="", problem_code="")
        saved = self._save(sent, "all-sent")
        self.told("uploaded", saved, bytes=saved.size)
        return self._again(saved)

    def _again(self, attempt: Attempt) -> Step:
        return Step(attempt, again_in=self.poll_initial)

    def _status_refused(self, attempt: Attempt, err: Refused) -> Step:
        if err.error_code != "invalid_publish_id":
            row = refusals.refusal(err.error_code)
            sign_in = row is not None and row.family is refusals.Family.SIGN_IN
            again = None if sign_in else self.poll_max
            return Step(attempt, again_in=again, problem=err.problem, sign_in=sign_in, stop=sign_in)
        since = attempt.last_put_at or attempt.init_sent_at or attempt.created_at
        if attempt.phase is Phase.UPLOADING and attempt.last_put_at is None:
            return Step(attempt, again_in=0.0)  # nothing to lose: the upload itself will tell
        if attempt.phase in {Phase.UNKNOWN, Phase.DELIVERED} or self._now - since < UNKNOWN_ID_PATIENCE:
            return Step(attempt, again_in=self.poll_initial, problem=err.problem)
        return self._lost_sight(attempt, "TikTok does not know its publish_id any more", err.log_id)

    def _lost_sight(self, attempt: Attempt, what: str, log_id: str = "") -> Step:
        problem = Problem("lost-sight", f"{what}; all bytes may have arrived", "look into the TikTok app")
        lost = attempt.after(Event.LOST_SIGHT, self._now, upload_url="", **_said(problem, log_id))
        return Step(self._save(lost, "lost-sight"), problem=problem)

    @property
    def _now(self) -> datetime:
        return self.clock.now()

    def _save(self, attempt: Attempt, what: str, **detail: Any) -> Attempt:
        return self.store.save(attempt, what, **detail)

    def told(self, event: str, attempt: Attempt, **detail: object) -> None:
        if attempt.post_uid not in self._keys:
            row = self.store.post(attempt.post_uid)
            self._keys[attempt.post_uid] = row.key if row else ""
        self.tell(Told(event, self._keys[attempt.post_uid], detail))


class _Marked:
    """Writes down that init is about to be sent (R1): if that can't be written, it is not sent."""

    def __init__(self, steps: Steps, attempt: Attempt) -> None:
        self._steps = steps
        self.attempt = attempt

    def about_to_send(self) -> None:
        now = self._steps.clock.now()
        self.attempt = self._steps.store.save(self.attempt.noting(now, init_sent_at=now), "init")


class _Sender:
    """Sends one attempt's chunks in their order, from what TikTok has acknowledged."""

    def __init__(self, steps: Steps, attempt: Attempt, reader: MediaReader, content_type: str) -> None:
        self.steps, self.attempt, self.reader, self.content_type = steps, attempt, reader, content_type
        self.plan = chunks.ChunkPlan(attempt.chunk_size, attempt.chunk_count)
        self.began, self.given, self.at = steps.clock.monotonic(), 0, attempt.sent_bytes
        self.tries = 0

    def run(self) -> Step:
        """Send until all is acknowledged, or this run can do no more."""
        while True:
            if self.steps.stop.is_set():
                return Step(self.attempt)
            if self.too_slow():
                return self._give_up_slow()
            chunk = chunks.chunk_at(self.plan, self.attempt.size, self.attempt.sent_bytes)
            step = self._send(chunk)
            if step is not None:
                return step

    def too_slow(self) -> bool:
        """Whether the rest can't arrive within the URL's hour, at the rate measured here."""
        passed = timedelta(seconds=self.steps.clock.monotonic() - self.began)
        if passed < RATE_SAMPLE or not self.given or self.attempt.upload_expires_at is None:
            return False
        left = (self.attempt.size - self.attempt.sent_bytes) / (self.given / passed.total_seconds())
        return self.steps.clock.now() + timedelta(seconds=left) > self.attempt.upload_expires_at

    def _give_up_slow(self) -> Step:
        rate = self.given / max(0.001, self.steps.clock.monotonic() - self.began)
        left = self.attempt.size - self.attempt.sent_bytes
        what = f"{left} bytes are left, and at {rate / 1e6:.2f} MB/s they can't arrive within the upload's hour"
        problem = Problem("upload-too-slow", what, "find a faster line, or make the file smaller")
        if self.attempt.last_put_at is not None:
            return Step(self.attempt, problem=problem)
        return Step(self.steps.end_upload(self.attempt, problem), problem=problem)

    def _send(self, chunk: chunks.Chunk) -> Step | None:
        """One PUT and what follows from its answer; None to go on."""
        self.at = chunk.first
        if chunk.last == self.attempt.size - 1:
            self.reader.check_before_last(chunk)
            now = self.steps.clock.now()
            self.attempt = self.steps.store.save(self.attempt.noting(now, last_put_at=now), "last-chunk")
        try:
            answer = self.steps.client.put_chunk(
                self.attempt.upload_url,
                self.reader.chunk(chunk, self._progress),
                chunk.first,
                chunk.last,
                self.attempt.size,
                self.content_type,
            )
        except (Unanswered, NotSent) as err:
            return self._unclear(err.problem)
        if answer.accepted:
            return self._took(chunk, answer)
        return self._not_taken(answer)

    def _progress(self, count: int) -> None:
        self.given += count
        self.at += count
        self.steps.told("progress", self.attempt, at=self.at, given=self.given, total=self.attempt.size)

    def _took(self, chunk: chunks.Chunk, answer: PutAnswer) -> Step | None:
        size, told = self.attempt.size, answer.acknowledged_bytes
        has = chunk.last + 1 if told is None else chunks.snap(self.plan, size, told)
        if chunk.last == size - 1:
            sure = answer.http_status == 201 or (told is not None and has == size)
            return self.steps.all_sent(self.attempt) if sure else self._ask(None)
        if has <= chunk.first or has == size:
            return self._ask(None)
        self._note(has)
        self.tries = 0
        return None

    def _note(self, has: int) -> None:
        now = self.steps.clock.now()
        self.attempt = self.steps.store.save(self.attempt.noting(now, sent_bytes=has), "chunk", bytes=has)

    def _not_taken(self, answer: PutAnswer) -> Step | None:
        status = answer.http_status
        if status in {403, 404}:
            return self._url_dead(status)
        if status == 416 or status >= 500:
            return self._ask(_put_problem(status))
        return Step(self.attempt, problem=_put_problem(status))

    def _url_dead(self, status: int) -> Step:
        """R4a: before the last PUT nothing can come of it any more; after it, only looking is left."""
        problem = _put_problem(status)
        if self.attempt.last_put_at is None:
            return Step(self.steps.end_upload(self.attempt, problem), problem=problem)
        now = self.steps.clock.now()
        self.attempt = self.steps.store.save(self.attempt.noting(now, upload_url=""), "upload-address-gone")
        return Step(self.attempt, again_in=self.steps.poll_initial)

    def _unclear(self, problem: Problem) -> Step | None:
        if problem.code == "upload-url-not-trusted":
            return Step(self.attempt, problem=problem)
        return self._ask(problem)

    def _ask(self, problem: Problem | None) -> Step | None:
        """What became of a chunk is not clear: look, and go on from there; the same chunk again within bounds."""
        if self.tries >= TRIES_A_CHUNK - 1:
            what = f"TikTok did not take the bytes from {self.attempt.sent_bytes} on, {self.tries + 1} times"
            hint = "run apply again: it goes on from there"
            return Step(self.attempt, problem=problem or Problem("upload-stuck", what, hint))
        self.steps.clock.sleep(WAITS[self.tries])
        before = self.attempt.sent_bytes
        looked = self.steps.look(self.attempt)
        if looked.attempt.phase is not Phase.UPLOADING or looked.problem is not None:
            return looked
        self.attempt = looked.attempt
        moved = self.attempt.sent_bytes > before
        self.tries = 0 if moved else self.tries + 1
        return None


_CUT_OFF: Final = Problem("cut-off", "the last run ended before TikTok's answer was on disk", "")


def _put_problem(status: int) -> Problem:
    meanings = {
        403: "the upload address is expired",
        404: "TikTok knows no upload at this address",
        416: "TikTok has other bytes than we sent",
        400: "TikTok can't read the chunk's headers; this is a defect of contentsync's",
    }
    what = meanings.get(status, "TikTok had a fault of its own")
    return Problem(f"upload-{status}", f"TikTok answered {status} to a chunk: {what}", "run apply again")


def _said(problem: Problem, log_id: str = "") -> dict[str, object]:
    return {"problem_code": problem.code, "problem_what": problem.what, "log_id": log_id}


def _since(attempt: Attempt) -> datetime:
    return attempt.init_sent_at or attempt.created_at
