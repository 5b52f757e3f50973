"""Who gets which slot, and when does a post give its slot up?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.plan.scene import Scene
from contentsync.plan.schedule import rule_of
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.settings import Account, Slot
from tests.builders import NOW, OPEN_ID, a_media, a_post, a_row, an_account

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NINE = NOW.replace(hour=9)
DAILY = tuple(Slot(day, 9, 0) for day in range(7))
ACCOUNT = an_account(slots=DAILY)


def queued(name: str, **over: Any) -> DesiredPost:
    return a_post(name=name, next_slot=True, media=(a_media(path=f"{name}.mp4", sha256=name),), **over)


def pinned(post: DesiredPost, at: datetime, account: Account = ACCOUNT) -> PostState:
    return a_row(post, attempts=(), slot_at=at, slot_rule=rule_of(account))


def slots_of(*posts: DesiredPost, rows: tuple[PostState, ...] = (), account: Account = ACCOUNT, **over: Any) -> Any:
    """When each post goes out, by name; for one that does not, what happens instead."""
    known = AccountFacts(account=account, open_id=OPEN_ID, rows=rows)
    plan = make_plan(posts, World(**({"now": NOW, "accounts": {"acme": known}} | over)))
    return {a.post.partition("/")[2]: a.due_at if a.kind is Kind.WAIT else a.kind for a in plan.actions}


def test_a_series_takes_its_slots_in_natural_order() -> None:
    series = [queued(f"part-{number}") for number in (10, 2, 1)]
    expected = {"part-1": NINE + DAY, "part-2": NINE + 2 * DAY, "part-10": NINE + 3 * DAY}
    assert slots_of(*series) == expected


def test_a_slot_that_was_given_out_stays_whatever_posts_are_added() -> None:
    old = queued("b")
    assert slots_of(old, queued("a"), rows=(pinned(old, NINE + DAY),)) == {"b": NINE + DAY, "a": NINE + 2 * DAY}


@pytest.mark.parametrize(
    ("late", "outcome"), [(HOUR - timedelta(seconds=1), Kind.CREATE), (HOUR, NINE + DAY), (9 * DAY, NINE + 10 * DAY)]
)
def test_a_missed_slot_is_given_up_for_the_next_free_one(late: timedelta, outcome: object) -> None:
    post = queued("a")
    assert slots_of(post, rows=(pinned(post, NINE),), now=NINE + late) == {"a": outcome}


def test_a_missed_slot_does_not_move_a_post_past_its_own_end() -> None:
    post = queued("a", expires_at=NINE + HOUR)
    assert slots_of(post, rows=(pinned(post, NINE),), now=NINE + 2 * HOUR) == {"a": Kind.BLOCKED}


@pytest.mark.parametrize(
    "edited", [replace(ACCOUNT, slots=(*DAILY, Slot(0, 7, 0))), replace(ACCOUNT, timezone="Asia/Tokyo")]
)
def test_other_slots_of_the_account_give_out_all_of_them_anew(edited: Account) -> None:
    first, second = queued("a"), queued("b")
    rows = (pinned(first, NINE + 5 * DAY), pinned(second, NINE + 3 * DAY))
    assert slots_of(first, second, rows=rows, account=edited) == slots_of(first, second, account=edited)


def test_another_spelling_of_the_same_slots_changes_nothing() -> None:
    post = queued("a")
    same = replace(ACCOUNT, slots=tuple(reversed(DAILY)))
    assert slots_of(post, rows=(pinned(post, NINE + 5 * DAY),), account=same) == {"a": NINE + 5 * DAY}


@pytest.mark.parametrize(("at", "kept"), [(NINE + 5 * DAY, True), (NINE + 5 * DAY + HOUR, False)])
def test_a_slot_of_an_older_version_is_kept_while_it_is_one(at: datetime, kept: bool) -> None:
    post = queued("a")
    rows = (replace(pinned(post, at), slot_rule=""),)
    assert slots_of(post, rows=rows) == {"a": at if kept else NINE + DAY}


def test_a_time_of_its_own_frees_the_slot_for_another_post() -> None:
    timed = a_post(name="a", publish_at=NINE + 20 * DAY)
    rows = (pinned(timed, NINE + DAY),)
    assert slots_of(timed, queued("b"), rows=rows) == {"a": NINE + 20 * DAY, "b": NINE + DAY}


def test_a_removed_post_frees_its_slot_but_not_while_a_file_cannot_be_read() -> None:
    gone = (pinned(queued("gone"), NINE + DAY),)
    assert slots_of(queued("b"), rows=gone) == {"b": NINE + DAY}
    assert slots_of(queued("b"), rows=gone, unread=("posts/broken.yaml",)) == {"b": NINE + 2 * DAY}


def test_a_renamed_post_keeps_its_slot() -> None:
    old = queued("old")
    new = replace(old, name="new")
    known = AccountFacts(account=ACCOUNT, open_id=OPEN_ID, rows=(pinned(old, NINE + DAY),))
    plan = make_plan([new, queued("b")], World(now=NOW, accounts={"acme": known}))
    assert [(a.post, a.kinds, a.due_at) for a in plan.actions] == [
        ("acme/new", {Kind.MOVE, Kind.WAIT}, NINE + DAY),
        ("acme/b", {Kind.WAIT}, NINE + 2 * DAY),
    ]


def test_the_state_is_told_which_slots_to_come_were_given_up() -> None:
    timed, kept = a_post(name="a", publish_at=NINE + 20 * DAY), queued("b")
    rows = (pinned(timed, NINE + DAY), pinned(kept, NINE + 2 * DAY), pinned(queued("gone"), NINE + 3 * DAY))
    facts = AccountFacts(account=ACCOUNT, open_id=OPEN_ID, rows=rows)
    scene = Scene(facts, {"a": timed, "b": kept}, World(now=NOW, accounts={"acme": facts}))
    assert [row.name for row in scene.freed()] == ["a", "gone"]


def test_slots_are_read_in_utc_and_in_summer_time() -> None:
    berlin = replace(ACCOUNT, timezone="Europe/Berlin")
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    assert slots_of(queued("a"), account=berlin, now=summer) == {"a": summer.replace(hour=7)}
