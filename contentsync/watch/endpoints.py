"""What can be asked of a running watch from outside: the pages of its port, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from contentsync.clock import Clock
from contentsync.operations.sign_ins import sign_in_ends
from contentsync.project import Project
from contentsync.watch.feed import Feed
from contentsync.watch.gauges import Gauges
from contentsync.watch.port import Answer, Port, address_of, as_json
from contentsync.watch_health import Health
from contentsync.web_server import extra_missing

#: What `/healthz` answers, with `ok`.
HealthPage = Callable[[Health, datetime], Mapping[str, Any]]


class Endpoints:
    """Serves `/healthz` and `/metrics` until it is closed."""

    def __init__(self, address: str, feed: Feed, clock: Clock, health_page: HealthPage) -> None:
        """address: HOST:PORT. Raises UsageError for an address that may not be used, or without the extra `web`."""
        self._clock, self._page = clock, health_page
        self._gauges = Gauges()
        standing_by = Health(started_at=clock.now(), is_active=False)
        self._health: Callable[[], Health] = lambda: standing_by
        write = self._exposition()
        self._port = Port(*address_of(address), {"/healthz": self._healthz, "/metrics": write})
        feed.listen(self._gauges.hear)

    @property
    def url(self) -> str:
        return self._port.url

    def show(self, health: Callable[[], Health]) -> None:
        """Report this watch from now on; before, it stands by."""
        self._health = health

    def look(self, project: Project) -> None:
        """Take what only the project's own files say."""
        self._gauges.sign_ins(sign_in_ends(project))

    def close(self) -> None:
        self._port.close()

    def _healthz(self) -> Answer:
        document = self._page(self._health(), self._clock.now())
        return as_json(200 if document["ok"] else 503, document)

    def _exposition(self) -> Callable[[], Answer]:
        try:
            from contentsync.watch import metrics
        except ImportError as err:
            raise extra_missing("--metrics", err) from err
        write = metrics.exposition(lambda: (self._health(), self._gauges.figures(), self._clock.now()))
        return lambda: (200, metrics.CONTENT_TYPE, write())
