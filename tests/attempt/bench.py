"""What do the steps of an attempt need in a test? A scripted TikTok, a state in memory, a file of ten bytes."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.attempt.told import Told
from contentsync.errors import NotSent, Problem, Refused, Unanswered
from contentsync.lifecycle import Event, Phase
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.remote_post import RemotePost
from contentsync.store.sqlite.state import SqliteStore
from contentsync.tiktok.client import PutAnswer
from contentsync.tiktok.refusals import REFUSALS
from contentsync.tiktok.wire import InitAnswer, Status, Video, VideoPage
from tests.at_work import AtWorkInATest
from tests.builders import ManualClock, a_media, a_post, an_attempt

BYTES = b"0123456789"
URL = "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=UploadSecret"
WORKING = Status("PROCESSING_UPLOAD")
PUBLISHED = Status("PUBLISH_COMPLETE", post_ids=("7400000000000000009",))


def has(count: int | None) -> Status:
    """TikTok is still at it, and has so many bytes."""
    return Status("PROCESSING_UPLOAD", uploaded_bytes=count)


def silence() -> Unanswered:
    return Unanswered(Problem("unanswered", "cut off", ""))


def no_line() -> NotSent:
    return NotSent(Problem("not-sent", "no connection", ""))


def a_refusal(code: str) -> Refused:
    return Refused(REFUSALS[code].problem(), code, 400, "20260301120000AB")


class ScriptedTikTok:
    """Answers each kind of call from its list, the last entry for ever; an exception is raised, a function asked.

    calls: what came, as ("init",), ("status",) or ("put", first, last). sent: the bytes of each PUT.
    """

    def __init__(self) -> None:
        self.inits: list[Any] = [None]
        self.statuses: list[Any] = [WORKING]
        self.puts: list[Any] = [None]
        self.calls: list[tuple[Any, ...]] = []
        self.sent: list[bytes] = []
        self.before_put: Callable[[], None] = lambda: None
        self.before_last_block: Callable[[], None] = lambda: None
        self.listed: list[RemotePost] = []
        self.list_trouble: Exception | None = None
        self.tiktok_now: datetime | None = None
        self._made = 0

    def init_video(self, _post: object, _source: object, about_to_send: Callable[[], None]) -> InitAnswer:
        return self._init(about_to_send)

    def init_inbox(self, _source: object, about_to_send: Callable[[], None]) -> InitAnswer:
        return self._init(about_to_send)

    def init_photos(self, _photos: object, about_to_send: Callable[[], None]) -> InitAnswer:
        return self._init(about_to_send)

    def status(self, _publish_id: str) -> Status:
        self.calls.append(("status",))
        return self._next(self.statuses) or WORKING

    def videos(self) -> VideoPage:
        if self.list_trouble is not None:
            raise self.list_trouble
        return VideoPage(tuple(Video(video) for video in self.listed), None, False)

    def put_chunk(
        self,
        _url: str,
        blocks: Iterable[bytes],
        first: int,
        last: int,
        total: int,
        _type: str,
        about_to_finish: Callable[[], None] | None = None,
    ) -> PutAnswer:
        self.calls.append(("put", first, last))
        self.before_put()
        body = b"".join(blocks)
        self.before_last_block()
        if about_to_finish:
            about_to_finish()
        self.sent.append(body)
        usual = PutAnswer(201 if last == total - 1 else 206, last + 1)
        return self._next(self.puts) or usual

    def _init(self, about_to_send: Callable[[], None]) -> InitAnswer:
        about_to_send()
        self.calls.append(("init",))
        self._made += 1
        return self._next(self.inits) or InitAnswer(f"v_pub_file~v2-1.{self._made}", URL)

    def _next(self, script: list[Any]) -> Any:
        step = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(step, Exception):
            raise step
        return step() if callable(step) else step

    def count(self, kind: str) -> int:
        return sum(call[0] == kind for call in self.calls)


class Bench:
    """One account's attempts, in a state in memory, and a TikTok that does as it is told."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.file = folder / "clip.mp4"
        self.file.write_bytes(BYTES)
        self.clock = clock
        self.store = SqliteStore.in_memory()
        self.tiktok = ScriptedTikTok()
        self.stop = threading.Event()
        self.told: list[Told] = []
        media = a_media("clip.mp4", size=len(BYTES), sha256=hashlib.sha256(BYTES).hexdigest())
        self.post = a_post(media=(media,))
        self.other_post = a_post(name="other")
        self.steps = self.another()

    def another(self, clock: ManualClock | None = None) -> Steps:
        """The steps of another process on the same state."""
        client: Any = self.tiktok
        at_work = AtWorkInATest(self.store, client, clock or self.clock, self.file)
        return Steps(at_work, self.told.append, self.stop)

    def intent(self, post: DesiredPost | None = None, **over: Any) -> Attempt:
        made = an_attempt(post or self.post, phase=Phase.INTENT, id=uuid.uuid4().hex, post_uid="", **over)
        return self.store.begin(post or self.post, made, self.clock.now())

    def uploading(self, chunk: int = 3, wire: int = 0, data: bytes = BYTES, **over: Any) -> Attempt:
        """An upload in chunks, as another process left it: `wire` bytes of `data` went out, or may have."""
        now = self.clock.now()
        sent = self.steps.note(self.intent(), "init", init_sent_at=now)
        known: dict[str, Any] = {
            "publish_id": f"v_pub_file~v2-1.{sent.id}",
            "upload_url": URL,
            "upload_expires_at": now + timedelta(hours=1),
        }
        known |= {"chunk_size": chunk, "chunk_count": max(1, len(BYTES) // chunk), "wire_bytes": wire}
        known |= {"wire_sha256": hashlib.sha256(data[:wire]).hexdigest() if wire else ""}
        return self.store.save(sent.after(Event.UPLOAD_OPENED, now, **(known | over)), "upload-opened")

    def processing(self, **over: Any) -> Attempt:
        upload = self.uploading(last_put_at=self.clock.now())
        return self.store.save(upload.after(Event.ALL_SENT, self.clock.now(), upload_url="", **over), "all-sent")

    def pulled(self, phase: Phase, post: DesiredPost) -> Attempt:
        """A pull whose init went out, and then an UNKNOWN one, or one that TikTok took."""
        now = self.clock.now()
        sent = self.steps.note(self.intent(post), "init", init_sent_at=now)
        if phase is Phase.UNKNOWN:
            return self.store.save(sent.after(Event.LOST_AFTER_COMMIT, now), "lost")
        return self.store.save(
            sent.after(Event.PULL_STARTED, now, publish_id=f"v_pub_url~v2.{sent.id}"), "pull-started"
        )

    def lost_sight(self, **over: Any) -> Attempt:
        """An unknown upload whose last PUT had begun."""
        upload = self.uploading(**({"last_put_at": self.clock.now(), "upload_url": ""} | over))
        return self.store.save(upload.after(Event.LOST_SIGHT, self.clock.now()), "lost-sight")

    def advance(self, attempt: Attempt, post: DesiredPost | None = None) -> Step:
        return self.steps.advance(attempt, post or self.post)

    def on_disk(self, attempt: Attempt) -> Attempt:
        return self.store.attempt(attempt.id)
