"""Is a file still being written? Pure: what was seen of a file comes in as a value.

The danger: half a file is sent. A copy grows, a recorder rewrites its file every few seconds, a download fills a
file that has its whole size from the start, and the times of a file may lie (`cp -p`, another machine's clock). The
rule: a file is still when we saw the same values of it for the whole time to settle, by our own monotonic clock.
Whatever it looked like before the first look counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: What stat says of a file: size, times of content and inode, inode; None where the file is not there.
Seen = tuple[int, int, int, int] | None
MOST: Final = 20_000  # files that are remembered; the oldest are forgotten, and settle anew


@dataclass(slots=True)
class SettledFiles:
    """Since when files have not changed."""

    #: Seconds for which a file must be unchanged.
    settle: float
    _since: dict[str, tuple[Seen, float]] = field(default_factory=dict)

    def observe(self, files: Mapping[str, Seen], now: float) -> None:
        """Take in the stats of files at this monotonic moment."""
        for name, seen in files.items():
            known = self._since.get(name)
            if known is None or known[0] != seen:
                self._since.pop(name, None)  # moves to the end: the oldest are at the beginning
                self._since[name] = (seen, now)
        while len(self._since) > MOST:
            del self._since[next(iter(self._since))]

    def still_at(self, names: Iterable[str]) -> float | None:
        """The monotonic moment at which all of them will have settled; None where one was never observed."""
        moments = [self._since[name][1] if name in self._since else None for name in names]
        if any(moment is None for moment in moments):
            return None
        return max((moment for moment in moments if moment is not None), default=-self.settle) + self.settle

    def forget(self) -> None:
        """Start over for all files, as after a time without looks."""
        self._since.clear()
