"""What does the branch say of a post, of an identity? One JSON file each, readable by people. Pure.

An upload address bears a token and belongs to the machine that asked for it: it is never in a document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, replace
from datetime import datetime
from typing import Any, Final

from contentsync.errors import Problem, StoreError
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.pause import Pause
from contentsync.post import Mode
from contentsync.post_state import Attempt, PostState
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.shared-post/1"
OF_ACCOUNT: Final = "contentsync.shared-account/1"
ROOT: Final = "contentsync.json"
POSTS: Final = "posts/"
ACCOUNTS: Final = "accounts/"

#: One file for each account that a person paused, gone when it is resumed.
PAUSES: Final = "pauses/"
OF_PAUSE: Final = "contentsync.shared-pause/1"

_LOCAL: Final = frozenset({"upload_url", "version", "wire_bytes", "wire_sha256", "post_uid", "open_id"})
_SHARED: Final = tuple(field for field in fields(Attempt) if field.name not in _LOCAL)
_TIMES: Final = frozenset(f.name for f in _SHARED if f.name.endswith("_at") or f.name == "not_before")
_POST_TEXTS: Final = (
    "uid",
    "open_id",
    "name",
    "account",
    "media_digest",
    "acked_digest",
    "bound_post_id",
    "edited_media",
    "slot_rule",
)


def path_of(open_id: str, name: str) -> str:
    """Where the file of a post is. Folders fan out, so that a commit stays small however many posts there are."""
    mark = hashlib.sha256(name.encode()).hexdigest()
    return f"{POSTS}{_UNSAFE.sub(_escaped, open_id)}/{mark[0]}/{mark[1]}/{name}.json"


def account_path(open_id: str) -> str:
    """Where the file of an identity is."""
    return f"{ACCOUNTS}{_UNSAFE.sub(_escaped, open_id)}.json"


# What an open_id may hold and a folder's name should not.
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


@frozen
class Acquaintance:
    """What people decided about an identity, which every machine must know."""

    open_id: str
    #: The names of the accounts that are bound to it.
    pinned: tuple[str, ...] = ()
    #: Whether a person took note of its posts from before this state.
    acquainted: bool = False
    #: As Store.left_out.
    left_out: tuple[str, ...] = ()

    def with_(self, other: Acquaintance) -> Acquaintance:
        """What either of the two knows."""
        pinned, left_out = ({*self.pinned, *other.pinned}, {*self.left_out, *other.left_out})
        known = self.acquainted or other.acquainted
        return Acquaintance(self.open_id, tuple(sorted(pinned)), known, tuple(sorted(left_out)))


def account_text(known: Acquaintance) -> bytes:
    """The document of an identity."""
    return (json.dumps({"format": OF_ACCOUNT} | asdict(known), ensure_ascii=False, indent=1) + "\n").encode()


def account_of(path: str, text: bytes) -> Acquaintance:
    """The identity in a document. Raises StoreError if it is not one, or belongs to another path."""
    try:
        told = json.loads(text)
        if told["format"] != OF_ACCOUNT:
            raise ValueError(f"its format is {told['format']!r}")
        pinned, left_out = (tuple(map(_text, told[name])) for name in ("pinned", "left_out"))
        known = Acquaintance(_text(told["open_id"]), pinned, told["acquainted"] is True, left_out)
        if account_path(known.open_id) != path:
            raise ValueError(f"it is about {known.open_id}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise StoreError(unreadable(path, err)) from err
    return known


def unreadable(path: str, err: Exception) -> Problem:
    """The problem for a document that is none."""
    what = f"{path} in the shared state can't be read: {err}"
    hint = "a newer contentsync may have written it: upgrade; else see its history with git log"
    return Problem("state-corrupt", what, hint)


def post_text(row: PostState) -> bytes:
    """The document of a post: the same row gives the same bytes."""
    told: dict[str, Any] = {"format": FORMAT, "post": row.key}
    told |= {name: getattr(row, name) for name in _POST_TEXTS if getattr(row, name)}
    told["generation"] = row.generation
    told |= {
        name: rfc3339(moment, "milliseconds") for name in ("slot_at", "removed_at") if (moment := getattr(row, name))
    }
    told["attempts"] = [_attempt_told(attempt) for attempt in row.attempts]
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _attempt_told(attempt: Attempt) -> dict[str, Any]:
    """All that is shared of an attempt; what has its default value is left out."""
    told: dict[str, Any] = {}
    for field in _SHARED:
        value = getattr(attempt, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        if field.name == "sent":
            told["sent"] = json.loads(value)
        else:
            told[field.name] = rfc3339(value, "milliseconds") if field.name in _TIMES else value
    if attempt.phase is Phase.INTENT:  # the claim says that init may go: no other machine can know whether it went
        told.setdefault("init_sent_at", told["created_at"])
    return told


def pause_path(account: str) -> str:
    """Where the file of a pause is; that of all accounts has a name that no account can have."""
    return f"{PAUSES}{account or '_all'}.json"


def pause_text(pause: Pause) -> bytes:
    told = {"format": OF_PAUSE} | asdict(pause) | {"since": rfc3339(pause.since, "milliseconds")}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def pause_of(path: str, text: bytes) -> Pause:
    """The pause in a document. Raises StoreError if it is not one, or belongs to another path."""
    try:
        told = json.loads(text)
        if told["format"] != OF_PAUSE or pause_path(_text(told["account"])) != path:
            raise ValueError(f"it is about {told['account']!r} in the format {told['format']!r}")
        since = _moment(told["since"])
        if since is None:
            raise ValueError("it has no time")
        account, who, why, open_id = (_text(told[name]) for name in ("account", "who", "why", "open_id"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        what = f"{path} in the shared state can't be read: {err}"
        hint = "a newer contentsync may have written it: upgrade; else see its history with git log"
        raise StoreError(Problem("state-corrupt", what, hint)) from err
    return Pause(account, who, since, why, open_id)


def post_of(path: str, text: bytes) -> PostState:
    """The row in a document. Raises StoreError if it is not one, or belongs to another path."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']!r}")
        row = _row_of(told)
        if path_of(row.open_id, row.name) != path:
            raise ValueError(f"it is about {row.open_id}/{row.name}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise StoreError(unreadable(path, err)) from err
    return row


def _row_of(told: Mapping[str, Any]) -> PostState:
    texts: dict[str, Any] = {name: _text(told.get(name, "")) for name in _POST_TEXTS}
    if not texts["uid"] or not texts["open_id"] or not texts["name"]:
        raise ValueError("it names no post")
    row = PostState(
        **texts,
        generation=_count(told["generation"]),
        slot_at=_moment(told.get("slot_at")),
        removed_at=_moment(told.get("removed_at")),
    )
    attempts = tuple(_attempt_of(one, row) for one in told["attempts"])
    if [attempt.number for attempt in attempts] != list(range(1, len(attempts) + 1)):
        raise ValueError("its attempts are not numbered one by one")
    return replace(row, attempts=attempts)


def _attempt_of(told: Mapping[str, Any], row: PostState) -> Attempt:
    known: dict[str, Any] = {"post_uid": row.uid, "open_id": row.open_id}
    for field in _SHARED:
        if field.name not in told and field.default is not MISSING:
            continue
        value = told[field.name]
        known[field.name] = _read(field.name, value)
    return Attempt(**known, version=1)


def _read(name: str, value: Any) -> Any:
    match name:
        case "phase":
            return Phase(value)
        case "mode":
            return Mode(value)
        case "sent":
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case "pulls" | "retry":
            return value is True
        case "duration":
            return None if value is None else float(value)
        case "size" | "generation" | "number" | "chunk_size" | "chunk_count" | "sent_bytes":
            return _count(value)
        case _ if name in _TIMES:
            return _moment(value)
    return _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value.encode().decode()  # refuses a lone surrogate, which no store could keep


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is not a count")
    return value


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return moment
