"""What holds for every plan, whatever is declared, remembered and listed?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.evidence.compare import is_settled, tells_more
from contentsync.evidence.witness import Tried
from contentsync.lifecycle import OPEN, SUCCESS, Phase
from contentsync.plan import planfile
from contentsync.plan.action import AccountFacts, Action, Kind, Plan, World
from contentsync.plan.caps import MAY_SHOW
from contentsync.plan.planner import make_plan
from contentsync.plan.schedule import holds_slot
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import Attempt, PostState
from contentsync.settings import App, Limits
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_account, an_attempt
from tests.plan.worlds import worlds

DAY = timedelta(days=1)
MAY_COUNT = OPEN | SUCCESS | {Phase.UNKNOWN, Phase.ABANDONED}
Given = tuple[tuple[DesiredPost, ...], World]


def plan_of(given: Given) -> Plan:
    return make_plan(*given)


def of_kind(plan: Plan, *kinds: Kind) -> list[Action]:
    return [action for action in plan.actions if action.kind in kinds]


def spent(attempt: Attempt) -> datetime:
    """When it used up a cap: with its init; one that was only put down will, now."""
    unsent = attempt.phase is Phase.INTENT and attempt.init_sent_at is None
    return NOW if unsent else attempt.init_sent_at or attempt.created_at


def counted(facts: AccountFacts, *modes: Mode) -> list[Attempt]:
    return [a for row in facts.rows for a in row.attempts if a.mode in modes and a.phase in MAY_COUNT]


def planned(plan: Plan, given: Given, *modes: Mode) -> list[tuple[str, datetime]]:
    """The account and time of each send that this plan would begin, now or later."""
    rows = {f"{n}/{r.name}": r for n, facts in given[1].accounts.items() for r in facts.rows}
    begun = {key for key, row in rows.items() if any(a.is_open for a in row.attempts)}
    return [
        (action.account, action.due_at or NOW)
        for action in of_kind(plan, Kind.CREATE, Kind.WAIT)
        if action.mode in modes and action.post not in begun and (action.due_at or action.kind is Kind.CREATE)
    ]


def most_in_a_day_around(times: list[datetime], moment: datetime) -> int:
    """The largest number of `times` in any sliding day that holds `moment`."""
    ends = [end for end in times if moment <= end < moment + DAY]
    return max(sum(end - DAY < time <= end for time in times) for end in ends)


@given(worlds(), st.integers())
def test_the_order_of_what_is_given_makes_no_difference(world: Given, seed: int) -> None:
    declared, known = world

    def shuffled(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(Random(seed).sample(items, len(items)))

    turned = {
        name: replace(f, rows=shuffled(f.rows), remote=replace(f.remote, videos=shuffled(f.remote.videos)))
        for name, f in reversed(known.accounts.items())
    }
    other = replace(known, accounts=turned, attempts=shuffled(known.attempts))
    assert make_plan(shuffled(declared), other) == make_plan(declared, known)


@given(worlds())
def test_each_post_has_exactly_one_decision(world: Given) -> None:
    plan = plan_of(world)
    keys = Counter(action.post for action in plan.actions)
    declared = {post.key for post in world[0]}
    assert max(keys.values(), default=1) == 1
    assert sum(key in declared for key in keys) + plan.unchanged == len(declared)
    assert all(action.reason for action in plan.actions)


@given(worlds())
def test_nothing_is_created_beside_what_may_be_live(world: Given) -> None:
    declared, known = world
    posts = {post.key: post for post in declared}
    for action in of_kind(plan_of(world), Kind.CREATE):
        post = posts[action.post]
        row = next((row for row in known.accounts[post.account].rows if row.name == post.name), None)
        tried = row.attempts if row else ()
        assert not [a for a in tried if a.phase in OPEN | {Phase.UNKNOWN}]
        assert not [a for a in tried if a.phase in MAY_COUNT and a.generation >= post.generation]
        assert post.post_id is None
        assert row is None or not row.removed_at or post.generation > row.generation


@given(worlds())
def test_an_unknown_or_a_pause_lets_nothing_of_its_account_be_created(world: Given) -> None:
    known = world[1]
    created = {action.account for action in of_kind(plan_of(world), Kind.CREATE)}
    unknown = {
        n for n, f in known.accounts.items() if any(a.phase is Phase.UNKNOWN for r in f.rows for a in r.attempts)
    }
    assert not created & (unknown | {name for name, facts in known.accounts.items() if facts.account.paused})


@given(worlds())
def test_no_cap_is_passed_now_or_in_the_forecast(world: Given) -> None:
    plan, known = plan_of(world), world[1]
    for name, facts in known.accounts.items():
        for mode, cap in (
            (Mode.DIRECT, facts.account.limits.posts_per_day),
            (Mode.DRAFT, facts.account.limits.pending_drafts),
        ):
            pending = [a for a in counted(facts, mode) if not (mode is Mode.DRAFT and a.phase is Phase.PUBLISHED)]
            coming = [at for account, at in planned(plan, world, mode) if account == name]
            times = [spent(a) for a in pending] + coming
            assert all(most_in_a_day_around(times, moment) <= cap for moment in coming)


@given(worlds())
def test_the_app_never_posts_for_more_accounts_than_it_may(world: Given) -> None:
    plan, known = plan_of(world), world[1]
    cap = known.app.posting_users_per_day
    coming = planned(plan, world, Mode.DIRECT)
    times = coming + [(n, spent(a)) for n, facts in known.accounts.items() for a in counted(facts, Mode.DIRECT)]
    for _, moment in coming:
        ends = [end for _, end in times if moment <= end < moment + DAY]
        users = [{name for name, at in times if end - DAY < at <= end} for end in ends]
        assert cap is None or max(map(len, users)) <= cap


@given(worlds())
def test_no_guard_is_passed_unless_it_is_lifted(world: Given) -> None:
    plan, known = plan_of(world), world[1]
    created = Counter(action.account for action in of_kind(plan, Kind.CREATE))
    for name, count in created.items():
        facts = known.accounts[name]
        before = sum(spent(a) > NOW - DAY for a in counted(facts, *Mode))
        guards = facts.account.limits
        assert "max-creates-per-run" in known.allow or count <= guards.max_creates_per_run
        assert "max-creates-per-day" in known.allow or count + before <= guards.max_creates_per_day
        new = {a.post for a in of_kind(plan, Kind.CREATE)} - {f"{name}/{r.name}" for r in facts.rows if r.attempts}
        shown = any(r.removed_at or any(a.phase in MAY_SHOW for a in r.attempts) for r in facts.rows)
        young = facts.noted_elsewhere and not shown and not any(r.bound_post_id for r in facts.rows)
        assert "existing-posts" in known.allow or not (young and [key for key in new if key.startswith(f"{name}/")])


@given(worlds())
def test_what_any_witness_tells_and_the_rows_do_not_is_never_sent_whatever_guard_is_lifted(world: Given) -> None:
    plan, posts = plan_of(world), {post.key: post for post in world[0]}
    sends = (a for a in plan.actions if a.kinds & {Kind.CREATE, Kind.RESUME} and a.post in posts)
    for action in (a for a in sends if not posts[a.post].post_id):
        post, facts = posts[action.post], world[1].accounts[action.account]
        sent = {a.id: a for row in facts.rows for a in row.attempts}
        for witness in (w for w in (*facts.receipts.values(), *facts.journal) if w.name == post.name):
            beyond = [t for t in witness.tried if t.id not in sent or tells_more(t, Tried.of(sent[t.id]))]
            names = {post.name, action.moved_from.partition("/")[2]}
            resumes = [a.generation for r in facts.rows if r.name in names for a in r.attempts if a.is_open]
            generation = max(resumes) if Kind.RESUME in action.kinds else post.generation
            assert all(t.generation < generation for t in beyond), witness.tried
            rows = [r for r in facts.rows if r.name in names]
            is_settled_by_now = any(is_settled(r, generation) for r in rows)
            assert witness.legible or is_settled_by_now or is_only_asked(action, rows)


def is_only_asked(action: Action, rows: list[PostState]) -> bool:
    """Whether the action asks TikTok for the end of a complete attempt, beside one that a person has to settle."""
    attempts = [a for row in rows for a in row.attempts]
    live = [a.may_be_live or a.phase is Phase.PROCESSING for a in attempts if a.is_open]
    return Kind.CREATE not in action.kinds and all(live) and any(a.phase is Phase.UNKNOWN for a in attempts)


@given(worlds())
def test_no_post_is_created_beside_a_public_video_that_is_like_it_unless_that_is_lifted(world: Given) -> None:
    plan, posts = plan_of(world), {post.key: post for post in world[0]}
    for action in of_kind(plan, Kind.CREATE) if "lookalike" not in world[1].allow else []:
        post, facts = posts[action.post], world[1].accounts[action.account]
        claimed = {p.post_id for p in world[0] if p.account == post.account}
        free = [v for v in facts.remote.videos if v.post_id not in facts.bindings and v.post_id not in claimed]
        assert not [v for v in free if v.caption == post.caption != "" and v.duration == 10]
        assert "existing-posts" in world[1].allow or not {post.name, post.media_digest} & facts.left_out


@given(worlds())
def test_no_two_posts_get_one_video_one_row_or_one_slot(world: Given) -> None:
    plan, known = plan_of(world), world[1]
    adopted = [(a.account, a.adopts) for a in of_kind(plan, Kind.ADOPT)]
    moved = [(a.account, a.moved_from) for a in of_kind(plan, Kind.MOVE)]
    assert len(set(adopted)) == len(adopted)
    assert len(set(moved)) == len(moved)
    assert not [video for name, video in adopted if video in known.accounts[name].bindings]
    fresh = {p.key for p in world[0] if p.next_slot} - {
        f"{n}/{r.name}" for n, f in known.accounts.items() for r in f.rows
    }
    slots = [(a.account, a.due_at) for a in of_kind(plan, Kind.WAIT) if a.post in fresh and a.due_at and not a.left]
    assert len(set(slots)) == len(slots)
    assert not [at for name, at in slots if at in held_slots(world, known.accounts[name])]


def held_slots(world: Given, facts: AccountFacts) -> set[datetime | None]:
    """The slots that declared posts were given before this plan, and keep."""
    posts = {post.name: post for post in world[0] if post.account == facts.account.name}
    rows = [row for row in facts.rows if row.name in posts and not row.removed_at]
    return {row.slot_at for row in rows if holds_slot(posts[row.name], row, facts.account, world[1].now)}


@given(worlds(), st.data())
def test_a_selection_does_nothing_outside_of_it(world: Given, data: st.DataObject) -> None:
    declared, known = world
    keys = [post.key for post in declared] + [row.key for facts in known.accounts.values() for row in facts.rows]
    chosen = frozenset(data.draw(st.sets(st.sampled_from(keys)))) if keys else frozenset()
    plan = make_plan(declared, known, chosen)
    assert {action.post for action in plan.actions} <= chosen
    assert plan.inputs == plan_of(world).inputs


@given(worlds())
def test_a_plan_comes_back_from_its_file_as_it_was(world: Given) -> None:
    plan = plan_of(world)
    assert planfile.load(planfile.dump(plan, "1.0"), "plan.json")[0] == plan


def a_world(*rows: object, **over: object) -> World:
    facts = AccountFacts(an_account(), OPEN_ID, a_creator(), tuple(rows))  # type: ignore[arg-type]
    app = App(audited=True, posting_users_per_day=None)
    return World(**({"now": NOW, "accounts": {"acme": facts}, "app": app} | over))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "cap", "days"),
    [(Mode.DIRECT, 15, [15, 15, 10]), (Mode.DRAFT, 5, [5] * 8)],
)
def test_forty_posts_are_spread_over_the_days_that_they_need(mode: Mode, cap: int, days: list[int]) -> None:
    posts = [a_post(name=f"p{n:02}", mode=mode, media=(a_media(f"{n}.mp4"),)) for n in range(40)]
    facts = AccountFacts(an_account(limits=Limits(max_creates_per_run=40)), OPEN_ID, a_creator())
    plan = make_plan(posts, World(NOW, {"acme": facts}, App(audited=True, posting_users_per_day=None)))
    due = Counter((action.due_at or NOW) for action in plan.actions)
    assert due == {NOW + DAY * day: count for day, count in enumerate(days)}
    assert [action.left for action in plan.actions] == [False] * cap + [True] * (40 - cap)


def test_a_window_slides_with_each_post_that_leaves_it() -> None:
    posts = [a_post(name=f"p{n}", media=(a_media(f"{n}.mp4"),)) for n in range(3)]
    done = tuple(an_attempt(id=f"old-{n}", created_at=NOW - timedelta(hours=n)) for n in range(1, 16))
    plan = make_plan(posts, a_world(a_row(a_post(name="old"), attempts=done)))
    waits = [action.due_at for action in of_kind(plan, Kind.WAIT)]
    assert waits == [NOW + timedelta(hours=hours) for hours in (9, 10, 11)]


def test_moving_a_file_makes_no_new_post_and_no_other_fingerprint() -> None:
    post = a_post()
    moved = replace(post, where=replace(post.where, file="posts/2026/launch.yaml"), places=())
    plan, again = make_plan([post], a_world(a_row(post))), make_plan([moved], a_world(a_row(post)))
    assert (plan.unchanged, again.unchanged, plan.inputs) == (1, 1, again.inputs)


def test_posts_of_an_account_that_could_not_be_asked_are_left_out() -> None:
    plan = make_plan([a_post(), a_post(account="other")], a_world())
    assert [action.post for action in plan.actions] == ["acme/launch"]
    assert plan.inputs == make_plan([a_post()], a_world()).inputs
