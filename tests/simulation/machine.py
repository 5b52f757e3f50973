"""One process: it loads, reads TikTok, plans, waits for approval, applies. The real code, over simulated seams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from contentsync.apply.account_run import AccountRun
from contentsync.apply.around import Run
from contentsync.apply.following import Following
from contentsync.attempt.steps import Steps
from contentsync.attempt.told import Tell
from contentsync.attempt.waiting import StoppableClock
from contentsync.errors import ContentsyncError, Problem, SignInNeeded, StoreError, StoreLocked
from contentsync.evidence.compare import tells_more
from contentsync.evidence.journal import Noted, witnesses
from contentsync.evidence.witness import Tried
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Kind, Plan, Remote
from contentsync.plan.action import World as Facts
from contentsync.plan.last_look import Against, against, edited
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import Attempt, PostState
from contentsync.remote import look_at_attempts, read_list
from contentsync.settings import Account, App
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.state import SqliteStore
from contentsync.tiktok.chunks import ChunkPlan
from contentsync.tiktok.client import Client
from contentsync.tiktok.throttle import Throttle
from tests.at_work import AtWorkInATest
from tests.simulation.network import Crash, Line, Parcel, QuickClient
from tests.simulation.world import API, EPOCH, Answer

if TYPE_CHECKING:
    from tests.simulation.life import Life

T = TypeVar("T")

OPEN_ID = "open-id-of-acme"
ACCOUNT = Account("acme", OPEN_ID, mode=Mode.DIRECT)
CHUNK = 16
START = datetime.fromtimestamp(EPOCH, UTC)
DAY = timedelta(hours=24)


def small_chunks(size: int) -> ChunkPlan:
    """As TikTok has it, with sixteen bytes for five megabytes."""
    return ChunkPlan(CHUNK, size // CHUNK) if size >= 2 * CHUNK else ChunkPlan(size, 1)


class Stop:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.asked = False

    def is_set(self) -> bool:
        return self.asked


class MachineClock:
    """The machine's clock: a wall clock that may be set, and seconds that only count on."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._life = machine, machine.life
        self._slept = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._life.world.now + self._life.skew)

    def monotonic(self) -> float:
        return self._life.world.now

    def sleep(self, seconds: float) -> None:
        self._life.pass_time(max(seconds, 0.0))
        self._slept += seconds
        if self._slept >= 4.0:  # waits come in small slices
            self._slept = 0.0
            self._life.turns.offer()
            self._machine.check_alive()


