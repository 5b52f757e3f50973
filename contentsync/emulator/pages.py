"""How can a page of a list be wrong? Its cursor goes back, or it is empty although more pages follow."""

from __future__ import annotations

import json

from contentsync.emulator.faults import Action
from contentsync.emulator.message import Request, Response, as_json
from contentsync.emulator.refusal import Refused


def turned(answer: Response, request: Request, action: Action, now: float) -> Response:
    """The page as a fault changes it; an answer that is no page stays as it is. now: Unix seconds."""
    body = json.loads(answer.body)
    page = body.get("data") or {}
    if "has_more" not in page:
        return answer
    items = "videos" if "videos" in page else "comments"
    beginning = int(now * 1_000) + 1 if items == "videos" else 0  # videos go by time downward, comments by number
    page["has_more"] = True
    if action is Action.EMPTY_PAGE:
        page[items] = []
        asked = _cursor_of(request)
        page["cursor"] = asked if items == "comments" else (asked or beginning) - 1
    else:
        page["cursor"] = beginning
    return as_json(answer.status, body)


def _cursor_of(request: Request) -> int:
    try:
        cursor = request.json().get("cursor", 0)
    except Refused:
        return 0
    return cursor if isinstance(cursor, int) else 0
