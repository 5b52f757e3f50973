"""`/healthz`: whether a running watch works, and why not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.watch_health import Health

FORMAT: Final = "contentsync.health/1"


def document(health: Health, now: datetime) -> dict[str, Any]:
    """What `/healthz` answers. Codes and counts only: the answer needs no password."""
    reasons = health.reasons(now)
    return {
        "format": FORMAT,
        "ok": not reasons,
        "reasons": [{"code": reason.code, "what": reason.what} for reason in reasons],
        "active": health.is_active,
        "started_at": rfc3339(health.started_at, "seconds"),
        "last_look_at": rfc3339(health.last_look_at, "seconds"),
        "next_due": rfc3339(health.next_due, "seconds"),
        "sending": health.is_sending,
        "open": health.open_attempts,
        "waiting": health.waiting,
        "blocked": health.blocked,
        "unknown": health.unknown,
    }
