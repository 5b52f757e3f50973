"""One life of some declared posts: what is declared, what goes wrong, run after run until all is at rest."""

from __future__ import annotations

import hashlib
import math
import random
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from contentsync.evidence.journal import Noted
from contentsync.lifecycle import Event, Phase
from contentsync.plan.action import DOES_SOMETHING
from contentsync.plan.action import Kind as Do
from contentsync.post import DesiredPost, Media, MediaFacts, Mode
from contentsync.store.sqlite.database import Database, open_memory
from contentsync.store.sqlite.state import SqliteStore
from contentsync.tiktok.throttle import MemoryLedger
from tests.builders import a_post
from tests.simulation.faults import ANYWHERE, AROUND, Chooser, Drawn, Listed
from tests.simulation.machine import START, Machine, Parts
from tests.simulation.network import Parcel
from tests.simulation.promises import OPEN_ID, Promises, mark_of
from tests.simulation.turns import Turns
from tests.simulation.world import Answer, Habits, World

HOUR: Final = 3_600.0
ROUNDS: Final = 14  # runs after the wire is mended, within which all must be at rest
FACTS: Final = MediaFacts("mp4", "h264", 1080, 1920, duration=10.0, frame_rate=30.0)


@dataclass
class Declared:
    """One post as its author means it, under whatever name. size, or url, tells it from others at TikTok."""

    name: str
    size: int = 0
    url: str = ""
    mode: Mode = Mode.DIRECT
    caption: str = "Launch day"
    version: int = 1
    window: tuple[float, float] | None = None  # seconds after the start, from when until when it may begin

    @property
    def mark(self) -> str:
        return self.url or str(self.size)

    @property
    def content(self) -> bytes:
        return _content(self.size, self.version)

    def manifest(self) -> DesiredPost:
        asked = _manifest(self.name, self.mark, self.mode, self.caption, self.version)
        if self.window is None:
            return asked
        opens, ends = (START + timedelta(seconds=at) for at in self.window)
        return replace(asked, publish_at=opens, expires_at=ends)


@cache
def _content(size: int, version: int) -> bytes:
    return bytes((31 * n + 7 * version) % 251 for n in range(size))


@cache
def _manifest(name: str, mark: str, mode: Mode, caption: str, version: int) -> DesiredPost:
    if not mark.isdigit():
        return a_post(name=name, caption=caption, media=(Media(url=mark),))
    content = _content(int(mark), version)
    sha256 = hashlib.sha256(content).hexdigest()
    media = Media(f"posts/{name}.mp4", sha256=sha256, size=len(content), facts=FACTS)
    more: dict[str, Any] = {"privacy": None, "allow": frozenset()} if mode is Mode.DRAFT else {}
    return a_post(name=name, caption=caption, mode=mode, media=(media,), **more)


URL: Final = "https://media.acme.example/teaser.mp4"
LIVES: Final[dict[str, Callable[[], list[Declared]]]] = {
    "direct-1": lambda: [Declared("teaser", 21)],
    "direct-3": lambda: [Declared("teaser", 53)],
    "draft": lambda: [Declared("teaser", 37, mode=Mode.DRAFT)],
    "pull": lambda: [Declared("teaser", url=URL)],
    "two": lambda: [Declared("teaser", url=URL), Declared("trailer", 53)],
    "window": lambda: [
        Declared("teaser", 53, caption="First", window=(40.0, 5_000.0)),
        Declared("trailer", 21, caption="Second", window=(600.0, 4_000.0)),
        Declared("zoom", url=URL, caption="Third", window=(3_000.0, 9_000.0)),
    ],
    "checkouts": lambda: [
        Declared("teaser", 53, caption="First"),
        Declared("trailer", url=URL, caption="Second"),
        Declared("zoom", 37, caption="Third"),
    ],
    "alike": lambda: [Declared("teaser", url=URL), Declared("trailer", 21), Declared("zoom", 37)],
}
SINGLE: Final = ("direct-1", "direct-3", "draft", "pull", "two")
CHECKOUTS: Final = {"checkouts": 2}  # lives in which several checkouts share a machine, each with its own state


@dataclass
class Script:
    """How a life goes. chooser: what goes wrong. rounds: runs before the wire is mended; gaps: seconds after each.

    wait: how long a run waits for final states. turns: the chance of a switch between two machines at each point;
    0 for one machine at a time. whole_wire: whether httpx is part of it.
    """

    life: str
    chooser: Chooser
    habits: Habits = field(default_factory=Habits)
    rounds: int = 3
    gaps: tuple[float, ...] = (30.0,)
    wait: float = 60.0
    turns: float = 0.0
    whole_wire: bool = False
    rng: random.Random = field(default_factory=lambda: random.Random(0))


