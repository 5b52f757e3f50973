"""What must hold in every life? Never twice, never lost, what was approved, and a state that tells the truth."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from contentsync.lifecycle import NEXT, OPEN, SUCCESS, Phase
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from tests.simulation.world import EPOCH

if TYPE_CHECKING:
    from tests.simulation.life import Declared, Life
    from tests.simulation.machine import Machine
    from tests.simulation.network import Parcel
    from tests.simulation.world import Task

OPEN_ID = "open-id-of-acme"
START = datetime.fromtimestamp(EPOCH, UTC)
DAY = 86_400.0
FAILED_BY_US = {"upload-too-slow"}


class Promises:
    """Looks on while a life is lived, and looks at what is left at its end."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.broken: list[str] = []
        self.begun: dict[str, Phase] = {}
        self._inits: dict[str, list[float]] = {}
        self.rules, self.unknowns = True, 0
        self.one_history = True  # every transition is in a history that this life keeps

    def breaks(self, what: str) -> None:
        self.broken.append(what)
        self._life.say(None, f"✗ {what}")

    # While it is lived.

    def wrote(self, attempt: Attempt) -> None:
        self.begun[attempt.id] = attempt.phase

    def sends(self, machine: Machine, parcel: Parcel) -> None:
        """A request that leaves a machine now."""
        if not self.rules:
            return
        if parcel.kind == "init":
            self._init(machine, parcel)
        elif parcel.kind in {"put", "last"}:
            self._put(machine, parcel)

    def _init(self, machine: Machine, parcel: Parcel) -> None:
        mark = parcel.mark
        machine.inits[mark] = machine.inits.get(mark, 0) + 1
        times = [t for t in self._inits.get(mark, []) if t > self._life.world.now - DAY]
        self._inits[mark] = [*times, self._life.world.now]
        if machine.inits[mark] > 3:
            self.breaks(f"{machine.name} sent {machine.inits[mark]} inits for one post")
        if len(self._inits[mark]) > 6 and not self._life.skewed:
            self.breaks(f"{len(self._inits[mark])} inits for one post in 24 h")
        if self._count("init_sent_at IS NOT NULL AND publish_id = ''") == 0:
            self.breaks("an init was sent, and no intent that says so is on disk (R1)")
        if machine.unknown and self._count("phase = 'unknown'"):
            self.breaks(f"{machine.name} sent an init though it knew of an unknown")

    def _put(self, machine: Machine, parcel: Parcel) -> None:
        publish_id = parcel.path.partition("upload_id=")[2].partition("&")[0]
        if publish_id not in machine.asked:
            self.breaks(f"{machine.name} sent bytes of {publish_id} before it asked for its status (R3)")
        if self._count("publish_id = ?", publish_id) == 0:
            self.breaks(f"bytes of {publish_id} were sent, and it is not on disk (R1)")
        announced = "publish_id = ? AND last_put_at IS NOT NULL"
        if parcel.kind == "last" and self._count(announced, publish_id) == 0:
            self.breaks(f"the last bytes of {publish_id} were sent, and the disk does not say so (R1)")

    def _count(self, where: str, *values: str) -> int:
        sql = f"SELECT count(*) FROM attempts WHERE {where}"
        return sum(int(state.execute(sql, values).fetchone()[0]) for state in self._life.disks())

    # At its end.

    def unknowns_at_rest(self) -> bool:
        """Whether a person has to settle something; each unknown must have its reason."""
        unknowns = [attempt for attempt in self._attempts() if attempt.phase is Phase.UNKNOWN]
        for attempt in unknowns:
            lost_answer = attempt.pulls and attempt.init_sent_at is not None and not attempt.publish_id
            if not lost_answer and attempt.problem_code not in {"lost-sight", "failed-but-there"}:
                self.breaks(f"{mark_of(attempt)} is unknown without need: {attempt.problem_code}")
        self.unknowns = len(unknowns)
        return bool(unknowns)

    def at_rest(self) -> None:
        """Look at TikTok's ledger and at the state, once nothing happens any more and no unknown is left."""
        attempts = self._attempts()
        for declared in self._life.posts:
            self._of_post(declared, [a for a in attempts if mark_of(a) == declared.mark])
        for task in self._life.world.out():
            self._of_task(task, attempts)
        for attempt in attempts:
            self._agrees(attempt)
        if self.one_history:
            self._complete(attempts, [line for store in self._life.judges() for line in store.history()])

    def _attempts(self) -> list[Attempt]:
        return [a for store in self._life.judges() for row in store.posts(OPEN_ID) for a in row.attempts]

    def _of_post(self, declared: Declared, mine: list[Attempt]) -> None:
        out = [task for task in self._life.world.out() if task.mark == declared.mark]
        if len(out) > 1:
            self.breaks(f"{declared.name} was published {len(out)} times: {[t.publish_id for t in out]}")
        if (
            not out
            and not self._failed_for_sure(mine)
            and not self._held_by_name(declared)
            and not self._missed(declared)
        ):
            last = f"{mine[-1].phase} ({mine[-1].problem_code})" if mine else "not even begun"
            self.breaks(f"{declared.name} is lost: its last attempt is {last}")
        if out and not any(a.phase in SUCCESS for a in mine):
            self.breaks(f"{declared.name} was published, and the state says {[str(a.phase) for a in mine]}")

    def begins(self, machine: Machine, post: DesiredPost) -> None:
        """An intent that is written now: never early by either clock, never after its window."""
        if post.publish_at is None or post.expires_at is None:
            return
        habits, ours = self._life.script.habits, machine.clock.now()
        theirs = START + timedelta(seconds=self._life.world.now) if habits.dates else ours
        apart = timedelta(seconds=max(map(abs, habits.apart)) + 1)  # TikTok's own clocks differ, and tell seconds
        if ours < post.publish_at or theirs + apart < post.publish_at:
            self.breaks(f"{machine.name} began {post.name} early")
        if min(ours, theirs - apart) >= post.expires_at:
            self.breaks(f"{machine.name} began {post.name} after its window")

    def _missed(self, declared: Declared) -> bool:
        """Whether its window closed before anything of it went out."""
        over = declared.window and self._life.world.now + max(self._life.skew, 0.0) >= declared.window[1]
        return bool(over)

    def _held_by_name(self, declared: Declared) -> bool:
        """Whether the plan asks a person about the post, which is then not lost: a public video looks like it; or the
        journal contradicts the rows, and a clock that was set back hides which of the two is later."""
        plan = self._life.machines[-1].plan
        mine = [a for a in plan.actions if a.post == f"acme/{declared.name}"] if plan else []
        asked = {"lookalike", "known-elsewhere"} if self._life.skewed else {"lookalike"}
        return any(problem.code in asked for action in mine for problem in action.problems)

    def _failed_for_sure(self, mine: list[Attempt]) -> bool:
        last = mine[-1] if mine else None
        if last is None or last.phase is not Phase.FAILED:
            return False
        task = self._life.world.tasks.get(last.publish_id)
        return last.problem_code in FAILED_BY_US or bool(task and task.fails)

    def _of_task(self, task: Task, attempts: list[Attempt]) -> None:
        """What is out must be what was approved, and known."""
        mine = next((a for a in attempts if a.publish_id == task.publish_id), None)
        if mine is None:
            if not task.pulls:
                self.breaks(f"{task.publish_id} was published, and no row knows it")
            return
        if not task.pulls and task.sha256 != mine.sha256:
            self.breaks(f"{task.publish_id} was published with other bytes than were approved")
        if task.mode == "direct" and task.info.get("title") != mine.caption:
            self.breaks(f"{task.publish_id} was published with another caption than was approved")

    def _agrees(self, attempt: Attempt) -> None:
        task = self._life.world.tasks.get(attempt.publish_id)
        out = task is not None and task.is_out(self._life.world.now)
        if attempt.phase in SUCCESS and attempt.post_id and not attempt.publish_id:
            out = any(t.post_id == attempt.post_id and t.mark == mark_of(attempt) for t in self._life.world.out())
        if attempt.phase in SUCCESS and not out:
            self.breaks(f"an attempt is {attempt.phase}, and TikTok has nothing of it")
        if attempt.phase in {Phase.FAILED, Phase.ORPHANED} and out:
            self.breaks(f"an attempt is {attempt.phase}, and its post is out as {attempt.publish_id}")
        if attempt.phase in OPEN and not self._is_left_behind(attempt):
            self.breaks(f"an attempt is still {attempt.phase}")
        if attempt.post_id and task is not None and attempt.post_id != task.post_id:
            self.breaks(f"an attempt has the video of another: {attempt.post_id}")

    def _is_left_behind(self, attempt: Attempt) -> bool:
        """Whether an open attempt can't publish and stays: it was not sent, and another checkout began the post."""
        return not attempt.may_be_live and len(self._life.states) > 1 and attempt.init_sent_at is None

    def _complete(self, attempts: list[Attempt], history: list[dict[str, Any]]) -> None:
        """No row is lost, and the history of each is a path of the table."""
        found = {attempt.id: attempt for attempt in attempts}
        for missing in self.begun.keys() - found.keys():
            self.breaks(f"the row of attempt {missing} is lost")
        at: dict[str, str] = {}
        for line in history:
            attempt_id, before, after = line["attempt_id"], line["phase_before"], line["phase_after"]
            if not attempt_id:
                continue
            if at.get(attempt_id, "") != before:
                self.breaks(f"history leaps from {at.get(attempt_id)} to {before}")
            if before and before != after and Phase(after) not in NEXT[Phase(before)].values():
                self.breaks(f"history goes from {before} to {after}, which no event allows")
            at[attempt_id] = after
        for attempt in attempts:
            if at.get(attempt.id) != attempt.phase:
                self.breaks(f"history ends with {at.get(attempt.id)}, and the row says {attempt.phase}")


def mark_of(attempt: Attempt) -> str:
    return str(json.loads(attempt.sent)["media"][0]) if attempt.pulls else str(attempt.size)
