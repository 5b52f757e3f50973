"""When does watch ask TikTok, and what does it tell of the answers?"""

from __future__ import annotations

from datetime import timedelta

from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, Problem
from contentsync.lifecycle import Phase
from contentsync.notices import tell_nobody
from contentsync.watch.feed import Feed, Live
from contentsync.watch.following import Following
from contentsync.watch.reports import Reports
from contentsync.watch.retries import Retries
from contentsync.watch.timetable import Instant
from contentsync.watch.work import Asked
from contentsync.watch.workers import InlineWorker
from contentsync.watch_event import Happened
from tests.builders import NOW, ManualClock, a_row, an_attempt

KEY = "acme/launch"
SIGNED_OUT = ContentsyncError(Problem("sign-in", "signed out", "contentsync login acme"))


def at(seconds: float) -> Instant:
    return Instant(NOW + timedelta(seconds=seconds), seconds)


def a_following(asked: Asked, feed: Feed, clock: Clock) -> Following:
    accounts, reports = Retries(), Reports(feed, tell_nobody, clock)
    nothing = Asked(accounts=frozenset({"acme"}), failures=asked.failures)
    return Following(
        lambda _keys: asked,
        lambda _names: nothing,
        Asked,
        InlineWorker(),
        reports,
        accounts,
        lambda: 1.0,
    )


def test_while_an_account_must_not_be_asked_the_next_step_is_not_now() -> None:
    following = a_following(Asked(failures={"acme": SIGNED_OUT}), Feed(), ManualClock())
    following.saw(frozenset({KEY}), ("acme",), at(0))
    following.step(at(0))
    following.take(at(0))  # it failed: not again before 5 s are over
    assert following.step(at(3)) == 5.0


def test_an_end_that_could_not_be_kept_is_told_once_and_asked_about_ever_more_seldom() -> None:
    """The disk is full, so that each look finds the attempt as it was before the answer."""
    before = a_row(attempts=(an_attempt(phase=Phase.PROCESSING),))
    after = a_row(attempts=(an_attempt(phase=Phase.PUBLISHED),))
    heard: list[Live] = []
    feed = Feed()
    feed.listen(heard.append)
    following = a_following(Asked({KEY: before}, {KEY: after}, frozenset({"acme"})), feed, ManualClock())
    asked = 0
    for second in range(300):
        following.saw(frozenset({KEY}), ("acme",), at(second))
        following.step(at(second))
        asked += following.take(at(second))
    assert len([one for one in heard if isinstance(one, Happened)]) == 1
    assert asked < 30


def test_silence_about_an_open_attempt_is_told_once_with_its_end_and_lasts_in_the_health() -> None:
    heard: list[Live] = []
    feed = Feed()
    feed.listen(heard.append)
    silent = Asked(accounts=frozenset({"acme"}), no_news={"acme": Problem("not-sent", "no connection")})
    following = a_following(silent, feed, ManualClock())
    now, long_silent = [0], []
    following._ask = lambda _keys: silent if now[0] < 30 else Asked(heard=frozenset({"acme"}))
    for second in range(60):
        now[0] = second
        following.saw(frozenset({KEY}), ("acme",), at(second))
        following.step(at(second))
        following.take(at(second))
        long_silent += [second] if following.long_silent(second) else []
    assert [str(one.word) for one in heard if isinstance(one, Happened)] == ["problem", "solved"]
    assert long_silent[0] == 22 and 30 <= long_silent[-1] < 50


def test_silence_ends_with_the_last_open_attempt_of_the_account() -> None:
    heard: list[Live] = []
    feed = Feed()
    feed.listen(heard.append)
    silent = Asked(accounts=frozenset({"acme"}), no_news={"acme": Problem("not-sent", "no connection")})
    following = a_following(silent, feed, ManualClock())
    for second in range(5):
        following.saw(frozenset({KEY}), ("acme",), at(second))
        following.step(at(second))
        following.take(at(second))
    following.saw(frozenset(), ("acme",), at(5))
    assert [str(one.word) for one in heard if isinstance(one, Happened)] == ["problem", "solved"]
    assert not following.long_silent(99.0)


def test_what_a_reading_showed_is_told_as_over_once_all_accounts_say_so() -> None:
    """The clock was wrong, one account could not be asked, and then the clock is right."""
    heard: list[Live] = []
    feed = Feed()
    feed.listen(heard.append)
    following = a_following(Asked(), feed, ManualClock())
    both = frozenset({"acme", "other"})
    wrong = [Problem("clock-wrong", f"this machine's clock is {minutes} min ahead") for minutes in (60, 61)]
    answers = [
        Asked(accounts=both, notes=(wrong[0],)),
        Asked(accounts=both, notes=(wrong[1],)),
        Asked(accounts=both, failures={"other": SIGNED_OUT}),
        Asked(accounts=both),
        Asked(accounts=both),
    ]
    following._refresh = lambda _names: answers.pop(0)
    following.saw(frozenset(), ("acme", "other"), at(0))
    while answers:
        now = at(1000 * (6 - len(answers)))
        following.step(now)
        following.take(now)
    told = [one for one in heard if isinstance(one, Happened) and one.account != "other"]
    assert [(str(one.word), one.account) for one in told] == [("problem", ""), ("solved", "")]
