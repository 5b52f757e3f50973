"""Who is at work now? Two machines in two threads, of which only the one with the baton runs."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable


class Turns:
    """Hands the baton from job to job at the points that chance chooses; the same seed, the same order."""

    def __init__(self, rng: random.Random, chance: float) -> None:
        self._rng, self._chance = rng, chance
        self._gates: list[threading.Lock] = []  # each is shut while its job waits
        self._alive: list[int] = []
        self._at = 0
        self._failed: list[BaseException] = []

    def run(self, jobs: list[Callable[[], None]]) -> None:
        """Run the jobs to their ends, in turns. What one of them raises is raised here."""
        self._gates = [threading.Lock() for _ in jobs]
        for gate in self._gates:
            gate.acquire()
        self._alive, self._at = list(range(len(jobs))), 0
        threads = [threading.Thread(target=self._work, args=(n, job)) for n, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        self._gates[0].release()
        for thread in threads:
            thread.join()
        if self._failed:
            raise self._failed[0]

    def offer(self) -> None:
        """Called by the job at work, at a point: perhaps another goes on from here."""
        if len(self._alive) < 2 or self._rng.random() >= self._chance:
            return
        mine = self._at
        self._at = self._rng.choice([other for other in self._alive if other != mine])
        self._gates[self._at].release()
        self._gates[mine].acquire()

    def _work(self, number: int, job: Callable[[], None]) -> None:
        self._gates[number].acquire()
        try:
            job()
        except BaseException as err:  # noqa: BLE001 - run() raises it
            self._failed.append(err)
        self._alive.remove(number)
        if self._alive:
            self._at = self._alive[0]
            self._gates[self._at].release()
