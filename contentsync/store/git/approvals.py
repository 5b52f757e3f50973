"""What people approved, on the branch: one file a post, with the approval of each generation.

Approvals never vanish: a later one takes the place of an earlier one, and "revoked" and "used" only ever come true.
So two machines' words on one post are merged without a loss, and a revoked approval does not come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from contentsync.approval import Approval
from contentsync.errors import StoreError
from contentsync.store.git import documents
from contentsync.store.sqlite.approvals import SqliteApprovals
from contentsync.store.sqlite.database import Database
from contentsync.times import rfc3339

FOLDER: Final = "approvals/"
FORMAT: Final = "contentsync.shared-approvals/1"

#: Marks files (each a path, an open_id and a name), and offers them to the remote once the block has changed them.
Sharing = Callable[..., AbstractContextManager[None]]


class SharedApprovals(SqliteApprovals):
    """The approvals of a shared state."""

    def __init__(self, database: Database, history: Callable[..., None], sharing: Sharing) -> None:
        super().__init__(database, history)
        self._sharing = sharing

    def save(self, *approvals: Approval) -> None:
        if approvals:
            first = approvals[0]
            news = f"{first.key}: approved" if len(approvals) == 1 else f"{len(approvals)} posts: approved"
            with self._sharing(first.at, news, *map(_file_of, approvals)):
                super().save(*approvals)

    def revoke(self, approval: Approval, now: datetime) -> bool:
        with self._sharing(now, f"{approval.key}: approval revoked", _file_of(approval)):
            return super().revoke(approval, now)

    def text(self, open_id: str, name: str) -> bytes | None:
        """What the file of a post should hold; None where nobody approved it."""
        found = self.of(open_id, name)
        return text_of(found) if found else None

    def take_in(self, told: Mapping[str, bytes], unshared: Collection[str]) -> None:
        """Merge the files of the branch, by path. unshared: the paths that are newer here."""
        for path, text in told.items():
            for approval in approvals_of(path, text):
                ours = self.find(approval.open_id, approval.name, approval.generation)
                self.put(merged(ours, approval) if ours and path in unshared else approval)


def _file_of(approval: Approval) -> tuple[str, str, str]:
    return path_of(approval.open_id, approval.name), approval.open_id, approval.name


def path_of(open_id: str, name: str) -> str:
    """Where the file of a post's approvals is."""
    return FOLDER + documents.path_of(open_id, name).removeprefix(documents.POSTS)


def text_of(approvals: Collection[Approval]) -> bytes:
    """The document of a post's approvals."""
    told = {"format": FORMAT, "approvals": [_told(approval) for approval in approvals]}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _told(approval: Approval) -> dict[str, Any]:
    revoked = rfc3339(approval.revoked_at, "milliseconds") if approval.revoked_at else None
    known = asdict(approval) | {"parts": dict(approval.parts), "revoked_at": revoked}
    return known | {"at": rfc3339(approval.at, "milliseconds")}


def approvals_of(path: str, text: bytes) -> list[Approval]:
    """The approvals in a document. Raises StoreError if it is not one, or belongs to another path."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']!r}")
        found = [_approval(one) for one in told["approvals"]]
        if any(path_of(one.open_id, one.name) != path for one in found):
            raise ValueError("it is about another post")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise StoreError(documents.unreadable(path, err)) from err
    return found


def _approval(told: Mapping[str, Any]) -> Approval:
    texts = ("account", "name", "open_id", "digest", "who", "how", "used_by")
    if not all(isinstance(told[key], str) for key in texts) or not isinstance(told["generation"], int):
        raise TypeError("one of its fields has the wrong type")
    return Approval(
        **{key: told[key] for key in texts},
        generation=told["generation"],
        parts={str(name): str(digest) for name, digest in told["parts"].items()},
        at=_moment(told["at"]),
        revoked_at=_moment(told["revoked_at"]) if told["revoked_at"] else None,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment


def merged(ours: Approval, shared: Approval) -> Approval:
    """One approval from ours, which is not shared yet, and the shared one of the same generation."""
    if ours.at != shared.at:
        return max(ours, shared, key=lambda one: one.at)
    known = [one.revoked_at for one in (ours, shared) if one.revoked_at]
    return replace(shared, used_by=shared.used_by or ours.used_by, revoked_at=min(known, default=None))
