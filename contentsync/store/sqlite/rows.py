"""How does a value become a row, and a row a value? Times are epoch milliseconds in rows, aware UTC in values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contentsync.lifecycle import Phase
from contentsync.post import Interaction, Mode, Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator, RemotePost

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds, rounded down."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(milliseconds=value)


def moment(value: int) -> datetime:
    """As from_ms, where the column can't be NULL."""
    return EPOCH + timedelta(milliseconds=value)


_ATTEMPT_FIELDS: Final = tuple(f.name for f in fields(Attempt))
_ATTEMPT_TIMES: Final = frozenset(name for name in _ATTEMPT_FIELDS if name.endswith("_at") or name == "not_before")


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(attempt, name) for name in _ATTEMPT_FIELDS}
    for name in _ATTEMPT_TIMES:
        row[name] = None if row[name] is None else to_ms(row[name])
    row["pulls"], row["retry"] = int(attempt.pulls), int(attempt.retry)
    return row


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "phase": {str(phase): phase for phase in Phase}.__getitem__,
    "mode": {str(mode): mode for mode in Mode}.__getitem__,
    "pulls": bool,
    "retry": bool,
    **dict.fromkeys(_ATTEMPT_TIMES, from_ms),
}
_TO_READ: Final = tuple((_ATTEMPT_FIELDS.index(name), read) for name, read in _READ.items())


def attempt_of(row: Row) -> Attempt:
    """By position: of all that is read, attempts are the many."""
    values = [row[name] for name in _ATTEMPT_FIELDS]
    for place, read in _TO_READ:
        if values[place] is not None:
            values[place] = read(values[place])
    return Attempt(*values)


def post_of(row: Row, attempts: Iterable[Attempt]) -> PostState:
    return PostState(
        uid=row["uid"],
        open_id=row["open_id"],
        name=row["name"],
        account=row["account"],
        generation=row["generation"],
        attempts=tuple(attempts),
        media_digest=row["media_digest"],
        slot_at=from_ms(row["slot_at"]),
        acked_digest=row["acked_digest"],
        bound_post_id=row["bound_post_id"],
        removed_at=from_ms(row["removed_at"]),
        public_at=from_ms(row["public_at"]),
        edited_media=row["edited_media"],
        slot_rule=row["slot_rule"],
    )


def post_row(row: PostState) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "open_id": row.open_id,
        "name": row.name,
        "account": row.account,
        "generation": row.generation,
        "media_digest": row.media_digest,
        "bound_post_id": row.bound_post_id,
        "removed_at": None if row.removed_at is None else to_ms(row.removed_at),
    }


def creator_row(account: str, creator: Creator, seen_at: datetime) -> dict[str, Any]:
    return {
        "open_id": creator.open_id,
        "union_id": creator.union_id,
        "account": account,
        "nickname": creator.nickname,
        "username": creator.username,
        "privacy": None if creator.privacy is None else json.dumps(list(creator.privacy)),
        "disabled": json.dumps(sorted(creator.disabled)),
        "max_seconds": creator.max_seconds,
        "stop": creator.stop,
        "stop_what": creator.stop_what,
        "seen_at": to_ms(seen_at),
    }


def creator_of(row: Row) -> Creator:
    offered = None if row["privacy"] is None else tuple(Privacy(p) for p in json.loads(row["privacy"]))
    return Creator(
        open_id=row["open_id"],
        nickname=row["nickname"],
        username=row["username"],
        privacy=offered,
        disabled=frozenset(Interaction(i) for i in json.loads(row["disabled"])),
        max_seconds=row["max_seconds"],
        stop=row["stop"],
        stop_what=row["stop_what"],
        union_id=row["union_id"],
    )


def video_row(open_id: str, video: RemotePost, seen_at: datetime) -> dict[str, Any]:
    return {
        "open_id": open_id,
        "post_id": video.post_id,
        "created_at": to_ms(video.created_at),
        "caption": video.caption,
        "title": video.title,
        "duration": video.duration,
        "url": video.url,
        "seen_at": to_ms(seen_at),
    }


def video_of(row: Row) -> RemotePost:
    return RemotePost(
        post_id=row["post_id"],
        created_at=moment(row["created_at"]),
        caption=row["caption"],
        title=row["title"],
        duration=row["duration"],
        url=row["url"],
    )
