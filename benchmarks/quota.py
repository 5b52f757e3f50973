"""Are TikTok's limits used to the full, and never passed? Many accounts on a virtual clock, against the bound.

The planner, its forecast, the pacing by the minute and the turns of the accounts are the real ones. TikTok only
counts: it refuses an init that is one too many in a minute or in a day. The bound is what these limits allow, if
every request takes no time.
"""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from benchmarks.measure import Figure, seconds
from contentsync.account import NeverStop
from contentsync.errors import ContentsyncError
from contentsync.lifecycle import Phase
from contentsync.operations.side_by_side import in_turns
from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import PostState
from contentsync.settings import Account, App, Limits
from contentsync.tiktok.throttle import MemoryLedger, Throttle
from contentsync.tiktok.wire import Endpoint
from tests.builders import ManualClock, a_media, a_post, a_row

MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)
CAPS = Limits()


@dataclass
class Counted:
    """TikTok, as far as it counts: the inits of each account, and those that it refused."""

    clock: ManualClock
    a_day: int
    inits: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0

    def init(self, open_id: str) -> None:
        now, made = self.clock.now(), self.inits[open_id]
        for window, allowed in ((MINUTE, CAPS.inits_per_minute), (DAY, self.a_day)):
            self.refused += len(made) - bisect_right(made, now - window) >= allowed
        made.append(now)


@dataclass
class Fleet:
    """Accounts with the same number of posts each, and what became of these."""

    mode: Mode
    accounts: int
    posts: int
    clock: ManualClock = field(default_factory=ManualClock)
    rows: dict[str, list[PostState]] = field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.a_day = CAPS.posts_per_day if self.mode is Mode.DIRECT else CAPS.pending_drafts
        self.tiktok = Counted(self.clock, self.a_day)
        names = [f"account-{number:04}" for number in range(self.accounts)]
        self.known = {name: Account(name, open_id=f"open-id-of-{name}") for name in names}
        self.throttles = {name: Throttle(MemoryLedger(), self.clock, name) for name in names}
        self.declared = [self._post(name, number) for name in names for number in range(self.posts)]

    def _post(self, account: str, number: int) -> DesiredPost:
        name = f"post-{number:02}"
        media = a_media(path=f"{account}-{name}.mp4", sha256=f"{account}-{name}")
        return a_post(account=account, name=name, media=(media,), mode=self.mode)

    @property
    def bound(self) -> timedelta:
        """The least time from the first init to the last that the limits allow."""
        days = math.ceil(self.posts / self.a_day) - 1
        last_day = self.posts - days * self.a_day
        return days * DAY + (math.ceil(last_day / CAPS.inits_per_minute) - 1) * MINUTE

    def run(self) -> timedelta:
        """Plan, send what is due, go to the next forecast; until all is out. Returns how long that took."""
        began = self.clock.now()
        while due := self._plan_and_send():
            self.clock.advance(max(timedelta(), due - self.clock.now()))
        last = max(times[-1] for times in self.tiktok.inits.values())
        return last - began

    def _plan_and_send(self) -> datetime | None:
        """One apply. Returns when the next post is due; None where none is left."""
        facts = {
            name: AccountFacts(account, open_id=account.open_id, rows=tuple(self.rows[name]))
            for name, account in self.known.items()
        }
        app = App(audited=True, posting_users_per_day=None)
        plan = make_plan(self.declared, World(self.clock.now(), facts, app=app))
        posts = {post.key: post for post in self.declared}
        todo: dict[str, deque[DesiredPost]] = defaultdict(deque)
        for action in plan.actions:
            if action.kind is Kind.CREATE:
                todo[action.account].append(posts[action.post])

        def turn(account: Account) -> float:
            return self._turn(account, todo[account.name])

        failures: dict[str, ContentsyncError] = {}
        in_turns([self.known[name] for name in todo], turn, failures, self.clock, NeverStop())
        assert not failures
        return min((a.due_at for a in plan.actions if a.kind is Kind.WAIT and a.due_at), default=None)

    def _turn(self, account: Account, todo: deque[DesiredPost]) -> float:
        endpoint = Endpoint.VIDEO_INIT if self.mode is Mode.DIRECT else Endpoint.INBOX_INIT
        while todo:
            if wait := self.throttles[account.name].take(endpoint):
                return wait
            self._send(account, todo.popleft())
        return 0.0

    def _send(self, account: Account, post: DesiredPost) -> None:
        phase = Phase.PUBLISHED if self.mode is Mode.DIRECT else Phase.DELIVERED
        now = self.clock.now()
        with self._lock:
            self.tiktok.init(account.open_id or "")
            row = a_row(post, phase=phase, open_id=account.open_id)
            dated = {"created_at": now, "updated_at": now, "init_sent_at": now, "open_id": account.open_id}
            sent = tuple(replace(attempt, **dated) for attempt in row.attempts)
            self.rows[account.name].append(replace(row, attempts=sent))


def quota(accounts: int = 1_000, posts: int = 15) -> Iterator[Figure]:
    """P13: the time in which all is out, against the time that TikTok's limits allow."""
    for mode in (Mode.DIRECT, Mode.DRAFT):
        fleet, began = Fleet(mode, accounts, posts), time.perf_counter()
        taken = fleet.run()
        real, out = time.perf_counter() - began, sum(map(len, fleet.rows.values()))
        kind = "posts" if mode is Mode.DIRECT else "drafts"
        what = f"{accounts:,} accounts x {posts} {kind} on a virtual clock / what the limits allow"
        told = f"{taken}; {out:,} sent, {fleet.tiktok.refused} refused, {seconds(real)} real"
        ratio = taken / fleet.bound if not fleet.tiktok.refused and out == accounts * posts else None
        yield Figure("P13", what, told, str(fleet.bound), ratio, 1.01, limit="a minute counts as 60.5 s")
