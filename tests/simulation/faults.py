"""What may go wrong, where, and when? Names of faults, the kinds of points that they fit, and who chooses them.

A point is a moment at which the code under test touches the world: a request, a write, or the pause between plan and
apply. Its kind is `init`, `put`, `last`, `body` (a PUT began; its bytes are read next), `status`, `list`,
`approve`, or `write`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final, Protocol

DELAYS: Final = {"5s": 5.0, "10m": 600.0, "50m": 3_000.0}
LATE: Final = tuple(f"late-{delay}" for delay in DELAYS)
CRASH_LATE: Final = tuple(f"crash-late-{delay}" for delay in DELAYS)
LIES: Final = ("lies-id", "lies-list", "lies-later")  # TikTok says FAILED of what it publishes
FAIL_REASONS: Final = {"fails-internal": "internal", "fails-format": "file_format_check_failed"}

# What happens to the machine or around it, whatever it is at.
ANYWHERE: Final = ("overtaken", "overtaken-later", "pause", "nap", "ahead", "far-ahead", "behind", "stop")
AROUND: Final = ("edit", "media", "rename", "hide", "alter", "flicker")

_CRASHES: Final = ("crash-before", "crash-after")
_REQUEST: Final = (*_CRASHES, "no-connection", "lost", "answer-lost", "500", "applied-500", "garbage", "429", "401")
_PUT: Final = (*_REQUEST[:-1], *LATE, *CRASH_LATE, "twice", "twice-late", "cut", "crash-cut", "416", "403", "404")
_OF_INIT: Final = ("401-signed-out", *LATE, *CRASH_LATE, *FAIL_REASONS, *LIES, "stuck")
_OF_STATUS: Final = ("unknown-id", "bare", "empty", "forgotten", "signed-out")

FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "init": (*_REQUEST, *_OF_INIT, "twice"),
    "put": _PUT,
    "last": (*_PUT, "bare-201", *FAIL_REASONS, *LIES, "stuck"),
    "body": ("crash-before",),
    "status": (*_REQUEST, *_OF_STATUS, *FAIL_REASONS, *LIES, "stuck"),
    "list": ("crash-before", "lost", "500", "429", "empty-list"),
    "approve": ("crash-before",),
    "write": (*_CRASHES, "disk-full"),
}


# Of a push to a shared state; `away` is a remote that can't be reached.
OF_PUSH: Final = (*_CRASHES, "lost", "answer-lost", "away", "late-10m", "late-50m", "overtaken-soon")


def fitting(kind: str, *, pulls: bool) -> tuple[str, ...]:
    """The faults that may strike at such a point. No client can tell a pull's init from one that the net doubled."""
    faults = (
        *(OF_PUSH if kind == "push" else FITTING[kind]),
        *ANYWHERE,
        *(AROUND if kind in {"approve", "put", "last", "body", "status", "write"} else ()),
    )
    return tuple(fault for fault in faults if not (kind == "init" and pulls and fault == "twice"))


class Chooser(Protocol):
    """Who says what goes wrong at a point."""

    def choose(self, number: int, kind: str, pulls: bool) -> str | None:
        """The fault at the point of that number; None for none."""
        ...


class Listed:
    """Faults at given points, by their numbers."""

    def __init__(self, faults: Mapping[int, str]) -> None:
        self._faults = faults

    def choose(self, number: int, kind: str, pulls: bool) -> str | None:
        return self._faults.get(number)


class Drawn:
    """Up to `budget` faults at points that chance chooses."""

    def __init__(self, rng: random.Random, budget: int, chance: float) -> None:
        self._rng, self._left, self._chance = rng, budget, chance

    def choose(self, number: int, kind: str, pulls: bool) -> str | None:
        if not self._left or self._rng.random() >= self._chance:
            return None
        self._left -= 1
        return self._rng.choice(fitting(kind, pulls=pulls))


def parse(text: str) -> dict[int, str]:
    """Faults from `7:crash-after,12:late-10m`."""
    return {int(number): fault for number, _, fault in (part.partition(":") for part in text.split(",") if part)}


def show(faults: Mapping[int, str]) -> str:
    return ",".join(f"{number}:{fault}" for number, fault in faults.items())