def drawn(seed: int, life: str | None = None) -> Script:
    """The script of a seed."""
    rng = random.Random(seed)
    habits = Habits(
        lag=rng.choice([0.0, 0.0, 3.0, 45.0]),
        counts=rng.random() < 0.5,
        done_is_gone=rng.random() < 0.5,
        partial=rng.random() < 0.3,
        young=rng.choice([0.0, 0.0, 5.0, 20.0]),
        process=rng.choice([0.5, 4.0, 90.0, 1_200.0]),
        id_after=rng.choice([0.0, 2.0, 900.0, math.inf]),
        listed_after=rng.choice([0.0, 1.0, 400.0]),
        creator_posts=rng.choice([None, 5.0, 4_000.0]),
        dates=rng.random() < 0.8,
        apart=rng.choice([(0.0,), (0.0, 90.0, -90.0), (-120.0, 120.0)]),
    )
    chosen = rng.choice(list(LIVES))
    chosen = life or chosen
    return Script(
        life=chosen,
        chooser=Drawn(rng, rng.randint(1, 6), rng.choice([0.05, 0.15, 0.4])),
        habits=habits,
        rounds=rng.randint(1, 3),
        gaps=tuple(rng.choice([1.0, 30.0, 300.0, 1_500.0, 3_300.0, 4_200.0]) for _ in range(3)),
        wait=rng.choice([0.0, 20.0, 120.0]),
        turns=rng.choice([0.0, 0.0, 0.0, 0.1, 0.3]) if chosen not in CHECKOUTS else rng.choice([0.1, 0.3, 0.6]),
        rng=rng,
    )


def listed(life: str, faults: dict[int, str], tempo: str = "quick") -> Script:
    """The script of given faults. tempo: quick runs on half a minute later, slow after the hour of an upload."""
    habits = Habits(done_is_gone=True) if tempo == "quick" else Habits(counts=False, lag=20.0, id_after=600.0)
    return Script(life, Listed(faults), habits, gaps=(30.0,) if tempo == "quick" else (4_200.0,))


def _a_state(number: int) -> sqlite3.Connection:
    """An empty state; each has a lineage of its own."""
    state = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    state.deserialize(_empty_state())
    state.execute("PRAGMA foreign_keys = ON")
    state.execute("UPDATE meta SET value = value || ? WHERE name = 'lineage'", (str(number),))
    return state


def _acts(machine: Machine) -> bool:
    """Whether a run still has something to do, or could not tell."""
    if machine.plan is None:
        return True
    return any(action.kind in DOES_SOMETHING or action.kind is Do.WAIT for action in machine.plan.actions)


@cache
def _empty_state() -> bytes:
    with open_memory().reading() as db:
        return db.serialize()


