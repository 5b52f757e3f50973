"""What do others see of what became of each post? One JSON file a post, committed with the content.

A receipt is evidence for people and for a state that was lost; while the state is there, the state is the truth.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contentsync.files import folder_inside, leads_out
from contentsync.lifecycle import OVER, Phase
from contentsync.media_urls import without_queries
from contentsync.post import Attempt, Mode, PostState
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.receipt/1"
LOST: Final = "state-lost"  # the problem of an attempt that was made from a receipt which leaves its end open


@dataclass(frozen=True, slots=True)
class Told:
    """What a receipt says. body: all of it; empty where it could not be read."""

    name: str
    phase: str
    generation: int
    post_id: str
    open_id: str
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def attempts(self) -> int:
        """How many attempts it tells of; one that can't be read tells of one."""
        told = self.body.get("attempts") if self.body else [None]
        return len(told) if isinstance(told, list) else 1

    @property
    def media(self) -> str:
        """The digest of the media that it tells of; empty where it does not."""
        told = self.body.get("media_digest")
        return told if isinstance(told, str) else ""

    @property
    def is_over(self) -> bool:
        """Whether it tells of the end of its last attempt."""
        return self.attempts > 0 and self.phase in OVER

    def as_row(self, account: str, open_id: str) -> PostState:
        """The row that a lost state had, as far as its receipt tells.

        What was not final then may have gone further since, so it is unknown; and so is all where the receipt does
        not hold together.
        """
        uid = uuid.uuid4().hex
        try:
            return self._told_row(uid, account, open_id)
        except (KeyError, TypeError, AttributeError, ValueError):
            lost = (_unreadable(uid, open_id),)
            return PostState(uid, open_id, self.name, account, attempts=lost)

    def _told_row(self, uid: str, account: str, open_id: str) -> PostState:
        if not self.body:
            raise ValueError("it can't be read")
        attempts = tuple(_attempt_of(told, uid, open_id) for told in self.body["attempts"])
        if any(attempt.phase is Phase.UNKNOWN for attempt in attempts[:-1]):
            raise ValueError("an attempt began beside one that was not over")
        return PostState(
            uid=uid,
            open_id=open_id,
            name=self.name,
            account=account,
            generation=_count(self.generation),
            attempts=attempts,
            media_digest=_text(self.body.get("media_digest")),
            bound_post_id="" if attempts else _text(self.post_id),
            removed_at=_moment(self.body.get("removed_at")),
        )


def write(folder: Path, row: PostState, username: str = "", *, begun: bool = False) -> Path:
    """Write the receipt of a post below `folder`; on disk whole, or not at all. Raises OSError.

    One that knows more than the row stays: an older copy of the state, put in its place, has to learn from it.
    So does one that tells of any attempt which the row lacks. begun: the row's last attempt may have been begun in
    spite of it, knowingly; then a receipt that tells of nothing later is written over.
    """
    path = _place(folder, row.key)
    text = json.dumps(_content(row, username), ensure_ascii=False, indent=2) + "\n"
    if _is(path, text) or _knows_more(path, row, begun):
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


def remove(folder: Path, key: str, row: PostState) -> None:
    """Take away the receipt of a key that a row had, unless it tells of more than the row. Raises OSError."""
    path = _place(folder, key)
    if not _knows_more(path, row, begun=False):
        path.unlink(missing_ok=True)


def _place(folder: Path, key: str) -> Path:
    """Where the receipt of a key lies. Raises OSError where a link, or a key that is no key, leads it elsewhere."""
    path = folder / f"{key}.json"
    if leads_out(folder.parent, folder) or leads_out(folder, path):
        raise OSError(errno.ELOOP, f"{path} leads out of the project's receipts")
    return path


