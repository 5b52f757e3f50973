"""What a soak declares, and what must have come of it: every due post out once, none early, none half a file."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contentsync.emulator.server import Emulator


@dataclass
class Declared:
    """One post that was declared. Moments are true time, in seconds since 1970."""

    key: str
    caption: str
    #: From when on it may be sent; 0 for at once.
    due: float = 0.0
    #: The digests of every whole file that it ever had; a file in the making is none.
    whole: set[str] = field(default_factory=set)
    #: When its last byte was written, and no event told of it.
    unheard_at: float = 0.0


@dataclass
class Ledger:
    """All that was declared."""

    posts: dict[str, Declared] = field(default_factory=dict)

    def add(self, post: Declared) -> Declared:
        self.posts[post.caption] = post
        return post

    def missing(self, emulator: Emulator) -> list[str]:
        """The posts that are not out."""
        out = {task["caption"] for task in tasks(emulator) if is_out(task)}
        return sorted(caption for caption in self.posts if caption not in out)

    def broken(self, emulator: Emulator) -> list[str]:
        """The promises that were not kept, in words."""
        found: list[str] = []
        seen: dict[str, int] = {}
        for task in tasks(emulator):
            found += self._broken_by(task)
            seen[task["caption"]] = seen.get(task["caption"], 0) + is_out(task)
        found += [f"{caption} is out {count} times" for caption, count in seen.items() if count > 1]
        return found

    def _broken_by(self, task: dict[str, Any]) -> list[str]:
        post = self.posts.get(task["caption"])
        if post is None:
            return [f"{task['caption']} was never declared"]
        found = []
        began = moment_of(task)
        if began < post.due - 0.001:
            found.append(f"{post.caption} went out {post.due - began:.1f} s early")
        if is_out(task) and task["sha256"] not in post.whole:
            found.append(f"{post.caption} went out with bytes that were no whole file")
        return found

    def stalest(self, emulator: Emulator) -> float:
        """The longest time, in seconds, from a change of which no event told to the start of its post."""
        began = {task["caption"]: moment_of(task) for task in tasks(emulator) if is_out(task)}
        unheard = [p for p in self.posts.values() if p.unheard_at and p.caption in began]
        return max((began[p.caption] - max(p.unheard_at, p.due) for p in unheard), default=0.0)


def moment_of(task: dict[str, Any]) -> float:
    """When TikTok was asked to begin it, in seconds since 1970."""
    return datetime.fromisoformat(task["created_at"]).astimezone(UTC).timestamp()


def tasks(emulator: Emulator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = emulator.ledger()["tasks"]  # type: ignore[assignment]
    return found


def is_out(task: dict[str, Any]) -> bool:
    """Whether TikTok has the whole post, and did not drop it."""
    return bool(task["committed"]) and task["status"] != "FAILED"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


_NAMES = ("posts_per_day", "pending_drafts", "max_creates_per_run", "max_creates_per_day")
_BY_THE_MINUTE = ("inits_per_minute", "status_per_minute", "creator_info_per_minute")
LIMITS = f"limits: {{{', '.join(f'{name}: 9999' for name in (*_NAMES, *_BY_THE_MINUTE))}}}"
PROJECT = """\
version: 1
app: {client_key: "${CONTENTSYNC_CLIENT_KEY}", client_secret: "${CONTENTSYNC_CLIENT_SECRET}", audited: true}
accounts:
  acme: {mode: direct, LIMITS}
  acme_de: {mode: direct, LIMITS}
api: {poll_initial: 500ms, poll_max: 2s}
defaults: {grace: 60d}
watch: {debounce: 300ms, settle: 2s, approve: auto}
""".replace("LIMITS", LIMITS)

#: Faults after which a post still ends at TikTok: nothing of it is refused, and no outcome stays unknown.
FAULTS = (
    "user_info:drop_before",
    "user_info:status=503",
    "creator_info:drop_after",
    "video_list:garbage",
    "video_init:drop_before",
    "video_init:drop_after",
    "video_init:status=503",
    "upload:cut=2000",
    "upload:drop_before",
    "upload:drop_after",
    "upload:status=500",
    "upload:delay=1",
    "status:drop_before",
    "status:garbage",
    "status:status=502",
    "any:expire_token",
)


def a_fault(chance: random.Random) -> str:
    return chance.choice(FAULTS)
