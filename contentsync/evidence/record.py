"""How is an attempt written outside the state, and read again? As plain JSON, in receipts and in the journal.

Upload addresses and queries of media URLs are never written: both may contain a key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from contentsync.evidence.witness import MADE_UP, Tried, is_own, to_the_millisecond, to_the_second
from contentsync.lifecycle import OVER, Phase
from contentsync.media_urls import without_queries
from contentsync.post import Mode
from contentsync.post_state import Attempt
from contentsync.times import rfc3339

TAKEN_IN: Final = "taken-in"  # the run of an attempt that was begun by another state
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# What a reader of such JSON has to expect of it.
MALFORMED: Final = (KeyError, TypeError, AttributeError, ValueError, OverflowError)


def as_json(attempt: Attempt) -> dict[str, Any]:
    """An attempt as it is written down."""
    return {
        "id": attempt.id if is_own(attempt) else None,
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
        "updated_at": rfc3339(attempt.updated_at, "milliseconds"),
        "problem": attempt.problem_code or None,
    }


def tried_of(told: Mapping[str, Any]) -> Tried:
    """What such JSON says of an attempt. Raises one of MALFORMED."""
    begun, updated = moment(told["started_at"]), moment(told.get("updated_at"))
    return Tried(
        phase=Phase(told["phase"]),
        number=count(told["number"]),
        generation=count(told["generation"]),
        id=text(told.get("id")),
        publish_id=text(told.get("publish_id")),
        started_at=to_the_second(begun) if begun else None,
        media=text(told.get("media_digest")),
        updated_at=to_the_millisecond(updated) if updated else None,
    )


def attempt_of(told: Mapping[str, Any], uid: str, open_id: str) -> Attempt:
    """The attempt that was written down, of the post `uid`. Raises one of MALFORMED."""
    phase, begun = Phase(told["phase"]), moment(told["started_at"])
    if begun is None:
        raise KeyError("started_at")
    sent = told["sent"]
    finished = moment(told["finished_at"]) or begun
    return Attempt(
        id=text(told.get("id")) or made_up(uid, *(told.get(key) for key in ("publish_id", "started_at", "number"))),
        post_uid=uid,
        open_id=open_id,
        generation=count(told["generation"]),
        phase=phase,
        mode=Mode(told["mode"]),
        pulls=bool(told["pulls"]),
        digest=text(told["digest"]),
        media_digest=text(told["media_digest"]),
        sha256=text(told["sha256"]),
        size=count(told["bytes"]),
        created_at=begun,
        updated_at=moment(told.get("updated_at")) or finished,
        run_id=TAKEN_IN,
        sent=text(json.dumps(sent, ensure_ascii=False, sort_keys=True)),
        caption=text(sent.get("caption")),
        privacy=text(sent.get("privacy")),
        duration=None if told["duration"] is None else float(told["duration"]),
        init_sent_at=begun,
        publish_id=text(told["publish_id"]),
        finished_at=finished,
        post_id=text(told["post_id"]),
        problem_code=_problem(told),
        number=count(told["number"]),
        version=1,
    )


def bare_attempt(tried: Tried, uid: str, open_id: str) -> Attempt:
    """The attempt of which a witness tells no more than that it was begun."""
    begun = tried.started_at or EPOCH
    return Attempt(
        id=tried.id or made_up(uid, tried.publish_id, tried.started_at, tried.number),
        post_uid=uid,
        open_id=open_id,
        generation=tried.generation,
        phase=tried.phase,
        mode=Mode.DIRECT,
        pulls=False,
        digest="",
        media_digest=tried.media,
        sha256="",
        size=0,
        created_at=begun,
        updated_at=begun,
        run_id=TAKEN_IN,
        publish_id=tried.publish_id,
        number=max(tried.number, 1),
        version=1,
    )


def _problem(told: Mapping[str, Any]) -> str:
    return text(told.get("problem"))


def lost(attempt: Attempt) -> Attempt:
    """An attempt of a lost state: if it was unfinished, it may have made progress since."""
    if attempt.phase in OVER:
        return attempt
    what = f"it was {attempt.phase} when its state was lost"
    return replace(attempt, phase=Phase.UNKNOWN, upload_url="", problem_code="state-lost", problem_what=what)


def made_up(*marks: object) -> str:
    """An id for an attempt without one: always the same for the same marks."""
    return MADE_UP + hashlib.sha256(" ".join(map(str, marks)).encode()).hexdigest()[:27]


def text(value: object) -> str:
    """Text that can be stored; empty for none. Raises TypeError or ValueError for anything else."""
    if not isinstance(value, str | None):
        raise TypeError(f"{value!r} is no text")
    return (value or "").encode().decode()  # a lone surrogate would break whoever stores it


def count(value: object) -> int:
    """A number that can be stored. Raises ValueError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is no count")
    return value


def moment(value: str | None) -> datetime | None:
    """An aware time. Raises ValueError or TypeError for anything else."""
    found = datetime.fromisoformat(value) if value else None
    if found is not None and found.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return found