class Life:
    """A life, from the first plan to rest.

    points: the kind and the pulls of each point before the wire was mended, in their order. struck: the faults that
    came to pass, by the number of their point. trace: what happened, where `tracing`.
    """

    def __init__(self, script: Script, parts: Parts | None = None, *, tracing: bool = False) -> None:
        self.script, self.parts = script, parts or Parts()
        self.world = World(script.habits)
        self.posts = LIVES[script.life]()
        self.ledger = MemoryLedger()
        self.turns = Turns(script.rng, script.turns)
        self.promises = Promises(self)
        self.states = [_a_state(number) for number in range(CHECKOUTS.get(script.life, 1))]
        self.journal: dict[str, Noted] = {}
        self.sender: Machine | None = None  # who has the right to send, where several checkouts share a machine
        self.skew, self.skewed, self.mended, self.nested = 0.0, False, False, False
        self.at_work, self.locks, self.requests = 0, False, 0
        self.altered, self.flickers = False, False
        self.points: list[tuple[str, bool]] = []
        self.struck: dict[int, str] = {}
        self.machines: list[Machine] = []
        self.trace: list[str] = []
        self.tracing = tracing
        self._late: list[tuple[float, Parcel]] = []
        self.allow: frozenset[str] = frozenset()
        self._settled = 0  # how many runs there were when a person settled what was unknown

    def live(self) -> list[str]:
        """Live it; what was broken, in words, empty where all held."""
        try:
            for number in range(self.script.rounds):
                if (rests := self._round()) and isinstance(self.script.chooser, Listed):
                    break
                self.pass_time(self.script.gaps[number % len(self.script.gaps)])
            self._mend()
            if not rests or self._late:
                self._come_to_rest()
            if self.promises.unknowns_at_rest():
                self._settle()
                self._come_to_rest()
            if self._tell_apart():
                self._come_to_rest()
            self.promises.at_rest()
        finally:
            for state in self.states:
                state.close()
        return self.promises.broken

    def _round(self) -> bool:
        """One run, or two at once; whether all is at rest."""
        if not self.script.turns:
            return self._is_at_rest(self._machine())
        both = [self._machine(run=False), self._machine(run=False)]
        self.turns.run([machine.run for machine in both])
        return all(map(self._is_at_rest, both))

    def _machine(self, *, run: bool = True) -> Machine:
        kind = self.parts.machine or Machine
        machine = kind(self, f"run {len(self.machines) + 1}", self.parts)
        self.altered = False  # a person restores the file before the next run, as the hint says
        self.machines.append(machine)
        if run:
            machine.run()
        return machine

    def _is_at_rest(self, machine: Machine) -> bool:
        if machine.plan is None or machine.error or not machine.alive or machine.stop.asked:
            return False
        if machine is not self.machines[-1]:  # what it saw may have changed since
            return False
        recent = self.machines[self._settled :][-len(self.states) :]
        return len(recent) == len(self.states) and not any(map(_acts, recent))

    def _mend(self) -> None:
        self.mended, self.script.turns, self.altered = True, 0.0, False
        self.world.mend()
        self.say(None, "— the wire is mended —")

    def _settle(self) -> None:
        """A person looks into the app, once nothing can be under way any more, and says what is true."""
        self.pass_time(2 * HOUR)
        self._settled = len(self.machines)
        for store in self.judges():
            self._settle_in(store)

    def _settle_in(self, store: SqliteStore) -> None:
        for attempt in (a for row in store.posts(OPEN_ID) for a in row.attempts if a.phase is Phase.UNKNOWN):
            out = next((task for task in self.world.out() if task.mark == mark_of(attempt)), None)
            self.say(None, f"— a person settles an unknown: {out.post_id if out else 'it was not published'} —")
            if out is None:
                store.save(attempt.after(Event.RULED_OUT, START), "resolved")
            else:
                store.save(attempt.after(Event.FOUND, START, post_id=out.post_id), "resolved", binds=True)

    def _tell_apart(self) -> bool:
        """A person sees that a public video which is like a post is another post's, and lifts the guard."""
        plans = [machine.plan for machine in self.machines[-len(self.states) :] if machine.plan]
        held = {
            a.post.partition("/")[2]
            for p in plans
            for a in p.actions
            if any(x.code == "lookalike" for x in a.problems)
        }
        out = {task.mark for task in self.world.out()}
        missing = [post.name for post in self.posts if post.name in held and post.mark not in out]
        if missing:
            self.allow = frozenset({"lookalike"})
            self.say(None, f"— a person lifts lookalike for {', '.join(missing)} —")
        return bool(missing)

    def _come_to_rest(self) -> None:
        for number in range(ROUNDS):
            machine = self._machine()
            if self._is_at_rest(machine):
                if not self._late:
                    return
                self.pass_time(max(at for at, _ in self._late) - self.world.now + 600)
                self.deliver_due()
                continue
            due = [a.due_at for a in machine.plan.actions if a.due_at] if machine.plan else []
            ahead = (min(due) - START).total_seconds() - self.skew - self.world.now + 1 if due else 0
            self.pass_time(ahead if ahead > 0 else 60.0 if number % 3 else HOUR + 600)
        if self._is_at_rest(self._machine()):
            return
        last = self.machines[-1]
        acts = [f"{a.kind} {a.post}: {a.reason}" for a in last.plan.actions] if last.plan else last.error
        self.promises.breaks(f"it does not come to rest: {acts}")

    # What machines and their lines call.

    def store_of(self, machine: Machine) -> SqliteStore:
        """The state that a machine opens."""
        return self.parts.store(Database(machine.state, None), machine)

    def journal_of(self, machine: Machine) -> dict[str, Noted]:
        """What the machine remembers of attempts, outside of every project."""
        return self.journal

    def disks(self) -> list[sqlite3.Connection]:
        """Every state that some machine writes."""
        return self.states

    def judges(self) -> list[SqliteStore]:
        """The states, as they are true for everybody."""
        return [SqliteStore(Database(state, None), "judge") for state in self.states]

    def point(self, machine: Machine, kind: str, label: str, *, pulls: bool = False) -> str | None:
        """A moment at which something may go wrong; the fault that the caller has to carry out."""
        if not self.mended:
            self.turns.offer()
        machine.check_alive()
        if self.mended:
            self.say(machine, label)
            return None
        if self.flickers:
            self.altered = self.flickers = False
        number = len(self.points)
        self.points.append((kind, pulls))
        fault = self.script.chooser.choose(number, kind, pulls)
        self.say(machine, f"[{number}] {label}{f'   ⚡ {fault}' if fault else ''}")
        if fault is None:
            return None
        self.struck[number] = fault
        around = getattr(self, f"_{fault.replace('-', '_')}", None)
        if around is None:
            assert fault not in {*ANYWHERE, *AROUND}, f"nothing carries out {fault}"
            return fault
        around(machine)
        return None

    def pass_time(self, seconds: float) -> None:
        self.world.now += seconds

    def post_late(self, parcel: Parcel, delay: float) -> None:
        """Keep a request on its way; it arrives though its sender gave up or died."""
        self._late.append((self.world.now + delay, parcel))
        self._late.sort(key=lambda item: item[0])

    def deliver_due(self) -> None:
        """Let arrive what is due by now."""
        while self._late and self._late[0][0] <= self.world.now:
            at, parcel = self._late.pop(0)
            self.say(None, f"a late request arrives, sent at {parcel.begun:.1f}: {parcel}")
            self._to_tiktok(parcel, at)

    def deliver(self, parcel: Parcel) -> Answer:
        """Let a request arrive now."""
        return self._to_tiktok(parcel, self.world.now)

    def _to_tiktok(self, parcel: Parcel, at: float) -> Answer:
        if parcel.kind in {"put", "last"}:
            first, last, total = parcel.span
            slept, begun = parcel.slept, parcel.begun
            return self.world.put(parcel.path, first, last, total, parcel.body, begun=begun, at=at, slept=slept)
        return self.world.call(parcel.path, parcel.body, at)

    def manifests(self) -> Iterable[DesiredPost]:
        return [declared.manifest() for declared in self.posts]

    def media_of(self, post: DesiredPost) -> Callable[[], bytes]:
        """The content of a post's file, whenever it is read."""
        declared = next(d for d in self.posts if d.mark == str(post.media[0].size))
        return lambda: bytes(byte ^ 1 for byte in declared.content) if self.altered else declared.content

    def say(self, machine: Machine | None, text: str) -> None:
        if self.tracing:
            self.trace.append(f"{self.world.now:10.2f}  {machine.name if machine else '':7}  {text}")

    # Faults that are not of the wire.

    def _overtaken(self, machine: Machine) -> None:
        """Another process does a whole run before this one goes on, a moment later.

        Of two words about one attempt the later one counts, so they must not be written in the same instant.
        """
        if not self.nested:
            self.nested = True
            self._machine()
            self.nested = False
            self.pass_time(0.01)

    def _overtaken_later(self, machine: Machine) -> None:
        self.pass_time(HOUR + 600)
        self._overtaken(machine)

    def _pause(self, machine: Machine) -> None:
        self.pass_time(HOUR + 600)

    def _nap(self, machine: Machine) -> None:
        self.pass_time(3_000)

    def _ahead(self, machine: Machine) -> None:
        self.skew, self.skewed = self.skew + 40, True

    def _far_ahead(self, machine: Machine) -> None:
        """The clock is set two hours ahead; less than matters where TikTok does not tell the time."""
        self.skew, self.skewed = self.skew + (2 * HOUR if self.script.habits.dates else 40), True

    def _behind(self, machine: Machine) -> None:
        self.skew, self.skewed = self.skew - 2 * HOUR, True

    def _stop(self, machine: Machine) -> None:
        machine.stop.asked = True

    def _edit(self, machine: Machine) -> None:
        self.posts[0].caption += "!"

    def _media(self, machine: Machine) -> None:
        if self.posts[0].name == "teaser":  # another name and other bytes would be another post
            self.posts[0].version += 1

    def _alter(self, machine: Machine) -> None:
        """The file is altered in place, and restored before the next run."""
        self.altered = True

    def _flicker(self, machine: Machine) -> None:
        """The file is altered in place, and restored at the next moment."""
        self.altered = self.flickers = True

    def _rename(self, machine: Machine) -> None:
        """Whether a new name is a move, only one process at a time may say: from here on the lock is held."""
        if self.posts[0].version == 1 and self.at_work == 1:
            self.posts[0].name += "-2"
            self.locks = True

    def _hide(self, machine: Machine) -> None:
        for task in self.world.tasks.values():
            task.hidden = True
