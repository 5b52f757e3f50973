"""What would TikTok do? A small model of its own: postings, upload addresses, chunk ranges, status, the public list.

It knows no HTTP and no fault; what is answered is what TikTok documents. The ledger is what was really published.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from typing import Any

HOUR = 3_600.0
LIE = 20.0  # seconds after which TikTok takes a wrong FAILED back
IN_FLIGHT = 240.0  # a chunk that was begun within the hour is still taken that long after it
API = "https://open.tiktokapis.com"
UPLOADS = "https://open-upload.tiktokapis.com/video/?upload_id="

Answer = tuple[int, dict[str, Any] | None, dict[str, str]]  # HTTP status, JSON, headers


@dataclass(frozen=True)
class Habits:
    """What TikTok leaves open, and does in one way or another. Seconds where it is a time.

    lag: until status counts a chunk. counts: whether Content-Range tells a count or the last byte's index.
    done_is_gone: a finished upload's address answers 404, not 416. partial: status counts bytes of a broken chunk.
    young: how long a fresh publish_id is unknown. id_after, listed_after: from publication to the id, to the list.
    creator_posts: how long a draft lies in the inbox, None for ever. dates: whether answers bear a Date; apart: how
    far the clocks of its servers are from true time, each answer's in turn.
    """

    lag: float = 0.0
    counts: bool = True
    done_is_gone: bool = False
    partial: bool = False
    young: float = 0.0
    process: float = 4.0
    id_after: float = 2.0
    listed_after: float = 1.0
    creator_posts: float | None = None
    dates: bool = True
    apart: tuple[float, ...] = (0.0,)


@dataclass
class Task:
    """One posting. chunks: what was taken, in its order; each with the time at which it was complete.

    ends_at: when it is published or fails; infinite while it is stuck. fails: the reason, empty for none. lies: how
    TikTok says FAILED of it although it is out: `lies-id` with its id, `lies-list` while the list shows it,
    `lies-later` for a while.
    """

    publish_id: str
    post_id: str
    mode: str
    made_at: float
    source: Mapping[str, Any]
    info: Mapping[str, Any]
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    broken: int = 0
    ends_at: float = math.inf
    stuck: bool = False
    fails: str = ""
    lies: str = ""
    forgotten: bool = False
    hidden: bool = False

    @property
    def pulls(self) -> bool:
        return bool(self.source["source"] == "PULL_FROM_URL")

    @property
    def upload_url(self) -> str:
        return f"{UPLOADS}{self.publish_id}&upload_token=secret"

    @property
    def mark(self) -> str:
        """What tells which of the declared posts it is: its URL, or how many bytes it has."""
        return str(self.source.get("video_url") or self.source.get("video_size"))

    @property
    def size(self) -> int:
        return int(self.source.get("video_size", 0))

    def has(self, at: float = math.inf) -> int:
        """How many bytes of whole chunks were there at that time."""
        return sum(len(chunk) for when, chunk in self.chunks if when <= at)

    def is_over(self, at: float) -> bool:
        return at >= self.ends_at and not self.stuck

    def is_out(self, at: float) -> bool:
        """Whether it is really published, or lies in the inbox."""
        return self.is_over(at) and not self.fails

    @property
    def sha256(self) -> str:
        return hashlib.sha256(b"".join(chunk for _, chunk in self.chunks)).hexdigest()


class World:
    """TikTok for one account. now: true seconds since the beginning of the life."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.now = 0.0
        self.tasks: dict[str, Task] = {}
        self.fails_next: list[str] = []
        self._answers = 0

    def out(self) -> list[Task]:
        """The ledger: all that was really published or delivered by now."""
        return [task for task in self.tasks.values() if task.is_out(self.now)]

    def mend(self) -> None:
        """Nothing is stuck any more."""
        for task in self.tasks.values():
            if task.stuck:
                task.stuck, task.ends_at = False, max(task.ends_at, self.now + 1)

    def date(self) -> dict[str, str]:
        """The header that tells TikTok's clock, as the server of this answer has it."""
        self._answers += 1
        apart = self.habits.apart[self._answers % len(self.habits.apart)]
        return {"Date": http_date(int(EPOCH + self.now + apart))} if self.habits.dates else {}

    # The API. Each call: its time, the body; the answer.

    def call(self, path: str, body: Mapping[str, Any], at: float) -> Answer:
        if path.endswith("/init/"):
            return self._init("draft" if "/inbox/" in path else "direct", body, at)
        if path.endswith("/status/fetch/"):
            return self._status(str(body["publish_id"]), at)
        if path.endswith("/video/list/"):
            return ok({"videos": list(self._listed(at)), "has_more": False})
        raise AssertionError(f"the simulation knows no {path}")

    def _init(self, mode: str, body: Mapping[str, Any], at: float) -> Answer:
        source, number = body["source_info"], len(self.tasks) + 1
        if source["source"] == "FILE_UPLOAD":
            size, chunk, count = source["video_size"], source["chunk_size"], source["total_chunk_count"]
            if count != size // chunk or (count == 1 and chunk != size):
                return refused("invalid_params", 400, "The total chunk count is invalid")
        task = Task(f"v_pub~{number}", f"{74 * 10**17 + number}", mode, at, source, body.get("post_info", {}))
        task.fails = self.fails_next.pop(0) if self.fails_next else ""
        self.tasks[task.publish_id] = task
        if task.pulls:
            task.ends_at = at + self.habits.process
            return ok({"publish_id": task.publish_id})
        return ok({"publish_id": task.publish_id, "upload_url": task.upload_url})

    def _status(self, publish_id: str, at: float) -> Answer:
        task = self.tasks.get(publish_id)
        if task is None or task.forgotten or at < task.made_at + self.habits.young:
            return refused("invalid_params", 400, "invalid_publish_id")
        if not task.is_over(at):
            if task.pulls:
                return ok({"status": "PROCESSING_DOWNLOAD", "downloaded_bytes": 1})
            has = task.has(at - self.habits.lag)
            has += task.broken if self.habits.partial and has < task.size else 0
            return ok({"status": "PROCESSING_UPLOAD", "uploaded_bytes": has})
        if task.fails:
            return ok({"status": "FAILED", "fail_reason": task.fails})
        if lie := self._lie(task, at):
            return ok(lie)
        if task.mode == "draft" and not self._is_posted(task, at):
            return ok({"status": "SEND_TO_USER_INBOX", "uploaded_bytes": task.size})
        told = at >= task.ends_at + self.habits.id_after and self._is_public(task)
        return ok({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [int(task.post_id)] if told else []})

    def _lie(self, task: Task, at: float) -> dict[str, Any] | None:
        """A FAILED that is none: only what someone may find out."""
        shown = task.mode == "direct" and self._is_public(task) and not task.hidden
        failed: dict[str, Any] = {"status": "FAILED", "fail_reason": "internal"}
        if task.lies == "lies-id" and shown:
            return failed | {"publicaly_available_post_id": [int(task.post_id)]}
        if task.lies == "lies-list" and shown:
            return failed
        return failed if task.lies and at < task.ends_at + LIE else None

    def _is_posted(self, task: Task, at: float) -> bool:
        after = self.habits.creator_posts
        return after is not None and at >= task.ends_at + after

    def _is_public(self, task: Task) -> bool:
        return task.mode == "draft" or task.info.get("privacy_level") == "PUBLIC_TO_EVERYONE"

    def _listed(self, at: float) -> Iterator[dict[str, Any]]:
        for task in reversed(self.tasks.values()):
            after = 0.0 if task.lies == "lies-list" else self.habits.listed_after
            shown = task.is_out(at - after) and self._is_public(task) and not task.hidden
            if shown and (task.mode == "direct" or self._is_posted(task, at)):
                yield {
                    "id": task.post_id,
                    "create_time": int(EPOCH + task.ends_at),
                    "video_description": str(task.info.get("title", ""))[:150],
                    "duration": 10,
                }

    # The upload. begun: when its sender began to send it; at: when its last byte arrived.
    # slept: its sender stopped in the middle; such a PUT is taken whenever it ends.

    def put(
        self,
        url: str,
        first: int,
        last: int,
        total: int,
        body: bytes,
        *,
        begun: float,
        at: float,
        slept: bool = False,
    ) -> Answer:
        task = next((task for task in self.tasks.values() if task.upload_url == url), None)
        if task is None or (task.has() == task.size and self.habits.done_is_gone):
            return 404, None, {}
        until = task.made_at + HOUR
        if begun >= until or (at >= until + IN_FLIGHT and not slept):
            return 403, None, {}
        had = task.has()
        if first != had or total != task.size or last != self._end_of_chunk(task, first):
            return 416, None, self._range(task)
        if len(body) != last - first + 1:
            task.broken = len(body)
            return 400, None, {}
        task.broken = 0
        task.chunks.append((at, body))
        if last < total - 1:
            return 206, None, self._range(task)
        task.ends_at = at + self.habits.lag + self.habits.process
        return 201, None, self._range(task)

    def _end_of_chunk(self, task: Task, first: int) -> int:
        chunk, count = int(task.source["chunk_size"]), int(task.source["total_chunk_count"])
        return task.size - 1 if first // chunk >= count - 1 else first + chunk - 1

    def _range(self, task: Task) -> dict[str, str]:
        figure = task.has() if self.habits.counts else max(task.has() - 1, 0)
        return {"Content-Range": f"bytes 0-{figure}/{task.size}"}


@cache
def http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


EPOCH = 1_772_366_400  # 2026-03-01 12:00 UTC: the second at which every life begins


def ok(data: dict[str, Any]) -> Answer:
    return 200, {"data": data, "error": {"code": "ok", "message": "", "log_id": "L"}}, {}


def refused(code: str, status: int, message: str = "") -> Answer:
    return status, {"error": {"code": code, "message": message, "log_id": "L"}}, {}
