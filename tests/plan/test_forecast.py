"""What the calendar shows is what the engine will do: forecasts compared with plans that are carried out.

The engine here is the planner on a virtual clock: at each time at which something is due it plans anew, as `watch`
does, and what the plan creates is published at once. No post may go out at another time than the calendar said, and
none that the calendar does not show. What terminal, page and .ics file say of a post is compared with it too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import click
import pytest

from contentsync.cli.commands.calendar import line_of
from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.lifecycle import Phase
from contentsync.operations.calendar import Calendar, entry_ahead
from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.forecast import free_slots
from contentsync.plan.planner import make_plan
from contentsync.plan.scene import Scene
from contentsync.plan.schedule import FreeSlots, rule_of
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.settings import Account, App, Limits, Slot
from contentsync.views import calendar_page
from contentsync.views.ics import events
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_account, an_attempt

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HORIZON = 60 * DAY
SLOTS = tuple(Slot(day, hour, 0) for day in range(7) for hour in (9, 18))


@dataclass
class Engine:
    """Accounts, posts and rows, and a clock that moves only by what is due."""

    now: datetime = NOW
    accounts: dict[str, Account] = field(default_factory=dict)
    posts: dict[str, DesiredPost] = field(default_factory=dict)
    rows: dict[str, PostState] = field(default_factory=dict)
    users: int | None = None
    #: The names of posts that another state on the machine has sent, as the journal says.
    elsewhere: set[str] = field(default_factory=set)

    def world(self) -> World:
        facts = {}
        for name, account in self.accounts.items():
            open_id = f"{OPEN_ID}-{name}"
            mine = tuple(row for row in self.rows.values() if row.account == name)
            noted = [self.posts[key] for key in sorted(self.elsewhere & self.posts.keys())]
            journal = [a_note(post) for post in noted if post.account == name]
            facts[name] = AccountFacts(account, open_id, a_creator(open_id=open_id), mine, journal=journal)
        attempts = tuple(a for row in self.rows.values() for a in row.attempts if a.created_at > self.now - DAY)
        app = App("key", "secret", audited=True, posting_users_per_day=self.users)
        return World(now=self.now, accounts=facts, app=app, attempts=attempts, lineage="mine")

    def calendar(self) -> Calendar:
        world = self.world()
        mine = {
            name: {post.name: post for post in self.posts.values() if post.account == name} for name in self.accounts
        }
        scenes = {name: Scene(world.accounts[name], mine[name], world) for name in self.accounts}
        actions = make_plan(self.posts.values(), world).actions
        entries = [
            entry_ahead(one, self.posts[one.post], scenes[one.account], self.now)
            for one in actions
            if one.kind is not Kind.UNKNOWN
        ]
        span = {"since": self.now - DAY, "until": self.now + HORIZON, "timezone": "UTC"}
        made: Any = None
        return Calendar(made, self.now, **span, entries=tuple(entries), free=(), has_approvals=False)

    def carry_out(self) -> tuple[dict[str, datetime], datetime | None]:
        """Send what is due now. Returns when each post went out, and when the next one is due."""
        plan = make_plan(self.posts.values(), self.world())
        sent, due = {}, []
        for action in plan.actions:
            post = self.posts[action.post]
            if Kind.CREATE in action.kinds:
                sent[post.key] = self.now
                self._publish(post)
            elif Kind.WAIT in action.kinds and action.due_at:
                due.append(action.due_at)
                if post.next_slot and not action.left:
                    self._give_slot(post, action.due_at)
        return sent, min(due, default=None)

    def run(self, until: datetime) -> dict[str, datetime]:
        """Carry out whatever is due until a time, as watch does."""
        sent: dict[str, datetime] = {}
        while self.now <= until:
            now_sent, due = self.carry_out()
            sent |= now_sent
            if due is None or due > until:
                break
            assert due > self.now, "a wait that is over is no wait"
            self.now = due
        self.now = until
        return sent

    def copy(self) -> Engine:
        return replace(self, posts=dict(self.posts), rows=dict(self.rows))

    def lose(self, key: str) -> None:
        """An attempt whose outcome nobody knows, or what a person found out of it."""
        row = self.rows[key]
        phase = Phase.PUBLISHED if row.attempts[-1].phase is Phase.UNKNOWN else Phase.UNKNOWN
        self.rows[key] = replace(row, attempts=(*row.attempts[:-1], replace(row.attempts[-1], phase=phase)))

    def _publish(self, post: DesiredPost) -> None:
        open_id = f"{OPEN_ID}-{post.account}"
        row = self.rows.get(post.key) or a_row(post, open_id=open_id, attempts=())
        ids = {"id": f"{post.key}-{len(row.attempts)}", "post_id": f"{len(self.rows)}{self.now:%m%d%H%M%S}"}
        attempt = an_attempt(post, phase=Phase.PUBLISHED, open_id=open_id, created_at=self.now, **ids)
        self.rows[post.key] = replace(row, attempts=(*row.attempts, attempt), generation=post.generation)

    def _give_slot(self, post: DesiredPost, slot: datetime) -> None:
        row = self.rows.get(post.key) or a_row(post, open_id=f"{OPEN_ID}-{post.account}", attempts=())
        self.rows[post.key] = replace(row, slot_at=slot, slot_rule=rule_of(self.accounts[post.account]))


def an_engine(chance: random.Random, scarce: bool) -> Engine:
    """scarce: caps that put most posts off."""
    engine = Engine(users=chance.choice([None, 1, 2]) if scarce else None)
    for name in ("acme", "bolt", "cafe"):
        caps = Limits(posts_per_day=chance.choice([1, 2, 15])) if scarce else Limits(posts_per_day=1000)
        engine.accounts[name] = an_account(name, open_id=f"{OPEN_ID}-{name}", slots=SLOTS, limits=caps)
    return engine


def edit(engine: Engine, chance: random.Random, number: int, scarce: bool) -> None:
    """One random edit of the repository, or some time that passes.

    scarce: no post has a slot, and none without a time has a twin. Where caps put off slots, their order follows from
    what is overdue by then, so the forecast of one may move while it waits; and which of two twins goes first may
    change where one of them goes out sooner than said.
    """
    waiting = [key for key in engine.posts if key not in engine.rows or not engine.rows[key].attempts]
    kinds = [
        "add",
        "add",
        "add",
        "move",
        "hold",
        "slot",
        "drop",
        "pause",
        "again",
        "pass",
        "lose",
        "twin",
        "elsewhere",
    ]
    kind = chance.choice(kinds)
    key = chance.choice(waiting) if waiting else ""
    if kind == "add" or not key:
        account = chance.choice(list(engine.accounts))
        at = chance.choice([None, engine.now + chance.randrange(-30, 200) * HOUR / 3])
        name = f"post-{number}"
        post = a_post(name=name, account=account, publish_at=at, media=(a_media(f"{name}.mp4"),), caption=name)
        engine.posts[post.key] = replace(post, grace=chance.choice([HOUR, 3 * DAY, 30 * DAY]))
    elif kind == "move":
        engine.posts[key] = replace(
            engine.posts[key], publish_at=engine.now + chance.randrange(200) * HOUR / 3, next_slot=False
        )
    elif kind == "hold":
        engine.posts[key] = replace(engine.posts[key], hold=not engine.posts[key].hold)
    elif kind == "slot" and not scarce:
        engine.posts[key] = replace(engine.posts[key], publish_at=None, next_slot=True)
    elif kind == "drop":
        del engine.posts[key]
        engine.rows.pop(key, None)
    elif kind == "pause":
        name = engine.posts[key].account
        engine.accounts[name] = replace(engine.accounts[name], paused=not engine.accounts[name].paused)
    elif kind == "again" and (done := [key for key in engine.posts if key not in waiting]):
        again = chance.choice(done)
        engine.posts[again] = replace(engine.posts[again], generation=engine.posts[again].generation + 1)
    elif kind == "lose" and (done := [key for key in engine.posts if key not in waiting]):
        engine.lose(chance.choice(done))
    elif kind == "twin" and (others := [post for post in engine.posts.values() if post.publish_at or not scarce]):
        other = chance.choice(others)
        at = engine.now + chance.randrange(1, 200) * HOUR / 3
        twin = replace(other, name=f"twin-{number}", generation=1, publish_at=at, next_slot=False, hold=False)
        engine.posts[twin.key] = twin
    elif kind == "elsewhere":
        engine.elsewhere ^= {key}
    else:
        engine.run(engine.now + chance.randrange(48) * HOUR)


def a_note(post: DesiredPost) -> Witness:
    """What the machine's journal says of a post that another state has sent."""
    attempt = Tried.of(an_attempt(post, phase=Phase.PUBLISHED, id=f"elsewhere-{post.key}", post_id=f"of-{post.key}"))
    return Witness(Source.JOURNAL, post.name, (attempt,), media=post.media_digest, lineage="another")


