"""When may something that failed be tried again?"""

from __future__ import annotations

from contentsync.watch.retries import Retries


def test_pauses_grow_up_to_a_limit() -> None:
    tries, now = Retries(), 0.0
    pauses = []
    for _ in range(10):
        at = tries.failed("post", now)
        pauses.append(at - now)
        now = at
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_one_that_fails_holds_no_other_back() -> None:
    tries = Retries()
    tries.failed("bad", 10.0)
    assert (tries.may("bad", 14.9), tries.may("bad", 15.0), tries.may("good", 10.0)) == (False, True, True)


def test_other_content_is_tried_at_once() -> None:
    tries = Retries()
    tries.failed("post", 10.0, "digest")
    assert tries.may("post", 11.0, "digest") is False
    assert tries.may("post", 11.0, "another") is True


def test_a_moment_that_is_known_counts_instead() -> None:
    tries = Retries()
    assert tries.failed("post", 10.0, until=4000.0) == 4000.0
    assert tries.may("post", 3999.0) is False


def test_success_ends_it() -> None:
    tries = Retries()
    tries.failed("post", 10.0)
    assert (tries.succeeded("post"), tries.succeeded("post"), tries.may("post", 10.0)) == (True, False, True)
