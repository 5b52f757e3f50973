"""When may something that failed be tried again? Pure.

A definite failure at TikTok is the plan's business: it blocks the post until its content changes. This module is
about everything else that ends a try (no network, a lock, a cap, a file that changed meanwhile): it is repeated at
growing intervals, so that one post that fails neither delays another nor keeps the machine busy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from contentsync.frozen import frozen

FIRST: Final = 5.0  # seconds
LONGEST: Final = 600.0


@frozen
class Pause:
    """A pause after failed tries."""

    #: What was tried: other content is tried at once.
    mark: str
    #: How many tries failed, one after another.
    times: int
    #: The monotonic moment from which the next may follow.
    until: float


@dataclass(slots=True)
class Retries:
    """The pauses by subject, such as a post or an account."""

    #: The longest pause, in seconds.
    longest: float = LONGEST
    _pauses: dict[str, Pause] = field(default_factory=dict)

    def failed(
        self, subject: str, now: float, mark: str = "", *, until: float | None = None, jitter: float = 1
    ) -> float:
        """Note a failed try, and return the moment of the next. until: where that is known."""
        before = self._pauses.get(subject)
        times = before.times + 1 if before and before.mark == mark else 1
        grown = min(FIRST * 2.0 ** min(times - 1, 20), self.longest) * jitter
        at = until if until is not None else now + grown
        self._pauses[subject] = Pause(mark, times, at)
        return at

    def succeeded(self, subject: str) -> bool:
        """Note a success. Returns whether it had failed before."""
        return self._pauses.pop(subject, None) is not None

    def may(self, subject: str, now: float, mark: str = "") -> bool:
        """Whether it may be tried now."""
        pause = self._pauses.get(subject)
        return pause is None or pause.mark != mark or pause.until <= now

    def until(self, subject: str) -> float | None:
        """The moment at which the pause of a subject ends; None if there is none."""
        pause = self._pauses.get(subject)
        return pause.until if pause else None

    def keep(self, subjects: frozenset[str]) -> None:
        """Forget all others."""
        self._pauses = {name: pause for name, pause in self._pauses.items() if name in subjects}
