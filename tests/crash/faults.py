"""What may go wrong in a life, and when? Faults as text, `kill-after-commit:7`, and where each kind can strike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Done by the process to itself. amid: with half of the request's body on the wire. late: the request leaves, and
# arrives only after the next process has looked.
KILLS_AT_REQUEST: Final = ("kill-before-request", "kill-amid-request", "kill-after-request", "kill-late-request")
KILLS_AT_COMMIT: Final = ("kill-before-commit", "kill-after-commit")
# Of a shared state. late: the push arrives only after the next process has looked. lose: the push, or only its
# answer, gets lost; away: its answer, and then the remote can't be asked whether it arrived.
KILLS_AT_PUSH: Final = ("kill-before-push", "kill-after-push", "kill-late-push")
AT_PUSH: Final = (*KILLS_AT_PUSH, "lose-push", "lose-push-answer", "away-after-push")
# Done on the way: the request arrives twice, or its answer takes longer than the client waits.
ON_THE_WAY: Final = ("twice",)
# Done by someone else at that moment: films are altered in place, and restored before the next run. Not drawn: amid
# the last chunk it leaves only looking, for ten minutes of the life, which takes minutes here too.
AT_HOME: Final = ("alter-file",)
# Done by the emulator to the n-th request that it gets; before or after the work.
AT_TIKTOK: Final = {
    "lose-request": "any:drop_before",
    "lose-answer": "any:drop_after",
    "silence-before": "any:stall",
    "silence-after": "any:stall,when=after",
    "delay": "any:delay=0.05,when=after",
    "garbage": "any:garbage",
    "empty": "any:empty",
    "truncate": "any:truncate",
    "503": "any:status=503",
    "503-after-work": "any:status=503,when=after",
    "500-after-work": "any:status=500,when=after",
    "429": "any:status=429",
    "false-fail": "any:false_fail=1",
    "false-fail-id": "any:false_fail=all,post_id=true",
}
AT_REQUEST: Final = (*KILLS_AT_REQUEST, *ON_THE_WAY, *AT_TIKTOK)
KINDS: Final = (*KILLS_AT_REQUEST, *KILLS_AT_COMMIT, *ON_THE_WAY, *AT_TIKTOK)  # those that are drawn


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault at the n-th request or commit of a life, counted from 1 over all its runs."""

    kind: str
    nth: int

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Raises ValueError for another kind or number."""
        kind, _, nth = text.rpartition(":")
        if kind not in {*KINDS, *AT_HOME, *AT_PUSH} or int(nth) < 1:
            raise ValueError(f"a fault is KIND:N, with a KIND of {', '.join(KINDS)}; not {text}")
        return cls(kind, int(nth))

    @property
    def in_emulator(self) -> str:
        """The same in the emulator's words; empty for what the process does itself."""
        words = AT_TIKTOK.get(self.kind)
        return f"{words},nth={self.nth}" if words else ""

    @property
    def kills(self) -> bool:
        return self.kind.startswith("kill-")

    @property
    def count(self) -> str:
        """What its number counts: requests, commits or pushes."""
        if self.kind in KILLS_AT_COMMIT:
            return "commits"
        return "pushes" if self.kind in AT_PUSH else "requests"

    def __str__(self) -> str:
        return f"{self.kind}:{self.nth}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request of a life in which nothing went wrong. put: it carries bytes of a file."""

    endpoint: str
    put: bool


def all_of(requests: Iterable[Seen], commits: int, *, pulls: bool) -> list[Fault]:
    """Every single fault of a life with these requests and commits.

    No client can tell of a pull's init that the network doubled it: that one is left out.
    """
    found = []
    for number, request in enumerate(requests, 1):
        for kind in AT_REQUEST:
            doubled_pull = kind == "twice" and pulls and request.endpoint.endswith("_init")
            if not doubled_pull and (request.put or kind != "kill-amid-request"):
                found.append(Fault(kind, number))
    return found + [Fault(kind, number) for number in range(1, commits + 1) for kind in KILLS_AT_COMMIT]


def at_pushes(pushes: int) -> list[Fault]:
    """Every fault at a push of a life whose state is shared."""
    return [Fault(kind, nth) for nth in range(1, pushes + 1) for kind in AT_PUSH]


def kills_between(requests: int, commits: int) -> list[Fault]:
    """Every kill between the pushes of such a life."""
    at_request = [
        Fault(kind, nth) for nth in range(1, requests + 1) for kind in ("kill-before-request", "kill-after-request")
    ]
    return at_request + [Fault(kind, nth) for nth in range(1, commits + 1) for kind in KILLS_AT_COMMIT]
