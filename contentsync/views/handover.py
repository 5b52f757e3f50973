"""`handover --json`: what the creator pastes and chooses for each draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from contentsync.operations.handover import Waiting
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.handover/1"


def document(found: Iterable[Waiting]) -> dict[str, Any]:
    return {"format": FORMAT, "posts": [_post(one) for one in found]}


def _post(one: Waiting) -> dict[str, Any]:
    handover = one.handover
    return {
        "post": one.post,
        "where": one.where or None,
        "delivered_at": rfc3339(one.delivered_at),
        "changed": one.is_changed,
        "kind": str(handover.kind) if handover else None,
        "title": handover.title if handover else None,
        "caption": handover.caption if handover else None,
        "paste": list(handover.to_paste) if handover else [],
        "choices": [asdict(choice) for choice in handover.choices] if handover else [],
    }