def shown(calendar: Calendar) -> Iterator[tuple[str, str, str]]:
    """What the terminal, the page and the .ics file say of each post, after its key."""
    items = {item.post: item.stands for item in calendar_page.items_of(calendar)}
    texts = {event.name: event.text for event in events(calendar)}
    for entry in calendar.entries:
        post, terminal = entry.post, click.unstyle(line_of(entry, calendar))
        yield post, "terminal", terminal
        yield post, "page", items[post]
        generation = f"#{entry.generation}" if entry.generation > 1 else ""
        if entry.at is not None:
            yield post, "ics", texts[entry.name + generation]


def sooner(calendar: Calendar, said: dict[str, datetime], done: dict[str, datetime]) -> dict[str, datetime]:
    """The posts that went out sooner than said, since one that has room is held, as by an unknown outcome.

    It keeps its room, since a person may settle that in time; by then it leaves the room to others.
    """
    held = [one for one in calendar.entries if one.at is not None and not one.goes_out]
    return {key: done[key] for key in said if held and key in done and done[key] < said[key]}


@pytest.mark.parametrize("scarce", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_each_post_goes_out_when_the_calendar_says_after_1000_edits(seed: int, scarce: bool) -> None:
    chance = random.Random(seed)
    engine = an_engine(chance, scarce)
    for number in range(50):
        edit(engine, chance, number, scarce)
        calendar = engine.calendar()
        said = {one.post: one.at for one in calendar.entries if one.goes_out}
        done = engine.copy().run(engine.now + HORIZON)
        assert done == said | sooner(calendar, said, done), f"seed {seed}, after edit {number}"
        for post, where, text in shown(calendar):
            assert ("goes out" in text.replace("does not go out", "")) == (post in done), f"{where}: {text}"


def test_free_slots_are_those_that_no_post_has_or_gets() -> None:
    account = an_account(slots=(Slot(0, 9, 0), Slot(2, 9, 0)))
    taken = [datetime.fromisoformat("2026-03-02T09:00:00+00:00")]
    given = [datetime.fromisoformat("2026-03-04T09:00:00+00:00")]
    found = list(free_slots(FreeSlots(account, taken, NOW), given, NOW + 10 * DAY))
    assert [f"{slot:%a %d}" for slot in found] == ["Mon 09", "Wed 11"]


def test_a_post_without_a_time_never_takes_the_room_of_one_that_is_due_later() -> None:
    engine = Engine(accounts={"acme": an_account(open_id=f"{OPEN_ID}-acme", limits=Limits(posts_per_day=1))})
    evening = NOW + 8 * HOUR
    for name, at in (("any", None), ("more", None), ("evening", evening)):
        post = a_post(name=name, publish_at=at, media=(a_media(f"{name}.mp4"),), caption=name)
        engine.posts[post.key] = post
    said = {one.post: one.at for one in engine.calendar().entries}
    assert said == {"acme/evening": evening, "acme/any": evening + DAY, "acme/more": evening + 2 * DAY}
    assert engine.run(NOW + 10 * DAY) == said
