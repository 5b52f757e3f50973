"""The long form: weeks on a virtual clock, with lost events, sleeps, clocks that are set, restarts and kills.

Real files, the real client and state, the emulator for TikTok. What happens is drawn from a seed.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from contentsync.emulator.config import Account
from contentsync.times import rfc3339
from contentsync.watch.feed import Live
from contentsync.watch.wakeups import Hint
from tests.builders import NOW
from tests.soak.world import PROJECT, Declared, Ledger, a_fault, digest
from tests.watch.virtual import Script, Stage, a_stage

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
QUIET: Final = 1.2 * DAY  # at the end, in which everything must come to rest
FULL_EVERY: Final = HOUR


class Killed(BaseException):
    """The process is gone in the middle of its work."""


class Soak:
    """One life."""

    def __init__(self, stage: Stage, seed: int, days: float) -> None:
        self.stage, self.chance, self.seconds = stage, random.Random(seed), days * DAY
        self.ledger = Ledger()
        self.deaths = 0
        self._number = 0
        self._kill_after = 0

    def live(self) -> None:
        """Let the days pass, then a quiet time in which nothing more goes wrong."""
        script = self.stage.script()
        for _ in range(int(self.seconds / DAY * 12)):
            script.steps.append(self._step(self.chance.uniform(0, self.seconds)))
        script.steps.sort(key=lambda one: one[0])
        script.at(self.seconds, self._calm, silent=True)
        while self.stage.time.passed < self.seconds + QUIET:
            self._life(script)

    def _life(self, script: Script) -> None:
        """One process, until it is stopped or killed."""
        length = self.chance.choice([HOUR, DAY, 3 * DAY])
        script.stop.clear()
        self.stage.time.sleep(self.chance.choice([0.0, 60.0, 2 * HOUR]))  # nobody watches
        script.ends_at = self.stage.time.passed + length
        watch = self.stage.watch(
            script, full_every=FULL_EVERY, refresh_every=4 * HOUR, jitter=partial(self.chance.uniform, 0.9, 1.1)
        )
        try:
            watch.run()
        except Killed:
            self.deaths += 1

    # What happens.

    def _step(self, at: float) -> tuple[float, Callable[[], Hint | None]]:
        kinds = {
            self._post_now: 4,
            self._post_later: 4,
            self._post_in_pieces: 3,
            self._broken: 1,
            self._storm: 1,
            self._sleep: 1,
            self._set_clock: 1,
            self._root_away: 1,
            self._fault: 3,
            self._kill: 2,
        }
        kind = self.chance.choices(list(kinds), list(kinds.values()))[0]
        script = self.stage.script()
        script.at(at, partial(kind, script), silent=self.chance.random() < 0.3)
        return script.steps[0]

    def _new(self, due: float = 0.0) -> Declared:
        self._number += 1
        name = f"p{self._number}"
        account = self.chance.choice(["acme", "acme_de"])
        when = {"publish_at": rfc3339(NOW + timedelta(seconds=due))} if due else {}
        self._present()
        self.stage.studio.post(name, account=account, privacy="only_me", caption=name, **when)
        post = Declared(f"{account}/{name}", name, NOW.timestamp() + due if due else 0.0)
        post.whole.add(digest(self._clip(name)))
        return self.ledger.add(post)

    def _clip(self, name: str) -> Path:
        return self.stage.studio.root / "posts" / f"{name}.mp4"

    def _post_now(self, _: Script) -> None:
        self._new()

    def _post_later(self, _: Script) -> None:
        self._new(self.stage.time.passed + self.chance.uniform(60, DAY))

    def _post_in_pieces(self, _: Script) -> None:
        """A file that is written again a moment after it was there: what was there first is no whole file."""
        post = self._new()
        post.whole.clear()
        self.stage.time.sleep(self.chance.uniform(0.1, 1.5))
        self.stage.studio.video(f"{post.caption}.mp4", f"{post.caption} as it is meant")
        post.whole.add(digest(self._clip(post.caption)))

    def _broken(self, _: Script) -> None:
        self._present()
        self._number += 1
        self.stage.studio.write(f"posts/broken-{self._number}.yaml", "name: [\n")

    def _storm(self, _: Script) -> None:
        self._present()
        for number in range(200):
            self.stage.studio.write(f"posts/notes/{number}.txt", str(self.stage.time.passed))

    def _sleep(self, _: Script) -> None:
        self.stage.time.suspend(self.chance.uniform(60, 9 * HOUR))

    def _set_clock(self, _: Script) -> None:
        """The clock is wrong from now on; the next time it may be right again."""
        days = self.chance.choice([-1.0, 0.0, 0.0, 1.0, 0.04])
        self.stage.time.set_by = timedelta(days=days)

    def _root_away(self, _: Script) -> None:
        root = self.stage.studio.root
        if root.exists():
            root.rename(self._elsewhere)
        else:
            self._present()

    @property
    def _elsewhere(self) -> Path:
        return self.stage.studio.root.with_name("elsewhere")

    def _present(self) -> None:
        """An author works in a folder that is there."""
        if not self.stage.studio.root.exists():
            shutil.move(self._elsewhere, self.stage.studio.root)

    def _fault(self, _: Script) -> None:
        self.stage.emulator.add_fault(a_fault(self.chance))

    def _kill(self, _: Script) -> None:
        self._kill_after = self.chance.randint(1, 6)

    def hear(self, live: Live) -> None:
        """Die at one of the steps of an upload."""
        if self._kill_after:
            self._kill_after -= 1
            if not self._kill_after:
                raise Killed

    def _calm(self) -> None:
        self._kill_after = 0
        self._present()
        self.stage.time.set_by = timedelta()
        self.stage.emulator.clear_faults()


def soak(folder: Path, seed: int, days: float) -> tuple[Soak, list[str]]:
    """One life, and what was broken in it."""
    accounts = (
        Account("acme", private=False, posts_per_day=None),
        Account("acme_de", private=False, posts_per_day=None),
    )
    with a_stage(folder, accounts=accounts) as stage:
        stage.studio.write("contentsync.yaml", PROJECT)
        life = Soak(stage, seed, days)
        stage.also = life.hear
        life.live()
        missing = [f"{caption} is not out" for caption in life.ledger.missing(stage.emulator)]
        return life, [*life.ledger.broken(stage.emulator), *missing]
