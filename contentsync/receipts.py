"""What do others see of what became of each post? One JSON file a post, committed with the content.

A receipt is evidence for people and for a state that was lost; while the state is there, the state is the truth.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contentsync.lifecycle import NEXT, SUCCESS, Phase
from contentsync.post import Attempt, Mode, PostState

FORMAT: Final = "contentsync.receipt/1"


@dataclass(frozen=True, slots=True)
class Told:
    """What a receipt says. body: all of it; empty where it could not be read."""

    name: str
    phase: str
    generation: int
    post_id: str
    open_id: str
    body: Mapping[str, Any] = field(default_factory=dict)

    def as_row(self, account: str, open_id: str) -> PostState:
        """The row that a lost state had, as far as its receipt tells.

        What was not final then may have gone further since, so it is unknown. Raises ValueError where the receipt
        does not hold together.
        """
        uid = uuid.uuid4().hex
        try:
            attempts = [_attempt_of(told, uid, open_id) for told in self.body.get("attempts", [])]
        except (KeyError, TypeError, AttributeError) as err:
            raise ValueError(f"its receipt lacks {err}") from err
        if not self.body:
            attempts = [_unreadable(uid, open_id)]
        return PostState(
            uid=uid,
            open_id=open_id,
            name=self.name,
            account=account,
            generation=self.generation,
            attempts=tuple(attempts),
            media_digest=str(self.body.get("media_digest") or ""),
            bound_post_id="" if attempts else self.post_id,
            removed_at=_moment(self.body.get("removed_at")),
        )


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
                body=said,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            yield Told(path.stem, "unreadable", 1, "", "")


def post_url(username: str, post_id: str, *, photos: bool = False) -> str | None:
    """The address of a post in TikTok's web pages; None while either part is unknown."""
    kind = "photo" if photos else "video"
    return f"https://www.tiktok.com/@{username}/{kind}/{post_id}" if username and post_id else None


def url_of(row: PostState, username: str) -> str | None:
    """The address of what came of a post, as far as it is known."""
    done = row.success
    return post_url(username, row.post_id, photos=bool(done and json.loads(done.sent).get("kind") == "photos"))


def _content(row: PostState, username: str) -> dict[str, Any]:
    last = row.last
    return {
        "format": FORMAT,
        "post": row.key,
        "open_id": row.open_id,
        "phase": str(last.phase) if last else "bound" if row.bound_post_id else "declared",
        "generation": row.generation,
        "post_id": row.post_id or None,
        "url": url_of(row, username),
        "media_digest": row.media_digest or None,
        "removed_at": _when(row.removed_at),
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
        "bytes": attempt.size,
        "duration": attempt.duration,
        "pulls": attempt.pulls,
        "media_digest": attempt.media_digest,
        "digest": attempt.digest,
        "sent": json.loads(attempt.sent),
        "started_at": _when(attempt.created_at),
        "finished_at": _when(attempt.finished_at),
        "problem": attempt.problem_code or None,
    }


def _attempt_of(told: Mapping[str, Any], uid: str, open_id: str) -> Attempt:
    phase, begun = Phase(told["phase"]), _moment(told["started_at"])
    if begun is None:
        raise KeyError("started_at")
    sent = told["sent"]
    ended = phase in SUCCESS or not NEXT[phase]
    code = str(told.get("problem") or "") if ended else "state-lost"
    return Attempt(
        id=uuid.uuid4().hex,
        post_uid=uid,
        open_id=open_id,
        generation=int(told["generation"]),
        phase=phase if ended else Phase.UNKNOWN,
        mode=Mode(told["mode"]),
        pulls=bool(told["pulls"]),
        digest=str(told["digest"]),
        media_digest=str(told["media_digest"]),
        sha256=str(told["sha256"] or ""),
        size=int(told["bytes"]),
        created_at=begun,
        updated_at=_moment(told["finished_at"]) or begun,
        sent=json.dumps(sent, ensure_ascii=False, sort_keys=True),
        caption=str(sent.get("caption") or ""),
        privacy=str(sent.get("privacy") or ""),
        duration=told["duration"],
        init_sent_at=begun,
        publish_id=str(told["publish_id"] or ""),
        finished_at=_moment(told["finished_at"]) or begun,
        post_id=str(told["post_id"] or ""),
        problem_code=code,
        problem_what="" if ended else f"it was {phase} when its state was lost",
        number=int(told["number"]),
        version=1,
    )


def _unreadable(uid: str, open_id: str) -> Attempt:
    """A receipt that nobody can read proves only that something was attempted."""
    return Attempt(
        id=uuid.uuid4().hex,
        post_uid=uid,
        open_id=open_id,
        generation=1,
        phase=Phase.UNKNOWN,
        mode=Mode.DIRECT,
        pulls=False,
        digest="",
        media_digest="",
        sha256="",
        size=0,
        created_at=_EPOCH,
        updated_at=_EPOCH,
        problem_code="state-lost",
        problem_what="its receipt can't be read, and the state was lost",
        number=1,
        version=1,
    )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _when(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
