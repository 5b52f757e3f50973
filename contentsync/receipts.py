"""What do others see of what became of each post? One JSON file a post, committed with the content.

A receipt is evidence for people and for a state that was lost; while the state is there, the state is the truth.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contentsync.post import Attempt, PostState

FORMAT: Final = "contentsync.receipt/1"


@dataclass(frozen=True, slots=True)
class Told:
    """What a receipt says, as far as the planner needs it."""

    name: str
    phase: str
    generation: int
    post_id: str
    open_id: str


def write(folder: Path, row: PostState, username: str = "") -> Path:
    """Write the receipt of a post below `folder`; on disk whole, or not at all. Raises OSError."""
    path = folder / row.account / f"{row.name}.json"
    text = json.dumps(_content(row, username), ensure_ascii=False, indent=2) + "\n"
    if _is(path, text):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".receipt-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def remove(folder: Path, key: str) -> None:
    """Take away the receipt of a key that no post has any more. Raises OSError."""
    (folder / f"{key}.json").unlink(missing_ok=True)


def _is(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def read(folder: Path, account: str) -> Iterator[Told]:
    """The receipts of one account; a file that can't be read as one still tells that there was a post."""
    for path in sorted((folder / account).glob("*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            yield Told(
                name=path.stem,
                phase=str(said["phase"]),
                generation=int(said["generation"]),
                post_id=str(said.get("post_id") or ""),
                open_id=str(said.get("open_id") or ""),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            yield Told(path.stem, "unreadable", 1, "", "")


def post_url(username: str, post_id: str, *, photos: bool = False) -> str | None:
    """The address of a post in TikTok's web pages; None while either part is unknown."""
    kind = "photo" if photos else "video"
    return f"https://www.tiktok.com/@{username}/{kind}/{post_id}" if username and post_id else None


def _content(row: PostState, username: str) -> dict[str, Any]:
    best = row.success or row.last
    return {
        "format": FORMAT,
        "post": row.key,
        "open_id": row.open_id,
        "phase": str(best.phase) if best else "bound" if row.bound_post_id else "declared",
        "generation": row.generation,
        "post_id": row.post_id or None,
        "url": post_url(username, row.post_id),
        "media_digest": row.media_digest or None,
        "attempts": [_attempt(attempt) for attempt in row.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "generation": attempt.generation,
        "phase": str(attempt.phase),
        "mode": str(attempt.mode),
        "publish_id": attempt.publish_id or None,
        "post_id": attempt.post_id or None,
        "sha256": attempt.sha256 or None,
        "digest": attempt.digest,
        "started_at": _when(attempt.created_at),
        "finished_at": _when(attempt.finished_at),
        "problem": attempt.problem_code or None,
    }


def _when(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
