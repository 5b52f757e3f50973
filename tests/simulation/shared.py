"""Lives of a shared state: two or three machines with no common disk, and one remote that takes pushes.

    python -m tests.simulation.shared 0 20000      the lives of these seeds

The real GitStore runs over a branch in memory. Pushes get lost, their answers get lost, some arrive late, and the
remote goes away; all the faults of the other lives strike too.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from contentsync.evidence.journal import Noted
from contentsync.lifecycle import OPEN
from contentsync.post_state import Attempt, PostState
from contentsync.store.git.branch import Fetched, Pushed
from contentsync.store.git.store import GitStore
from contentsync.store.port.conflicts import Superseded
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.state import SqliteStore
from tests.simulation.life import HOUR, Life, Script, _empty_state, drawn
from tests.simulation.machine import Machine, Parts, WatchedStore
from tests.simulation.promises import OPEN_ID

LATE: Final = {"late-10m": 600.0, "late-50m": 3_000.0}
PUSHES: Final = ("crash-before", "crash-after", "lost", "answer-lost", "away", *LATE)


@dataclass
class Remote:
    """The repository that everybody pushes to. Commits are kept by id; head is the branch."""

    commits: dict[str, tuple[str, dict[str, bytes]]] = field(default_factory=dict)
    head: str = ""
    late: list[tuple[float, str, str]] = field(default_factory=list)

    def make(self, parent: str, files: Mapping[str, bytes | None]) -> str:
        made = dict(self.commits[parent][1]) if parent else {}
        for path, text in files.items():
            if text is None:
                made.pop(path, None)
            else:
                made[path] = text
        name = f"c{len(self.commits)}"
        self.commits[name] = parent, made
        return name

    def take(self, commit: str, parent: str) -> bool:
        """Compare and swap."""
        if self.head != parent:
            return False
        self.head = commit
        return True

    def holds(self, commit: str) -> bool:
        at = self.head
        while at and at != commit:
            at = self.commits[at][0]
        return at == commit

    def let_arrive(self, now: float) -> None:
        for due in sorted(item for item in self.late if item[0] <= now):
            self.late.remove(due)
            self.take(due[1], due[2])


class BranchInALife:
    """One machine's view of the branch, with a point before each push."""

    remote, name = "origin", "contentsync-state"

    def __init__(self, life: SharedLife, machine: Machine | None) -> None:
        self._life, self._machine = life, machine

    def fetch(self) -> Fetched:
        self._life.branch.let_arrive(self._life.world.now)
        return Fetched(self._life.branch.head)

    def commit(self, parent: str, files: Mapping[str, bytes | None], message: str, when: int) -> str:
        return self._life.branch.make(parent, files)

    def push(self, commit: str, parent: str) -> tuple[Pushed, str]:
        life, branch = self._life, self._life.branch
        fault = life.point(self._machine, "push", f"push {commit} on {parent}") if self._machine else None
        branch.let_arrive(life.world.now)
        if fault == "crash-before":
            self._crash()
        if fault == "away":
            return Pushed.UNREACHABLE, "no route"
        if fault in LATE:
            branch.late.append((life.world.now + LATE[fault], commit, parent))
        elif fault != "lost":
            branch.take(commit, parent)
        life.pass_time(0.2)
        if fault == "crash-after":
            self._crash()
        return self._seen(commit, fault), "refused"

    def _seen(self, commit: str, fault: str | None) -> Pushed:
        """What the pusher finds out: after a lost answer, by looking for its commit."""
        return Pushed.TAKEN if self._life.branch.holds(commit) else Pushed.REFUSED

    def _crash(self) -> None:
        assert self._machine
        self._machine.crash()

    def changed(self, old: str, new: str) -> dict[str, str | None]:
        before, after = self._life.branch.commits[old][1], self._life.branch.commits[new][1]
        differ = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        return {path: f"{new}:{path}" if path in after else None for path in differ}

    def files(self, head: str) -> dict[str, str]:
        return {path: f"{head}:{path}" for path in self._life.branch.commits[head][1]}

    def read(self, objects: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
        for path, oid in objects.items():
            yield path, self._life.branch.commits[oid.partition(":")[0]][1][path]

    def follows(self, head: str, known: str) -> bool:
        return True


class WatchedGitStore(WatchedStore, GitStore):
    """The real shared store, with the points of every store."""

    branch_kind: type[BranchInALife] = BranchInALife

    def __init__(self, database: Database, machine: Machine, place: int) -> None:
        assert isinstance(machine.life, SharedLife)
        branch = self.branch_kind(machine.life, machine)
        GitStore.__init__(self, database, branch, f"place-{place}/{place}", machine.name)  # type: ignore[arg-type]
        self._machine = machine


def _empty() -> sqlite3.Connection:
    state = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    state.deserialize(_empty_state())
    state.execute("PRAGMA foreign_keys = ON")
    return state


class SharedLife(Life):
    """A life on several machines. place_of: where each run happens."""

    def __init__(self, script: Script, parts: Parts | None = None, *, tracing: bool = False) -> None:
        super().__init__(script, parts, tracing=tracing)
        self.promises.one_history = False  # each machine has its own, and some vanish
        self.branch = Remote()
        self._dice = random.Random(script.rng.random())
        self.states = [_empty() for _ in range(self._dice.choice((2, 3)))]
        self._places: dict[str, int] = {}
        self._journals: dict[int, dict[str, Noted]] = {}
        self._vanished: list[sqlite3.Connection] = []

    def place_of(self, machine: Machine) -> int:
        """A run is on any machine; two at once are on two."""
        if machine.name not in self._places:
            busy = {self._places[other.name] for other in self.machines if other.name in self._places and other.alive}
            free = [n for n in range(len(self.states)) if n not in busy or not self.at_work > 1]
            self._places[machine.name] = self._dice.choice(free or list(range(len(self.states))))
        return self._places[machine.name]

    def store_of(self, machine: Machine) -> GitStore:
        place = self.place_of(machine)
        if not self.mended and self._dice.random() < 0.1:  # a runner that vanished, and a fresh one in its place
            self._vanished.append(self.states[place])
            self.states[place] = _empty()
        machine.state = self.states[place]
        kind = self.parts.store if issubclass(self.parts.store, WatchedGitStore) else WatchedGitStore
        return kind(Database(machine.state, None), machine, place)

    def journal_of(self, machine: Machine) -> dict[str, Noted]:
        """A runner that vanishes takes its journal with it."""
        return self._journals.setdefault(id(machine.state), {})

    def disks(self) -> list[sqlite3.Connection]:
        return [*self.states, *self._vanished]  # a run may still be at work on one that is gone for later runs

    def judges(self) -> list[SqliteStore]:
        """What a fresh clone reads."""
        store = GitStore(Database(_empty(), None), BranchInALife(self, None), "judge/0", "judge")  # type: ignore[arg-type]
        store.catch_up(self.machines[-1].clock.now())
        return [store]

    def _overtaken_soon(self, machine: Machine) -> None:
        """Long enough asleep to be taken over, and awake within the hour of its upload."""
        self.pass_time(660)
        self._overtaken(machine)


# -- wrong variants of the rule: each makes a post appear twice


class NoAnnouncement(WatchedGitStore):
    """The last byte goes without a word."""

    def _is_at_stake(self, before: Attempt, after: Attempt) -> bool:
        return False


class LookingOnly(WatchedGitStore):
    """The branch is read before the last byte, and nothing is pushed: the look is old when the byte goes."""

    def _announce(self, row: PostState, attempt: Attempt, what: str, **_: bool) -> None:
        self._read(attempt.updated_at)
        if self.attempt_or_none(attempt.id) is None or self.attempt(attempt.id).version != attempt.version:
            raise Superseded(attempt.id)
        self._machine.life.point(self._machine, "push", "looked")


class TakingAnnounced(WatchedGitStore):
    """Another machine's attempt is given up although its last byte was announced."""

    def catch_up(self, now: object, *, share: bool = True) -> None:  # type: ignore[override]
        super().catch_up(now, share=share)  # type: ignore[arg-type]
        for row in self.posts(OPEN_ID):
            last = row.last
            if last and last.machine != self.machine and last.phase in OPEN and last.last_put_at:
                self._copy.put(replace(row, attempts=(*row.attempts[:-1], replace(last, last_put_at=None))))


class AnnouncingAfter(WatchedGitStore):
    """The announcement is pushed once the byte has gone."""

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        self._late = what == "last-chunk"
        return super().save(attempt, what, binds=binds, **detail)

    def _is_at_stake(self, before: Attempt, after: Attempt) -> bool:
        return not self._late and super()._is_at_stake(before, after)


class BlindBranch(BranchInALife):
    """A push whose answer was lost counts as taken."""

    def _seen(self, commit: str, fault: str | None) -> Pushed:
        return Pushed.TAKEN if fault in {"lost", "answer-lost", *LATE} else super()._seen(commit, fault)


class GoingOn(WatchedGitStore):
    branch_kind = BlindBranch


WRONG: Final[dict[str, Parts]] = {
    "no-announcement": Parts(store=NoAnnouncement),
    "looking-only": Parts(store=LookingOnly),
    "taking-announced": Parts(store=TakingAnnounced),
    "announcing-after": Parts(store=AnnouncingAfter),
    "going-on-after-a-lost-answer": Parts(store=GoingOn),
}


def live_shared(seed: int, parts: Parts | None = None, *, rules: bool = True, tracing: bool = False) -> SharedLife:
    """One life of a shared state, as its seed tells."""
    script = drawn(seed)
    script.turns = script.rng.choice([0.0, 0.1, 0.3])
    script.rounds += 2
    script.gaps = tuple(script.rng.choice([1.0, 30.0, 660.0, 1_500.0, HOUR + 600]) for _ in range(3))
    life = SharedLife(script, parts, tracing=tracing)
    life.promises.rules = rules
    life.live()
    return life


def main(first: int, count: int) -> int:
    """Live that many seeds; 1 where any broke a promise."""
    broken = {
        seed: life.promises.broken
        for seed in range(first, first + count)
        if (life := live_shared(seed)).promises.broken
    }
    print(f"{count} lives of a shared state, {len(broken)} broken")
    for seed, what in list(broken.items())[:10]:
        print(f"seed {seed}: {'; '.join(what)}")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
