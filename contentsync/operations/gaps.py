"""When does nothing go out? The slots that no post has, and the days without a post, for each account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from contentsync.frozen import frozen
from contentsync.lifecycle import SUCCESS
from contentsync.operations.plan import Made
from contentsync.plan.action import AccountFacts, Action, Kind
from contentsync.plan.forecast import free_slots
from contentsync.plan.scene import Scene
from contentsync.plan.schedule import FreeSlots
from contentsync.post import DesiredPost
from contentsync.settings import Account
from contentsync.times import zone_of


@frozen
class Gap:
    """What is empty for one account until a time."""

    account: str
    #: The IANA name of its zone.
    timezone: str
    free_slots: tuple[datetime, ...]
    #: By the account's own calendar.
    days: tuple[date, ...]


def scenes_of(made: Made) -> dict[str, Scene]:
    """What the plan knows of each account, by its name."""
    posts: dict[str, dict[str, DesiredPost]] = {name: {} for name in made.world.accounts}
    for post in made.posts.values():
        posts[post.account][post.name] = post
    return {name: Scene(made.world.accounts[name], mine, made.world) for name, mine in posts.items()}


def free_slots_of(made: Made, name: str, slots: FreeSlots, until: datetime) -> Iterator[datetime]:
    """The slots of an account that no post has, nor gets by this plan."""
    given = {action.due_at for action in _waiting_for_slots(made, name) if action.due_at}
    yield from free_slots(slots, given, until)


def _waiting_for_slots(made: Made, account: str) -> Iterator[Action]:
    for action in made.plan.actions:
        post = made.posts.get(action.post)
        if action.account == account and Kind.WAIT in action.kinds and post and post.next_slot:
            yield action


def gaps(
    made: Made, accounts: Mapping[str, Account], going_out: Mapping[str, Iterable[datetime]], until: datetime
) -> tuple[Gap, ...]:
    """The gaps of each account that has slots, or posts to come. going_out: by account, when its posts do."""
    now, scenes = made.plan.created_at, scenes_of(made)
    found = []
    for name, account in accounts.items():
        times = list(going_out.get(name, ()))
        if not (times or account.slots):
            continue
        scene = scenes.get(name)
        slots = scene.slots if scene else FreeSlots(account, (), now)
        free = tuple(free_slots_of(made, name, slots, until))
        busy = [*times, *(_sent(scene.facts) if scene else ())]
        found.append(Gap(name, account.timezone, free, tuple(_empty_days(busy, account.timezone, now, until))))
    return tuple(gap for gap in found if gap.free_slots or gap.days)


def _sent(facts: AccountFacts) -> Iterator[datetime]:
    """When posts went out."""
    for row in facts.rows:
        for attempt in row.attempts:
            if attempt.phase in SUCCESS:
                yield attempt.finished_at or attempt.updated_at


def _empty_days(times: Iterable[datetime], timezone: str, now: datetime, until: datetime) -> Iterator[date]:
    """The days from today on at which nothing goes out."""
    zone = zone_of(timezone)
    busy = {moment.astimezone(zone).date() for moment in times}
    day, last = now.astimezone(zone).date(), until.astimezone(zone).date()
    while day < last:
        if day not in busy:
            yield day
        day += timedelta(days=1)
