"""What do attempts need of their account, in a test? A state, a line to TikTok, a clock and one file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from contentsync.attempt.told import Tell
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.post import DesiredPost, Media
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.store import Store
from contentsync.tiktok.chunks import ChunkPlan, plan_chunks
from contentsync.tiktok.client import Client


@dataclass
class AtWorkInATest:
    """What attempts need of their account; every upload is of one file."""

    store: Store
    client: Client
    clock: Clock
    file: Path
    poll_initial: float = 2.0
    poll_max: float = 30.0
    timezone: str = "UTC"
    takeover: timedelta = timedelta(minutes=10)

    def path_of(self, _post: DesiredPost) -> Path:
        return self.file

    def plan_chunks(self, size: int) -> ChunkPlan:
        return plan_chunks(size)

    def url_of(self, item: Media) -> str:
        return item.url

    def make_ready(self, _post: DesiredPost, _tell: Tell) -> Problem | None:
        return None

    def note_begun(self, _attempt: Attempt) -> None:
        """No machine remembers it."""

    def write_receipt(self, _row: PostState, _tell: Tell) -> bool:
        return True

    def remove_receipt(self, _key: str, _row: PostState, _tell: Tell) -> None:
        """There are no receipts."""
