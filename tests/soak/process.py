"""The short form: real processes in real time, with storms, faults, restarts, kills, and a queue that overflows.

An author writes posts, slowly and quickly; a gremlin ends watchers and breaks answers. In the end all is quiet, and
everything that was due must be out, once.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contentsync.emulator.config import Account
from contentsync.emulator.server import Emulator
from contentsync.times import rfc3339
from tests.cli.support import Studio, an_emulator
from tests.soak.world import PROJECT, Declared, Ledger, a_fault, digest

SETTLE: Final = 2.0
SCAN: Final = 66.0  # seconds between two full looks, at most
OVERFLOW: Final = 18_000  # file events while nobody listens: more than the kernel keeps
QUIET: Final = 240.0  # seconds at the end, at most
SLACK: Final = 20.0  # for a machine that is busy


class Soak:
    """One soak."""

    def __init__(self, folder: Path, emulator: Emulator, seed: int) -> None:
        self.studio = Studio(folder / "studio", emulator.environment)
        self.studio.write("contentsync.yaml", PROJECT)
        (self.studio.root / "posts").mkdir()
        self.stalest = 0.0
        self.emulator, self.chance, self.ledger = emulator, random.Random(seed), Ledger()
        self.counts: dict[str, int] = {}
        self._log = (folder / "watch.log").open("w")
        self._watcher = self._start()
        self._number = 0

    # The watcher.

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "contentsync", "watch"],
            cwd=self.studio.root,
            env=dict(os.environ) | self.studio.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def _end(self, number: int) -> None:
        self._watcher.send_signal(number)
        try:
            self._watcher.wait(60)
        except subprocess.TimeoutExpired:
            self._watcher.kill()
            self._watcher.wait()
            self.counts["did not end"] = self.counts.get("did not end", 0) + 1
        if number == signal.SIGTERM and self._watcher.returncode not in {0, -signal.SIGTERM}:  # before it heeds it
            name = f"ended with {self._watcher.returncode}"
            self.counts[name] = self.counts.get(name, 0) + 1

    def _alive(self) -> None:
        if self._watcher.poll() is not None:
            self.counts["died by itself"] = self.counts.get("died by itself", 0) + 1
            self._watcher = self._start()

    def close(self) -> None:
        self._watcher.kill()
        self._watcher.wait()
        self._log.close()

    # What happens.

    def run(self, seconds: float) -> None:
        """Let it happen, one thing after another."""
        things: dict[Callable[[], None], int] = {
            self._post: 6,
            self._post_later: 5,
            self._post_in_pieces: 4,
            self._post_renamed: 2,
            self._broken: 1,
            self._storm: 2,
            self._fault: 6,
            self._restart: 1,
            self._kill: 2,
            self._overflow: 1,
            self._apply_beside: 1,
            self._posts_away: 1,
        }
        ends_at = time.monotonic() + seconds
        self._overflow()
        while time.monotonic() < ends_at:
            thing = self.chance.choices(list(things), list(things.values()))[0]
            name = thing.__name__.strip("_")
            self.counts[name] = self.counts.get(name, 0) + 1
            thing()
            self._alive()
            time.sleep(self.chance.uniform(0.0, 1.0))

    def rest(self) -> None:
        """Let it come to rest."""
        self.emulator.clear_faults()
        ends_at = time.monotonic() + QUIET
        while self.ledger.missing(self.emulator) and time.monotonic() < ends_at:
            self._alive()
            time.sleep(1.0)
        time.sleep(3.0)  # a second copy would come now
        self._end(signal.SIGTERM)

    def _new(self, due: float = 0.0, clip: bool = True) -> Declared:
        self._number += 1
        name, account = f"p{self._number}", self.chance.choice(["acme", "acme_de"])
        when = {"publish_at": rfc3339(datetime.fromtimestamp(due, UTC), "milliseconds")} if due else {}
        if clip:
            self.studio.video(f"{name}.mp4")
        self.studio.post(name, account=account, privacy="only_me", caption=name, video=f"{name}.mp4", **when)
        post = Declared(f"{account}/{name}", name, due)
        if clip:
            post.whole.add(digest(self._clip(post)))
        return self.ledger.add(post)

    def _clip(self, post: Declared) -> Path:
        return self.studio.root / "posts" / f"{post.caption}.mp4"

    def _post(self) -> None:
        self._new()

    def _post_later(self) -> None:
        self._new(round(time.time() + self.chance.uniform(3, 25), 3))

    def _post_in_pieces(self) -> None:
        """Write a file again and again, each time whole; only the last counts, and any that lay still for long."""
        post = self._new()
        for piece in range(self.chance.randint(2, 6)):
            last, wrote = set(post.whole), time.monotonic()
            time.sleep(self.chance.uniform(0.05, SETTLE / 3))
            self.studio.video(f"{post.caption}.mp4", f"{post.caption} in {piece} pieces")
            lay_still = time.monotonic() - wrote > SETTLE * 0.8  # this machine was busy
            post.whole = {digest(self._clip(post))} | (last if lay_still else set())

    def _post_renamed(self) -> None:
        """A download: the manifest is there first, the file comes under another name and is renamed."""
        post = self._new(clip=False)
        part = self.studio.video(f"{post.caption}.mp4.part", post.caption)
        time.sleep(self.chance.uniform(0.0, 0.5))
        part.replace(self._clip(post))
        post.whole.add(digest(self._clip(post)))

    def _broken(self) -> None:
        self._number += 1
        self.studio.write(f"posts/broken-{self._number}.yaml", "name: [\n")

    def _storm(self) -> None:
        for number in range(1_000):
            self.studio.write(f"posts/notes/{number}.txt", str(time.time()))

    def _fault(self) -> None:
        self.emulator.add_fault(a_fault(self.chance))

    def _restart(self) -> None:
        self._end(signal.SIGTERM)
        self._watcher = self._start()

    def _kill(self) -> None:
        self._end(signal.SIGKILL)
        self._watcher = self._start()

    def _overflow(self) -> None:
        """More events than the kernel keeps, while the watcher can't hear; then a post of which no event tells."""
        time.sleep(3.0)  # it may just have begun
        self._watcher.send_signal(signal.SIGSTOP)
        for number in range(OVERFLOW // 3):  # each is created, written and closed
            path = self.studio.root / "posts" / f"flood-{number % 500}.txt"
            path.write_text("x")
            if number % 500 > 250:
                path.unlink()
        post = self._new()
        self._watcher.send_signal(signal.SIGCONT)
        post.unheard_at = time.time()

    def _apply_beside(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "contentsync", "apply", "--auto-approve", "--no-wait"],
            cwd=self.studio.root,
            env=dict(os.environ) | self.studio.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=120,
        )

    def _posts_away(self) -> None:
        posts, away = self.studio.root / "posts", self.studio.root / ".away"
        posts.rename(away)
        time.sleep(self.chance.uniform(0.2, 4.0))
        if posts.exists():
            posts.rmdir()
        away.rename(posts)


def soak(folder: Path, seed: int, seconds: float) -> tuple[Soak, list[str]]:
    """One soak, and what was broken in it."""
    accounts = (
        Account("acme", private=False, posts_per_day=None),
        Account("acme_de", private=False, posts_per_day=None),
    )
    with an_emulator(accounts=accounts) as emulator:
        life = Soak(folder, emulator, seed)
        try:
            life.run(seconds)
            life.rest()
        finally:
            life.close()
        broken = life.ledger.broken(emulator)
        broken += [f"{caption} is not out" for caption in life.ledger.missing(emulator)]
        life.stalest = life.ledger.stalest(emulator)
        if life.stalest > SCAN + SETTLE + SLACK:
            broken.append(f"a post of which no event told waited {life.stalest:.0f} s")
        broken += [what for what in life.counts if what.startswith(("did not end", "ended with", "died by itself"))]
        return life, broken