class Bearer:
    """A token that is renewed by counting up, unless the account was signed out meanwhile."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._renewed = machine, 0

    def token(self) -> str:
        return f"act.{self._renewed}"

    def refresh(self, stale: str) -> str:
        if self._machine.signed_out:
            raise SignInNeeded(Problem("signed-out", "the refresh token was revoked"))
        self._renewed += 1
        return self.token()

    def scopes(self) -> frozenset[str] | None:
        return None

    def renewal(self) -> str:
        return ""


class MediaFile:
    """A path to a file that may be overwritten while it is read."""

    def __init__(self, content: Callable[[], bytes]) -> None:
        self._content = content

    def open(self, mode: str = "rb", buffering: int = 0) -> io.RawIOBase:
        return _Live(self._content)

    def __str__(self) -> str:
        return "the media"


class _Live(io.RawIOBase):
    def __init__(self, content: Callable[[], bytes]) -> None:
        self._content, self._offset = content, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._offset = offset + (len(self._content()) if whence == 2 else 0)
        return self._offset

    def read(self, size: int = -1) -> bytes:
        block = self._content()[self._offset :][: size if size >= 0 else None]
        self._offset += len(block)
        return block

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class WatchedStore(SqliteStore):
    """The real store, with a point before and after each commit that matters."""

    def __init__(self, database: Database, machine: Machine) -> None:
        super().__init__(database, machine.name)
        self._machine = machine

    def begin(self, post: DesiredPost, attempt: Attempt, now: datetime) -> Attempt:
        self._machine.life.promises.begins(self._machine, post)
        return self._watched("intent", lambda: super(WatchedStore, self).begin(post, attempt, now))

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        def write() -> Attempt:
            return super(WatchedStore, self).save(attempt, what, binds=binds, **detail)

        return self._watched(f"{what} → {attempt.phase}", write)

    def move(self, row: PostState, post: DesiredPost, now: datetime, why: str = "") -> bool:
        return self._watched("move", lambda: super(WatchedStore, self).move(row, post, now, why))

    def bind_post(self, post: DesiredPost, open_id: str, post_id: str, how: str, now: datetime) -> bool:
        return self._watched("bind", lambda: super(WatchedStore, self).bind_post(post, open_id, post_id, how, now))

    def _watched(self, what: str, write: Callable[[], T]) -> T:
        machine = self._machine
        fault = machine.life.point(machine, "write", f"write {what}")
        if fault == "crash-before":
            machine.crash()
        if fault == "disk-full":
            raise StoreError(Problem("state-full", "no room to write the state"))
        done = write()
        if isinstance(done, Attempt):
            machine.wrote(done)
        if fault == "crash-after":
            machine.crash()
        return done


class Around:
    """What lies around a run: the same looks as in the product, and no files."""

    def __init__(self, machine: Machine, posts: dict[str, DesiredPost], client: Client) -> None:
        self._machine, self._client = machine, client
        self._posts = {post.name: post for post in posts.values()}

    def last_look(self, kind: Kind, post: DesiredPost) -> Against | None:
        machine = self._machine
        now = next((other for other in machine.life.manifests() if other.key == post.key), None)
        if changed := edited(post, now):
            return changed
        facts = machine.facts(machine.clock.now(), self._client.tiktok_now)
        return against(kind, post, facts.accounts["acme"], facts, self._posts)

    @contextmanager
    def sending(self, open_id: str) -> Iterator[None]:
        """The lock of the identity, of all checkouts; one state's own processes are held apart by nothing here."""
        life, machine = self._machine.life, self._machine
        if len(life.states) == 1:
            yield
            return
        if life.sender is not None and life.sender is not machine:
            raise StoreLocked(Problem("locked", f"{life.sender.name} sends"))
        life.sender = machine
        try:
            yield
        finally:
            life.sender = None

    def sending_again(self, open_id: str) -> AbstractContextManager[None]:
        return self.sending(open_id)


@dataclass(frozen=True)
class Parts:
    """The code under test, each part of which a wrong variant may stand in for."""

    machine: type[Machine] | None = None
    store: type[WatchedStore] = WatchedStore
    steps: type[Steps] = Steps
    around: type[Around] = Around
    plan: Callable[[Iterable[DesiredPost], Facts], Plan] = make_plan


@dataclass
class AtWorkInALife(AtWorkInATest):
    """Every post has its file in memory, and goes in small chunks."""

    life: Life = field(kw_only=True)
    journal: dict[str, Noted] = field(kw_only=True)

    def path_of(self, post: DesiredPost) -> Path:
        return cast(Path, MediaFile(self.life.media_of(post)))

    def plan_chunks(self, size: int) -> ChunkPlan:
        return small_chunks(size)

    def note_begun(self, attempt: Attempt) -> None:
        row = self.store.post(attempt.post_uid)
        self._note(attempt, row.name if row else "")

    def write_receipt(self, row: PostState, _tell: Tell) -> bool:
        for attempt in row.attempts[-1:]:
            self._note(attempt, row.name)
        return True

    def _note(self, attempt: Attempt, name: str) -> None:
        """As the journal of the machine: one note an attempt, with the phase that tells more."""
        tried, before = Tried.of(attempt), self.journal.get(attempt.id)
        if before and before.tried and tells_more(before.tried, tried):
            tried = replace(tried, phase=before.tried.phase)
        self.journal[attempt.id] = Noted(self.store.lineage, name, tried)


