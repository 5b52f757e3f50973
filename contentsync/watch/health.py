"""How is a running watch? One value, for `/healthz`, `/metrics` and `status --watch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contentsync.errors import Problem


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of the watch at one moment. Times are aware, in UTC."""

    started_at: datetime
    #: False while another watch has the place, and this one waits for it.
    is_active: bool = True
    #: When it last looked at all manifests and succeeded; None before the first time.
    last_look_at: datetime | None = None
    #: The seconds that this look took.
    look_seconds: float = 0.0
    #: By when the next look comes, whatever happens: later than that, something is wrong with the process.
    next_look_by: datetime | None = None
    #: What stands in the way of looking or sending; None where nothing does.
    error: Problem | None = None
    error_since: datetime | None = None
    #: The accounts that can't be worked for just now, with the reason.
    accounts_failing: Mapping[str, Problem] = field(default_factory=dict)
    #: When the next post is due, as far as is known.
    next_due: datetime | None = None
    #: Whether something is being sent.
    is_sending: bool = False
    #: Attempts that TikTok is processing.
    open_attempts: int = 0
    #: Posts that wait for their time, that something holds back, and whose outcome nobody knows.
    waiting: int = 0
    blocked: int = 0
    unknown: int = 0
    #: Results of posts since the start, by the word for each (`published`, `failed`, …).
    results: Mapping[str, int] = field(default_factory=dict)
    #: How files are watched: `events` or `polling`.
    files: str = "events"
    looks: int = 0

    def is_well(self, now: datetime) -> bool:
        """Whether it works: it looked lately, and nothing stands in its way."""
        late = self.next_look_by is not None and now > self.next_look_by
        return self.error is None and not late
