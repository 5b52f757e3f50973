"""Any schedule, lived through: no post early, late or twice, no slot for two, and no surprise in between.

A made-up author adds, edits and removes posts and changes the slots of an account, while something runs apply now and
then: on time, late, not for days, in the nights in which clocks change, and with a clock that is wrong. The planner,
the giving out of slots and the state are the real ones; only the sending is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from contentsync.lifecycle import Phase
from contentsync.natural_order import natural
from contentsync.operations.plan import Made
from contentsync.operations.slots import give_slots
from contentsync.plan.action import AccountFacts, Action, Kind, Plan, World
from contentsync.plan.planner import make_plan
from contentsync.plan.schedule import due_clock, late_clock, rule_of
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.settings import Account, Slot
from contentsync.store.sqlite.database import open_memory
from contentsync.store.sqlite.shared import SharedCopy
from contentsync.store.sqlite.state import SqliteStore
from contentsync.times import zone_of
from tests.builders import OPEN_ID, a_media, a_post, an_account, an_attempt

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Each begins some days before a night in which the clocks of the zone change.
NIGHTS = {
    "Europe/Berlin": datetime(2026, 3, 26, 9, tzinfo=UTC),
    "America/New_York": datetime(2026, 10, 29, 9, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 10, 1, 9, tzinfo=UTC),
    "UTC": datetime(2026, 12, 29, 9, tzinfo=UTC),
}
STEPS = 60


@dataclass
class Life:
    """An author, an account and a state; and what was sent when."""

    seed: int
    store: SqliteStore
    posts: dict[str, DesiredPost] = field(default_factory=dict)
    sent: dict[str, datetime] = field(default_factory=dict)
    taken: list[datetime] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        zone = self.random.choice(list(NIGHTS))
        self.now = NIGHTS[zone]
        self.account = an_account(timezone=zone, slots=self.some_slots())
        self.made = 0

    # -- what the author does

    def some_slots(self) -> tuple[Slot, ...]:
        hours = self.random.sample([0, 1, 2, 3, 9, 18, 23], 2)
        minute = self.random.choice([0, 15, 30])
        days = self.random.choice([range(7), [5, 6], [0, 2, 4]])
        return tuple(Slot(day, hour, minute) for day in days for hour in hours)

    def some_time(self) -> datetime:
        return self.now + timedelta(minutes=self.random.randint(-300, 3_000))

    def add(self) -> None:
        self.made += 1
        name = f"part-{self.random.randint(1, 20)}-{self.made}"
        self.posts[name] = self.timed(a_post(name=name, media=(a_media(path=f"{name}.mp4", sha256=name),)))

    def timed(self, post: DesiredPost) -> DesiredPost:
        queued = self.random.random() < 0.7
        grace = self.random.choice([HOUR / 4, HOUR, 3 * HOUR, 2 * DAY])
        expires = self.some_time() + DAY if self.random.random() < 0.2 else None
        at = None if queued else self.some_time()
        return replace(post, next_slot=queued, publish_at=at, grace=grace, expires_at=expires)

    def edit(self) -> None:
        if waiting := [name for name in self.posts if name not in self.sent]:
            name = self.random.choice(waiting)
            self.posts[name] = self.timed(self.posts[name])
            self.excused.add(name)

    def remove(self) -> None:
        if waiting := [name for name in self.posts if name not in self.sent]:
            del self.posts[self.random.choice(waiting)]

    def change_slots(self) -> None:
        self.account = replace(self.account, slots=self.some_slots())

    def unpin(self) -> None:
        if pinned := [row for row in self.rows() if row.slot_at and row.name in self.posts]:
            row = self.random.choice(pinned)
            self.excused.add(row.name)
            self.store.give_slots(OPEN_ID, [row], [], "", self.now)

    def step(self) -> None:
        does = [self.add, self.add, self.add, self.add, self.edit, self.remove, self.unpin]
        if self.random.random() < 0.6:
            self.random.choice(does)()
        if self.random.random() < 0.05:
            self.change_slots()
        self.now += self.random.choice([HOUR / 4, HOUR / 2, *[HOUR] * 5, 2 * HOUR, 5 * HOUR, DAY, 3 * DAY])

    # -- what apply does

    def rows(self) -> list[PostState]:
        return self.store.posts(OPEN_ID)

    def world(self, now: datetime, tiktok_now: datetime | None) -> World:
        facts = AccountFacts(account=self.account, open_id=OPEN_ID, rows=tuple(self.rows()), tiktok_now=tiktok_now)
        return World(
            now=now, accounts={"acme": facts}, allow=frozenset({"max-creates-per-run", "max-creates-per-day"})
        )

    def apply(self, world: World) -> Plan:
        plan = make_plan(self.posts.values(), world)
        assert plan == make_plan(reversed(list(self.posts.values())), world)
        declared = {post.key: post for post in self.posts.values()}
        project = cast(Project, SimpleNamespace(store=self.store))
        give_slots(project, Made(plan, declared, world), plan.actions)
        for action in plan.actions:
            if action.kind is Kind.CREATE:
                self.send(declared[action.post], world)
        return plan

    def send(self, post: DesiredPost, world: World) -> None:
        row = self.store.ensure_post(post, OPEN_ID, now=world.now)
        ids = {"publish_id": f"v_pub_file~{post.name}", "post_id": f"74{len(self.sent)}", "post_uid": row.uid}
        done = an_attempt(post, phase=Phase.PUBLISHED, created_at=world.now, init_sent_at=world.now, **ids)
        assert post.name not in self.sent, "sent twice"
        self.sent[post.name] = world.now
        self.check_window(post, row, world)
        SharedCopy(self.store._db).put(replace(row, attempts=(*row.attempts, done)))

    # -- what must hold

    def check_window(self, post: DesiredPost, row: PostState, world: World) -> None:
        tiktok = world.accounts["acme"].tiktok_now
        opens = row.slot_at if post.next_slot else post.publish_at
        assert opens is not None and due_clock(world.now, tiktok) >= opens, "sent early"
        assert late_clock(world.now, tiktok) < (post.expires_at or opens + post.grace), "sent in a missed window"
        if post.next_slot:
            assert opens not in self.taken, "two posts in one slot"
            self.taken.append(opens)

    def check_slots(self, before: dict[str, PostState], plan: Plan, world: World) -> None:
        after = {row.name: row for row in self.rows()}
        pinned = [row.slot_at for row in after.values() if row.slot_at]
        assert len(set(pinned)) == len(pinned)
        tiktok = world.accounts["acme"].tiktok_now
        fresh = []
        for action in _waiting_for_slots(plan, self.posts):
            name = action.post.partition("/")[2]
            at, old = after[name].slot_at, before.get(name)
            assert at is not None and at == action.due_at and _is_slot(at, self.account), "not a slot of the account"
            if old is None or old.slot_at != at:
                fresh.append((at, natural(name)))
                assert old is None or old.slot_at is None or self.may_move(name, old, late_clock(world.now, tiktok))
        assert [key for _, key in sorted(fresh)] == sorted(key for _, key in fresh), "not in natural order"

    def may_move(self, name: str, old: PostState, late_now: datetime) -> bool:
        """Whether the post gave its slot up, by one of the ways that it may."""
        post = self.posts[name]
        assert old.slot_at is not None
        missed = late_now >= (post.expires_at or old.slot_at + post.grace)
        return missed or old.slot_rule != rule_of(self.account) or name in self.excused


def _waiting_for_slots(plan: Plan, posts: dict[str, DesiredPost]) -> list[Action]:
    queued = {post.key for post in posts.values() if post.next_slot}
    return [a for a in plan.actions if a.kind is Kind.WAIT and a.post in queued and a.due_at and not a.left]


def _is_slot(moment: datetime, account: Account) -> bool:
    there = moment.astimezone(zone_of(account.timezone))
    return Slot(there.weekday(), there.hour, there.minute) in account.slots and there.second == 0


@pytest.mark.parametrize("seed", range(30))
def test_no_post_is_early_late_or_twice_nor_moved_without_a_reason(seed: int) -> None:
    life = Life(seed, SqliteStore(open_memory()))
    for _ in range(STEPS):
        life.step()
        wrong = timedelta(minutes=life.random.choice([0, 0, 0, -3, 3, -90, 600]))
        world = life.world(life.now + wrong, life.now if life.random.random() < 0.9 else None)
        before = {row.name: row for row in life.rows()}
        plan = life.apply(world)
        life.check_slots(before, plan, world)
        again = make_plan(life.posts.values(), life.world(world.now, world.accounts["acme"].tiktok_now))
        assert not again.count(Kind.CREATE), "a second run right after the first one sends nothing"
        assert _due(again) == _due(plan), "nor does it move what waits"
        life.excused.clear()
    assert life.made > 0
    life.store.close()


def _due(plan: Plan) -> dict[str, datetime | None]:
    return {action.post: action.due_at for action in plan.actions if action.kind is Kind.WAIT}