def _is(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def _knows_more(path: Path, row: PostState, begun: bool) -> bool:
    """Whether the receipt at `path` tells of an attempt, or of its end, that `row` lacks. begun: as in `write`."""
    told, last = _read(path), row.last
    if told.open_id != row.open_id:
        return False
    if strange := _strange(told, row):
        return not (begun and last is not None and (rfc3339(last.created_at, "seconds") or "") > max(strange))
    if told.attempts < len(row.attempts):
        return False
    open_here = last is not None and (last.is_open or last.phase is Phase.UNKNOWN) and last.problem_code != LOST
    return told.attempts > len(row.attempts) or (open_here and told.is_over)


def _strange(told: Told, row: PostState) -> list[str]:
    """When the attempts began that a receipt tells of and the row does not: another state's, or a later one's."""
    given = told.body.get("attempts")
    tried = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    unlike = [one for one in tried if not any(_is_same(one, attempt) for attempt in row.attempts)]
    return [str(one.get("started_at") or "") for one in unlike]


def _is_same(told: Mapping[str, Any], attempt: Attempt) -> bool:
    """Whether both tell of one attempt; a time alone is no more than a second, in which two states may begin one."""
    publish_id = told.get("publish_id")
    if publish_id and (attempt.publish_id or (attempt.phase in OVER)):
        return bool(publish_id == attempt.publish_id)
    return told.get("started_at") == rfc3339(attempt.created_at, "seconds")


def read(folder: Path, account: str) -> Iterator[Told]:
    """The receipts of one account; a file that can't be read as one still tells that there was a post.

    Raises ManifestError where they lie outside of the project, or one of them does, by a link.
    """
    folder_inside(folder.parent, folder / account)
    return map(_read, sorted((folder / account).glob("*.json")))


def _read(path: Path) -> Told:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Told(
            name=path.stem,
            phase=str(said["phase"]),
            generation=int(said["generation"]),
            post_id=str(said.get("post_id") or ""),
            open_id=str(said.get("open_id") or ""),
            body=said,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return Told(path.stem, "unreadable", 1, "", "")


#: Receipts under names that no account has now, by the open_id that they name; empty where they name none.
LeftBehind = Mapping[str, Sequence[Told]]


def left_behind(folder: Path, accounts: Collection[str]) -> LeftBehind:
    """The receipts under account names that the project no longer has. accounts: all names that it has now.

    Read once for all accounts: a renamed account finds its own among them by its open_id.
    Raises ManifestError as `read`.
    """
    found: dict[str, list[Told]] = {}
    for other in sorted(path.name for path in folder.glob("*") if path.name not in accounts and path.is_dir()):
        for told in read(folder, other):
            found.setdefault(told.open_id, []).append(told)
    return found


def of_identity(folder: Path, account: str, open_id: str | None, left: LeftBehind) -> list[Told]:
    """The receipts of one identity, one a name: those of its account, and those that it left under a former name."""
    found = {told.name: told for told in read(folder, account) if told.open_id in {"", open_id or told.open_id}}
    for told in left.get(open_id, ()) if open_id else ():
        if told.attempts > _attempts(found.get(told.name)):
            found[told.name] = told
    return [found[name] for name in sorted(found)]


def _attempts(told: Told | None) -> int:
    return -1 if told is None else told.attempts


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
        "removed_at": rfc3339(row.removed_at, "seconds"),
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
        "sent": without_queries(json.loads(attempt.sent)),
        "started_at": rfc3339(attempt.created_at, "seconds"),
        "finished_at": rfc3339(attempt.finished_at, "seconds"),
        "problem": attempt.problem_code or None,
    }


def _attempt_of(told: Mapping[str, Any], uid: str, open_id: str) -> Attempt:
    """One attempt of a receipt. Raises KeyError, TypeError, AttributeError or ValueError where it is none."""
    phase, begun = Phase(told["phase"]), _moment(told["started_at"])
    if begun is None:
        raise KeyError("started_at")
    sent, ended = told["sent"], phase in OVER
    finished = _moment(told["finished_at"]) or begun
    code = _text(told.get("problem")) if ended else "state-lost"
    return Attempt(
        id=uuid.uuid4().hex,
        post_uid=uid,
        open_id=open_id,
        generation=_count(told["generation"]),
        phase=phase if ended else Phase.UNKNOWN,
        mode=Mode(told["mode"]),
        pulls=bool(told["pulls"]),
        digest=_text(told["digest"]),
        media_digest=_text(told["media_digest"]),
        sha256=_text(told["sha256"]),
        size=_count(told["bytes"]),
        created_at=begun,
        updated_at=finished,
        sent=_text(json.dumps(sent, ensure_ascii=False, sort_keys=True)),
        caption=_text(sent.get("caption")),
        privacy=_text(sent.get("privacy")),
        duration=None if told["duration"] is None else float(told["duration"]),
        init_sent_at=begun,
        publish_id=_text(told["publish_id"]),
        finished_at=finished,
        post_id=_text(told["post_id"]),
        problem_code=code,
        problem_what="" if ended else f"it was {phase} when its state was lost",
        number=_count(told["number"]),
        version=1,
    )


def _text(value: object) -> str:
    """Text that can be stored; empty for none."""
    if not isinstance(value, str | None):
        raise TypeError(f"{value!r} is no text")
    return (value or "").encode().decode()  # a lone surrogate would break whoever stores it


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is no count")
    return value


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
    """An aware time. Raises ValueError or TypeError for anything else."""
    moment = datetime.fromisoformat(text) if text else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment
