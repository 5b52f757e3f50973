"""Right before an intent: would a plan still say what was approved, by what is known now and by both clocks?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Kind, Remote, World
from contentsync.plan.last_look import against, edited, expired
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.settings import App
from tests.builders import NOW, OPEN_ID, a_creator, a_post, a_remote, a_row, an_account, an_attempt

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
POST = a_post()


def a_world(post: DesiredPost = POST, **over: Any) -> World:
    now = over.pop("now", NOW)
    known: dict[str, Any] = {"account": an_account(), "open_id": OPEN_ID, "creator": a_creator()} | over
    return World(now=now, accounts={"acme": AccountFacts(**known)}, app=App(audited=True))


def look(post: DesiredPost = POST, kind: Kind = Kind.CREATE, **over: Any) -> tuple[str, bool] | None:
    """The kind that speaks against it, and whether something is left undone."""
    world = a_world(post, **over)
    found = against(kind, post, world.accounts["acme"], world, {post.name: post})
    return found and (str(found.kind), found.left)


def planned(post: DesiredPost, **over: Any) -> str:
    plan = make_plan([post], a_world(post, **over))
    return str(plan.actions[0].kind)


def test_nothing_speaks_against_what_is_as_it_was() -> None:
    assert look() is None


@pytest.mark.parametrize("late", [HOUR, DAY])
def test_a_window_that_closed_meanwhile_is_missed(late: timedelta) -> None:
    post = a_post(publish_at=NOW - late, grace=HOUR)
    assert look(post, now=NOW - late) is None
    assert look(post) == ("blocked", True)


def test_a_pause_meanwhile_is_waited_for_and_leaves_nothing_undone() -> None:
    assert look(account=an_account(paused=True)) == ("wait", False)


def test_what_another_witness_says_of_the_post_by_now_stops_it() -> None:
    told = Witness(Source.RECEIPT, "launch", (Tried(Phase.PUBLISHED, 1, id="there"),))
    assert look(receipts={"launch": told}) == ("blocked", True)
    assert look(journal=(replace(told, source=Source.JOURNAL),)) == ("blocked", True)
    assert look(remote=Remote(videos=(a_remote(),))) == ("blocked", True)
    assert look(rows=(a_row(POST, phase=Phase.PUBLISHED),)) == ("unchanged", True)
    assert look(rows=(a_row(POST, phase=Phase.UPLOADING),)) == ("resume", True)


def test_an_unknown_of_another_post_meanwhile_stops_it() -> None:
    assert look(rows=(a_row(a_post(name="other", media=()), phase=Phase.UNKNOWN),)) == ("blocked", True)


def test_an_open_upload_past_its_window_is_resumed_to_be_ended() -> None:
    post = a_post(publish_at=NOW - HOUR, grace=HOUR)
    open_one = a_row(post, attempts=(an_attempt(post, phase=Phase.UPLOADING),))
    assert look(post, Kind.RESUME, rows=(open_one,), now=NOW - MINUTE) is None
    assert look(post, Kind.RESUME, rows=(open_one,)) is None  # it is ended: tests/attempt/test_window.py


# Two clocks.


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"), [(-1, -1, "wait"), (-1, 0, "wait"), (0, -1, "wait"), (0, 0, "create")]
)
def test_a_post_is_due_once_both_clocks_say_so(ours: int, theirs: int, kind: str) -> None:
    post = a_post(publish_at=NOW)
    clocks: dict[str, Any] = {"now": NOW + ours * DAY, "tiktok_now": NOW + theirs * DAY}
    assert planned(post, **clocks) == kind
    assert (look(post, **clocks) is None) == (kind == "create")


def test_a_second_before_by_tiktok_s_clock_is_early_too() -> None:
    post = a_post(publish_at=NOW)
    assert planned(post, now=NOW + MINUTE, tiktok_now=NOW - timedelta(seconds=1)) == "wait"


def test_a_wait_for_tiktok_s_clock_keeps_the_author_s_time_and_says_why() -> None:
    post = a_post(publish_at=NOW)
    action = make_plan([post], a_world(post, now=NOW + DAY, tiktok_now=NOW - MINUTE)).actions[0]
    assert (action.due_at, action.left) == (NOW, False)
    assert "TikTok's clock" in action.reason


@pytest.mark.parametrize(
    ("opened", "ours", "kind"),
    [(HOUR, -DAY, "blocked"), (HOUR, 4 * MINUTE, "blocked"), (MINUTE, DAY, "create"), (HOUR, -4 * MINUTE, "create")],
)
def test_a_window_is_over_by_tiktok_s_clock_where_ours_is_wrong_and_else_by_ours(
    opened: timedelta, ours: timedelta, kind: str
) -> None:
    post = a_post(publish_at=NOW - opened, grace=HOUR)
    assert planned(post, now=NOW + ours, tiktok_now=NOW) == kind


# The plan and the manifest themselves.


def test_another_manifest_than_the_approved_one_is_not_sent() -> None:
    assert edited(POST, POST) is None
    for now in (None, replace(POST, caption="Another"), replace(POST, publish_at=NOW)):
        found = edited(POST, now)
        assert found is not None and found.problem.code == "edited-after-approval"


def test_a_plan_that_is_a_day_old_begins_nothing() -> None:
    plan = make_plan([POST], a_world())
    late = expired(plan, NOW + DAY)
    assert expired(plan, NOW + DAY - MINUTE) is None
    assert late is not None and late.problem.code == "plan-expired"
