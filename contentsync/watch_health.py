"""How is a running watch? One value, for `/healthz`, `/metrics` and `status --watch`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final

from contentsync.amounts import many
from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.times import span

#: How long the first look may take.
FIRST_LOOK: Final = timedelta(minutes=5)


@frozen
class Health:
    """What is known of the watch at one moment. Times are aware, in UTC."""

    started_at: datetime
    #: False while another watch has the place, and this one waits for it.
    is_active: bool = True
    #: When it last looked at all manifests and succeeded; None before the first time.
    last_look_at: datetime | None = None
    #: The seconds that this look took.
    look_seconds: float = 0.0
    #: The latest time of the next look: after that, something is wrong with the process.
    next_look_by: datetime | None = None
    #: What prevents looking or sending; None if nothing does.
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

    def reasons(self, now: datetime) -> tuple[Problem, ...]:
        """Why it does not work as it should; empty if it does, and while it stands by."""
        return tuple(self._reasons(now)) if self.is_active else ()

    def _reasons(self, now: datetime) -> Iterator[Problem]:
        if self.error is not None:
            yield self.error
        late = self.next_look_by is not None and now > self.next_look_by
        if late or (self.last_look_at is None and now - self.started_at > FIRST_LOOK):
            since = self.last_look_at or self.started_at
            yield Problem("look-late", f"the last look was {span(now - since)} ago", "restart contentsync watch")
        yield from self.accounts_failing.values()
        if self.unknown:
            what = f"the outcome of {many(self.unknown, 'post')} is unknown; their accounts wait"
            yield Problem("outcome-unknown", what, "settle them: contentsync resolve POST")