class Machine:
    """One run of one process.

    asked, opened: the postings whose status it asked for, and those that it began. inits: by post, those that
    TikTok may have seen. unknown: whether it knows of one. error: what ended the run early.
    """

    def __init__(self, life: Life, name: str, parts: Parts) -> None:
        self.life, self.name, self.parts = life, name, parts
        self.alive, self.may_apply, self.signed_out, self.error = True, True, False, ""
        self.stop = Stop()
        self.state = life.states[len(life.machines) % len(life.states)]
        self.plan: Plan | None = None
        self.asked: set[str] = set()
        self.inits: dict[str, int] = {}
        self.unknown = False

    def run(self) -> None:
        """Plan, and apply the plan; only look, where another has the lock."""
        self.may_apply = not (self.life.locks and self.life.at_work)
        self.life.at_work += 1
        try:
            self._run()
        except Crash:
            self.life.say(self, "CRASHED")
        except ContentsyncError as err:
            self.error = str(err)
            self.life.say(self, f"ended early: {err}")
        finally:
            self.life.at_work -= 1

    def _run(self) -> None:
        life = self.life
        posts = {post.key: post for post in life.manifests()}
        self.clock = clock = MachineClock(self)
        waiting = StoppableClock(clock, self.stop)
        throttle = Throttle(life.ledger, waiting, OPEN_ID)
        self.store = life.store_of(self)
        kind = Client if life.script.whole_wire else QuickClient
        with kind(API, Bearer(self), throttle, waiting, Line(self)) as client:
            at_work = AtWorkInALife(self.store, client, clock, Path(), life=life, journal=life.journal_of(self))
            steps = self.parts.steps(at_work, lambda told: None, self.stop)
            self.look_around(steps, client)
            facts = self.facts(clock.now(), client.tiktok_now)
            self.plan = self.parts.plan(posts.values(), facts)
            self.unknown = self.has_unknown()
            life.say(
                self, "plan: " + ("; ".join(f"{a.kind} {a.post}, {a.reason}" for a in self.plan.actions) or "rest")
            )
            if not self.may_apply:
                return
            if life.point(self, "approve", "approval") == "crash-before":
                self.crash()
            one = AccountRun(OPEN_ID, steps, Run(lambda told: None, self.parts.around(self, posts, client)))
            one.send(self.plan.actions, posts)
            Following(one.take_followed(), steps.clock, self.stop).run(life.script.wait)

    def look_around(self, steps: Steps, client: Client) -> None:
        """Read the shared state, then TikTok into it, as a refresh does."""
        now = steps.clock.now()
        if behind := self.store.catch_up(now):
            self.life.say(self, f"behind: {behind.what}")
        read_list(client, self.store, OPEN_ID, now, full=False)
        look_at_attempts(steps, self.store.posts(OPEN_ID), steps.clock)

    def facts(self, now: datetime, tiktok_now: datetime | None) -> Facts:
        """All that the planner looks at."""
        store, videos = self.store, self.store.videos(OPEN_ID)
        journal, rows = witnesses(self.life.journal_of(self).values()), store.posts(OPEN_ID)
        account = AccountFacts(
            account=ACCOUNT,
            open_id=OPEN_ID,
            rows=tuple(rows),
            journal=journal,
            bindings=store.bindings(OPEN_ID),
            remote=Remote(
                videos=tuple(video for video, gone_at in videos if gone_at is None),
                gone={video.post_id: gone_at for video, gone_at in videos if gone_at},
                read_at=store.list_read_at(OPEN_ID),
            ),
            tiktok_now=tiktok_now,
        )
        app = App("key", "secret", audited=True, posting_users_per_day=None)
        attempts = tuple(store.attempts_since(now - DAY))
        return Facts(
            now=now,
            accounts={"acme": account},
            app=app,
            attempts=attempts,
            allow=self.life.allow,
            machine=store.machine,
        )

    # What the simulation sees of it.

    def crash(self) -> None:
        self.alive = False
        raise Crash

    def check_alive(self) -> None:
        if not self.alive:
            raise Crash

    def has_unknown(self) -> bool:
        return any(a.phase is Phase.UNKNOWN for row in self.store.posts(OPEN_ID) for a in row.attempts)

    def wrote(self, attempt: Attempt) -> None:
        """A commit that went through."""
        self.unknown = self.unknown or attempt.phase is Phase.UNKNOWN
        self.life.promises.wrote(attempt)

    def sends(self, parcel: Parcel) -> None:
        """A request that leaves this machine."""
        self.life.requests += 1
        if parcel.kind == "status":
            self.asked.add(parcel.body["publish_id"])
        self.life.promises.sends(self, parcel)

    def hears(self, parcel: Parcel, answer: Answer) -> None:
        """An answer that comes back."""
        data = (answer[1] or {}).get("data", {})
        if parcel.kind == "init" and "publish_id" in data:
            self.asked.add(data["publish_id"])
        if parcel.kind == "init" and answer[0] == 401:  # refused for its token: the same init goes once more
            self.inits[parcel.mark] = self.inits.get(parcel.mark, 1) - 1
