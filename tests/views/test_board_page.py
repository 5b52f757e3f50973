"""What the board's pages say, from values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from contentsync.lifecycle import Phase
from contentsync.operations.board import AccountNow, Snapshot
from contentsync.operations.calendar import Calendar
from contentsync.operations.plan import Made
from contentsync.pause import Pause
from contentsync.plan.action import Quota, World
from contentsync.plan.planner import make_plan
from contentsync.views.board_page import Frame, now_page
from tests.builders import NOW, a_creator, a_row, an_account, an_attempt

SHOWS = Frame("/base", "token", False, "anna")
ACTS = replace(SHOWS, allow_actions=True)


def a_snapshot(**over: object) -> Snapshot:
    world = World(NOW, {})
    made = Made(make_plan([], world), {}, world)
    shown = Calendar(made, NOW, NOW, NOW, "UTC", (), (), False)
    one = AccountNow(an_account(), a_creator(), NOW, Quota(3, 5), None)
    empty = Snapshot(made, shown, (one,), (), (), (), (), ())
    return replace(empty, **over)  # type: ignore[arg-type]


def test_an_upload_under_way_shows_its_bytes() -> None:
    attempt = an_attempt(phase=Phase.UPLOADING, created_at=NOW - timedelta(minutes=3), sent_bytes=250_000)
    text = now_page(SHOWS, a_snapshot(open=(a_row(attempts=(attempt,)),)))
    assert '<progress max="1000000" value="250000"' in text and "250,000 of 1,000,000 bytes" in text
    assert "for 3 min" in text and "SECRET" not in text and "upload_token" not in text


def test_a_board_that_only_shows_has_no_form() -> None:
    pause = Pause("", "bob", NOW, "sale is over")
    assert "<form" not in now_page(SHOWS, a_snapshot(pauses=(pause,)))
    text = now_page(ACTS, a_snapshot(pauses=(pause,)))
    assert "Resume all accounts" in text and "sale is over" in text and 'value="token"' in text


def test_the_quota_and_the_nickname_are_shown() -> None:
    text = now_page(SHOWS, a_snapshot())
    assert "Acme Studio" in text and "3 of 15 posts left today" in text and "Nothing is being sent." in text
