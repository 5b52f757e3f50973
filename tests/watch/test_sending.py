"""What does watch send, in which batch, and what does it tell of it? With a stand-in for what apply reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contentsync.attempt.told import Outcome, Result, Told
from contentsync.attempt.waiting import Stopped
from contentsync.errors import ContentsyncError, Problem, StoreLocked
from contentsync.watch.feed import Feed
from contentsync.watch.outlook import Candidate, Outlook
from contentsync.watch.reports import Reports
from contentsync.watch.retries import Retries
from contentsync.watch.sending import Sending
from contentsync.watch.settled_files import SettledFiles
from contentsync.watch.timetable import Instant
from contentsync.watch.work import Sent
from contentsync.watch.workers import InlineWorker
from contentsync.watch_event import Happened
from tests.builders import NOW, ManualClock

SETTLE = 5.0


def instant(mono: float) -> Instant:
    return Instant(NOW + timedelta(seconds=mono), mono)


class Desk:
    """A sender whose reports are written by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: list[str] = []
        feed = Feed()
        feed.listen(lambda live: self.said.append(f"{live.word} {live.post}") if isinstance(live, Happened) else None)
        self.tellings = Reports(feed, lambda _: None, ManualClock())
        self.batches: list[tuple[str, ...]] = []
        self.outcomes: list[Outcome] = []
        self.failures: dict[str, ContentsyncError] = {}
        self.error: ContentsyncError | None = None
        self.on_send: Any = lambda: None
        self.tell: Any = None
        stop: Any = SimpleNamespace(is_set=lambda: False)
        self.accounts = Retries()
        self.sending = Sending(
            root, self._send, InlineWorker(), stop, self.tellings, self.accounts, SettledFiles(SETTLE), lambda: 1.0
        )

    def _send(self, made: Any, keys: tuple[str, ...], tell: Any, _stop: Any) -> Sent:
        self.batches.append(keys)
        self.tell = tell
        self.on_send()
        if self.error:
            return Sent(keys, error=self.error)
        world = SimpleNamespace(now=datetime.now(UTC), accounts={})
        proposal = SimpleNamespace(made=SimpleNamespace(world=world), actions=())
        report: Any = SimpleNamespace(outcomes=tuple(self.outcomes), failures=self.failures, proposal=proposal)
        return Sent(keys, report)

    def saw(self, now: float, *posts: str, digest: str = "d") -> None:
        for post in posts:
            file = self.root / f"{post.partition('/')[2]}.yaml"
            if not file.exists():
                file.touch()
        ready = tuple(Candidate(post, digest, (f"{post.partition('/')[2]}.yaml",)) for post in posts)
        made: Any = SimpleNamespace()
        self.sending.saw(made, Outlook(ready=ready), instant(now))

    def step(self, now: float) -> float | None:
        at = self.sending.step(instant(now), lambda _: None)
        self.sending.take(instant(now))
        return at


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_is_still_goes_and_what_is_not_waits_for_its_moment(desk: Desk) -> None:
    desk.saw(0.0, "acme/a")
    desk.saw(3.0, "acme/a", "acme/b")
    assert desk.step(3.0) == 5.0
    assert desk.step(5.0) == 8.0
    assert desk.batches == [("acme/a",)]


def test_one_that_fails_pauses_alone(desk: Desk) -> None:
    desk.saw(0.0, "acme/bad", "acme/good")
    desk.outcomes = [Outcome("acme/bad", Result.FAILED, Problem("hosting", "no")), Outcome("acme/good", Result.HELD)]
    desk.step(5.0)
    desk.step(6.0)
    assert desk.batches == [("acme/bad", "acme/good")]
    desk.outcomes = []
    desk.saw(8.0, "acme/bad", "acme/new")
    desk.step(9.0)
    assert desk.batches == [("acme/bad", "acme/good")]
    desk.step(13.0)
    assert desk.batches[1:] == [("acme/bad", "acme/new")]


def test_a_failure_is_told_once_for_each_content(desk: Desk) -> None:
    desk.outcomes = [Outcome("acme/a", Result.FAILED, Problem("hosting", "no"))]
    for now, digest in ((0.0, "one"), (100.0, "one"), (200.0, "two")):
        desk.saw(now, "acme/a", digest=digest)
        desk.step(now + 10)
    assert desk.said.count("result acme/a") == 2


def test_an_account_that_can_not_be_worked_for_pauses_and_comes_back(desk: Desk) -> None:
    desk.failures = {"acme": ContentsyncError(Problem("not-sent", "no network"))}
    desk.saw(0.0, "acme/a", "other/b")
    desk.step(5.0)
    desk.step(7.0)
    assert desk.batches == [("acme/a", "other/b"), ("other/b",)]
    desk.failures = {}
    desk.step(10.0)
    assert desk.said.count("problem ") == 1
    assert desk.said.count("solved ") == 1


def test_a_lock_is_told_once_and_waited_for(desk: Desk) -> None:
    desk.error = StoreLocked(Problem("locked", "process 7 has it"))
    desk.saw(0.0, "acme/a")
    for now in (5.0, 6.0, 10.0, 15.0):
        desk.step(now)
    assert len(desk.batches) == 3
    assert desk.said.count("problem ") == 1
    desk.saw(16.0)  # the other process sent it
    assert desk.said.count("solved ") == 1


def test_an_end_that_was_told_is_not_followed_by_an_earlier_word(desk: Desk) -> None:
    desk.outcomes = [Outcome("acme/a", Result.PROCESSING)]
    desk.on_send = lambda: desk.tellings.result("acme/a", Result.PUBLISHED)
    desk.saw(0.0, "acme/a")
    desk.step(5.0)
    assert [said for said in desk.said if said.startswith("result")] == ["result acme/a"]
    assert desk.tellings.results == {"published": 1}


def test_a_stop_is_no_problem(desk: Desk) -> None:
    desk.error = Stopped()
    desk.saw(0.0, "acme/a")
    desk.step(5.0)
    assert [said for said in desk.said if said.startswith("problem")] == []


def test_a_post_counts_as_being_sent_until_its_result_is_taken_in(desk: Desk) -> None:
    """A plan made meanwhile may know the approval as used, and not the attempt that uses it."""
    desk.saw(0.0, "acme/a")
    desk.sending.step(instant(5.0), lambda _: None)
    assert desk.sending.is_sending("acme/a") and not desk.sending.is_sending("acme/b")
    desk.sending.take(instant(5.0))
    assert not desk.sending.is_sending("acme/a")


def test_sending_is_said_once_a_post_has_begun_and_once_for_an_upload_that_stops_and_goes_on(desk: Desk) -> None:
    def refused_at_the_last_look() -> None:
        desk.tell(Told("done", "acme/a"))

    def resumes() -> None:
        desk.tell(Told("resume", "acme/a"))

    desk.saw(0, "acme/a")
    desk.on_send = refused_at_the_last_look
    desk.step(6)
    assert desk.said == []
    desk.on_send = lambda: desk.tell(Told("begun", "acme/a"))
    desk.step(7)
    desk.on_send = resumes
    desk.step(8)
    desk.outcomes = [Outcome("acme/a", Result.PUBLISHED)]
    desk.step(9)
    assert desk.said == ["sending ", "result acme/a"]
