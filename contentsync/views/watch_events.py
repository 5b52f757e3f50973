"""`watch --json`: one object a line. The first, `watching`, names the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from contentsync.plan.document import problem_as_json
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.watch_event import Happened

FORMAT: Final = "contentsync.watch/1"


def event(happened: Happened) -> dict[str, Any]:
    """One event of a watch."""
    named = {"format": FORMAT} if happened.word == "watching" else {}
    return {
        "event": str(happened.word),
        **named,
        "at": rfc3339(happened.at),
        "post": happened.post or None,
        "account": happened.account or None,
        "what": happened.words,
        "problem": problem_as_json(happened.problem) if happened.problem else None,
        **happened.detail,
    }
