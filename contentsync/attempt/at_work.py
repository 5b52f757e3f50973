"""What does an attempt need from its account? One protocol; `account.py` implements it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from contentsync.attempt.told import Tell
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.post import DesiredPost, Media
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.store import Store
from contentsync.tiktok.chunks import ChunkPlan
from contentsync.tiktok.client import Client


class AtWork(Protocol):
    """An account at work, as its attempts see it."""

    @property
    def store(self) -> Store:
        """The state that its attempts are kept in."""

    @property
    def client(self) -> Client:
        """Its TikTok client."""

    @property
    def clock(self) -> Clock: ...

    @property
    def timezone(self) -> str:
        """The IANA name of the account's zone, for times that people read."""

    @property
    def poll_initial(self) -> float:
        """Seconds between the first two looks at a status."""

    @property
    def poll_max(self) -> float:
        """The longest time between two looks at a status, in seconds."""

    @property
    def takeover(self) -> timedelta:
        """How long a machine that sends may be silent before it counts as stopped."""

    def path_of(self, post: DesiredPost) -> Path:
        """The file that is uploaded for a post."""

    def plan_chunks(self, size: int) -> ChunkPlan:
        """How a file of `size` bytes is cut into chunks."""

    def url_of(self, item: Media) -> str:
        """Where TikTok fetches a photo or a video."""

    def make_ready(self, post: DesiredPost, tell: Tell) -> Problem | None:
        """Upload the media of a post to where TikTok fetches them. Returns the problem, or None."""

    def note_begun(self, attempt: Attempt) -> None:
        """Record in the journal that an attempt is about to begin, or that TikTok accepted it."""

    def write_receipt(self, row: PostState, tell: Tell) -> bool:
        """Write the receipt of a post that changed; False where it can't be written."""

    def remove_receipt(self, key: str, row: PostState, tell: Tell) -> None:
        """Remove the receipt under a name that a post no longer has."""
