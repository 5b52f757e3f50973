"""How are the figures written for Prometheus? The only module that knows prometheus-client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from contentsync.watch.gauges import Figures
from contentsync.watch_health import Health

CONTENT_TYPE = CONTENT_TYPE_LATEST
Read = Callable[[], tuple[Health, Figures, datetime]]


class _Collector:
    """Turns the values of the moment into metrics, at each scrape."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        health, figures, now = self._read()
        yield from _of_watch(health, now)
        yield _pairs(
            "contentsync_posts", "Posts that were begun, by the phase of the newest attempt", "phase", figures.posts
        )
        yield _pairs("contentsync_actions", "Posts by what the plan would do", "action", figures.actions)
        yield _pairs(
            "contentsync_quota_left", "Posts that may still be sent in the sliding day", "mode", figures.quota_left
        )
        yield _spans("contentsync_next_due_seconds", "Seconds until the next post is due", figures.next_due, now)
        overdue = {name: now - (since - now) for name, since in figures.overdue_since.items()}
        yield _spans("contentsync_overdue_seconds", "Seconds for which the most overdue post is late", overdue, now)
        yield _spans(
            "contentsync_sign_in_expires_seconds", "Seconds until the sign-in ends", figures.sign_in_ends, now
        )
        sent = CounterMetricFamily("contentsync_upload_bytes", "Bytes sent since the start", labels=["account"])
        for name, count in figures.sent_bytes.items():
            sent.add_metric([name], count)
        yield sent
        results = CounterMetricFamily(
            "contentsync_results", "Results of posts since the start", labels=["account", "result"]
        )
        for (name, result), count in figures.results.items():
            results.add_metric([name, result], count)
        yield results


def _of_watch(health: Health, now: datetime) -> Iterator[Metric]:
    plain = {
        "contentsync_healthy": ("1 while /healthz says 200", float(not health.reasons(now))),
        "contentsync_active": ("0 while another watch has the place", float(health.is_active)),
        "contentsync_sending": ("1 while something is being sent", float(health.is_sending)),
        "contentsync_open_attempts": ("Attempts that TikTok is processing", float(health.open_attempts)),
        "contentsync_look_seconds": ("Seconds that the last look took", health.look_seconds),
    }
    for name, (words, value) in plain.items():
        yield GaugeMetricFamily(name, words, value)
    if health.last_look_at is not None:
        age = (now - health.last_look_at).total_seconds()
        yield GaugeMetricFamily("contentsync_last_look_age_seconds", "Seconds since the last look", age)
    failing = GaugeMetricFamily(
        "contentsync_account_failing", "1 for an account that can't be worked for now", labels=["account", "code"]
    )
    for name, problem in health.accounts_failing.items():
        failing.add_metric([name, problem.code], 1)
    yield failing


def _pairs(name: str, words: str, second: str, counts: Mapping[tuple[str, str], int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["account", second])
    for labels, count in counts.items():
        family.add_metric(list(labels), count)
    return family


def _spans(name: str, words: str, moments: Mapping[str, datetime], now: datetime) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["account"])
    for account, moment in moments.items():
        family.add_metric([account], (moment - now).total_seconds())
    return family


def exposition(read: Read) -> Callable[[], bytes]:
    """What writes the metrics of the moment, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(read))
    return lambda: generate_latest(registry)
