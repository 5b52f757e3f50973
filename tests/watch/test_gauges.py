"""What a watch counts, and how `/healthz` and `/metrics` tell it: no captions, no secrets, to this machine only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from contentsync.attempt.told import Told
from contentsync.board.serve import address_of as address_of_board
from contentsync.errors import Problem, UsageError
from contentsync.views.health import document
from contentsync.watch.endpoints import Endpoints
from contentsync.watch.feed import Feed
from contentsync.watch.gauges import Gauges
from contentsync.watch.port import address_of
from contentsync.watch_event import Happened, Word
from contentsync.watch_health import FIRST_LOOK, Health
from tests.builders import NOW, ManualClock
from tests.watch.virtual import a_stage

WELL = Health(started_at=NOW, last_look_at=NOW, next_look_by=NOW + timedelta(minutes=3))
GONE = Problem("root-gone", "the project's folder is not there")


@pytest.mark.parametrize(
    ("health", "later", "codes"),
    [
        (WELL, 0, []),
        (WELL, 200, ["look-late"]),
        (replace(WELL, last_look_at=None, next_look_by=None), 60, []),
        (replace(WELL, last_look_at=None, next_look_by=None), FIRST_LOOK.total_seconds() + 1, ["look-late"]),
        (replace(WELL, error=GONE), 0, ["root-gone"]),
        (replace(WELL, unknown=2), 0, ["outcome-unknown"]),
        (replace(WELL, accounts_failing={"acme": Problem("sign-in-needed", "")}), 0, ["sign-in-needed"]),
        (replace(WELL, error=GONE, is_active=False), 0, []),
    ],
)
def test_a_watch_is_ill_for_a_reason(health: Health, later: float, codes: list[str]) -> None:
    told = document(health, NOW + timedelta(seconds=later))
    assert ([reason["code"] for reason in told["reasons"]], told["ok"]) == (codes, not codes)


def test_bytes_and_results_are_counted_by_account() -> None:
    gauges = Gauges()
    for given in (10, 30, 5, 6):  # a new upload begins at its first byte again
        gauges.hear(Told("progress", "acme/one", {"given": given}))
    gauges.hear(Told("progress", "lily/one", {"given": 7}))
    for _ in range(2):
        gauges.hear(Happened(Word.RESULT, NOW, "", "acme/one", "acme", detail={"result": "published"}))
    figures = gauges.figures()
    assert figures.sent_bytes == {"acme": 36, "lily": 7}
    assert figures.results == {("acme", "published"): 2}


@pytest.fixture
def outside() -> Iterator[Endpoints]:
    made = Endpoints("127.0.0.1:0", Feed(), ManualClock(), document)
    yield made
    made.close()


def got(outside: Endpoints, path: str, host: str = "") -> tuple[int, str]:
    """Status and text of a page. host: as the request names it; as the address says unless given."""
    address = outside.url.removeprefix("http://")
    connection = HTTPConnection(address)
    connection.request("GET", path, headers={"Host": host or address})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_health_is_a_page_for_programs(outside: Endpoints) -> None:
    assert got(outside, "/healthz")[0] == 200
    outside.show(lambda: replace(WELL, error=GONE))
    status, text = got(outside, "/healthz")
    assert (status, json.loads(text)["reasons"][0]["code"]) == (503, "root-gone")


def test_a_request_for_another_host_is_turned_away(outside: Endpoints) -> None:
    assert got(outside, "/metrics", "evil.example")[0] == 421
    assert got(outside, "/metrics", "evil.example:9464")[0] == 421
    assert got(outside, "/metrics", "localhost:9464")[0] == 200
    assert got(outside, "/other")[0] == 404


def test_the_address_that_is_told_is_the_one_that_answers() -> None:
    made = Endpoints("127.0.0.2:0", Feed(), ManualClock(), document)
    try:
        assert got(made, "/healthz")[0] == 200
    finally:
        made.close()


def test_only_reading_is_served(outside: Endpoints) -> None:
    connection = HTTPConnection(outside.url.removeprefix("http://"))
    connection.request("POST", "/healthz", body=b"x")
    assert connection.getresponse().status == 501
    connection.close()


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9464", "9464", "example.com:80", "[::]:80", "192.168.1.2:80", "127.0.0.1:x"]
)
def test_an_address_that_others_can_reach_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        address_of(address)
    assert refused.value.problems[0].code == "metrics-address"


@pytest.mark.parametrize("address_of", [address_of, address_of_board])
@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("127.0.0.1:99999", "has a port that is not a number from 0 to 65535"),
        ("[::1]:65536", "has a port that is not a number from 0 to 65535"),
        ("localhost:http", "has a port that is not a number from 0 to 65535"),
        ("127.0.0.1:" + "9" * 5000, "has a port that is not a number from 0 to 65535"),
        ("127.0.0.1:", "has a port that is not a number from 0 to 65535"),
        ("127.0.0.1", "names no port"),
        ("[::1]", "names no port"),
        ("localhost", "names no port"),
        ("example.com:99999", "is not an address of this machine alone"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else value.__module__,
)
def test_what_is_wrong_is_named_the_port_or_the_host(
    address_of: Callable[[str], tuple[str, int]], address: str, fault: str
) -> None:
    with pytest.raises(UsageError) as refused:
        address_of(address)
    assert fault in refused.value.problems[0].what


@pytest.mark.parametrize(
    ("address", "expected"),
    [("localhost:80", ("127.0.0.1", 80)), ("127.0.0.2:0", ("127.0.0.2", 0)), ("[::1]:80", ("::1", 80))],
)
def test_an_address_of_this_machine_is_taken(address: str, expected: tuple[str, int]) -> None:
    assert address_of(address) == expected


def test_a_taken_port_says_so(outside: Endpoints) -> None:
    with pytest.raises(UsageError) as refused:
        Endpoints(outside.url.removeprefix("http://"), Feed(), ManualClock(), document)
    assert refused.value.problems[0].code == "port-taken"


def test_a_watch_is_told_in_figures_without_captions(tmp_path: Path) -> None:
    with a_stage(tmp_path) as stage:
        stage.studio.post("launch", caption="SECRETCAPTION")
        stage.studio.post("later", publish_at="2026-03-02T12:00:00Z")
        feed = Feed()
        made = Endpoints("127.0.0.1:0", feed, stage.time, document)
        try:
            stage.run(60, feed=feed)
            status, text = got(made, "/metrics")
        finally:
            made.close()
    assert status == 200
    lines = set(text.splitlines())
    assert 'contentsync_posts{account="acme",phase="published"} 1.0' in lines
    assert 'contentsync_actions{account="acme",action="wait"} 1.0' in lines
    assert 'contentsync_results_total{account="acme",result="published"} 1.0' in lines
    assert any(line.startswith('contentsync_upload_bytes_total{account="acme"} ') for line in lines)
    assert any(line.startswith('contentsync_quota_left{account="acme",mode="direct"} ') for line in lines)
    assert any(line.startswith('contentsync_next_due_seconds{account="acme"} ') for line in lines)
    assert "SECRETCAPTION" not in text and "launch" not in text
